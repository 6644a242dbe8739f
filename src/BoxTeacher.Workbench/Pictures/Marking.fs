namespace BoxTeacher.Workbench

open BoxTeacher.Masks
open BoxTeacher.Structures

/// A color in 0..255 a part.
[<Struct>]
type Rgb = { R: byte; G: byte; B: byte }

/// What is drawn over an image for one object.
type Marking =
    { /// A frame in absolute pixels of the image.
      Box: Box option
      /// A translucent area with an outline, of the image's size.
      Mask: RunLengthMask option
      /// A few words above the box; empty for none.
      Label: string
      Color: Rgb }
