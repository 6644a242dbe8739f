namespace BoxTeacher.Workbench

open System
open BoxTeacher.Data
open BoxTeacher.Evaluation
open BoxTeacher.Masks
open BoxTeacher.Structures

/// Where a label stands on a picture: its left upper corner and its size.
[<Struct>]
type internal LabelPlace =
    { X: float
      Y: float
      Width: float
      Height: float }

/// Places for the labels of a picture, so that each can be read.
[<RequireQualifiedAccess>]
module internal Labels =

    let private corner (marking: Marking) =
        match marking.Box, marking.Mask with
        | Some box, _ -> box.X0, box.Y0
        | None, Some mask -> mask.Bounds.X0, mask.Bounds.Y0
        | None, None -> 0.0, 0.0

    let private overlap a b =
        a.X < b.X + b.Width && b.X < a.X + a.Width && a.Y < b.Y + b.Height && b.Y < a.Y + a.Height

    // Further away a label would belong to another object.
    let private linesTried = 6

    /// The markings with a label, in order, and the label's place on a picture of (height, width) that shows the image enlarged by
    /// a factor; size tells a text's width and height there. A label stands above its object where there is room, else inside it.
    /// One that would cover that of a later, upper marking moves down or up line by line; what finds no place near is left out.
    let arrange (height, width) factor (size: string -> float * float) (markings: Marking list) =
        let wanted marking =
            let x, y = corner marking
            let labelWidth, labelHeight = size marking.Label
            let x, y = floor (x * factor), floor (y * factor)

            { X = max 0.0 (min x (width - labelWidth))
              Y = if y >= labelHeight then y - labelHeight else max 0.0 (min y (height - labelHeight))
              Width = labelWidth
              Height = labelHeight }

        (markings |> List.filter (fun marking -> marking.Label <> ""), [])
        ||> List.foldBack (fun marking placed ->
            let place = wanted marking
            let fits other = other.Y >= 0.0 && other.Y + other.Height <= height && not (placed |> List.exists (snd >> overlap other))

            let near =
                seq {
                    place

                    for line in 1..linesTried do
                        { place with Y = place.Y + float line * place.Height }
                        { place with Y = place.Y - float line * place.Height }
                }

            match near |> Seq.tryFind fits with
            | Some place -> (marking, place) :: placed
            | None -> placed)

    /// The color of a text on a ground of another color: black or white, whichever has more contrast (WCAG 2.1; 4.5 or more).
    let ink (ground: Rgb) =
        let linear (part: byte) = (float part / 255.0) ** 2.2
        let luminance = 0.2126 * linear ground.R + 0.7152 * linear ground.G + 0.0722 * linear ground.B
        let level = if luminance > 0.179 then 0uy else 255uy
        { R = level; G = level; B = level }

/// Images with boxes, translucent masks and labels.
[<RequireQualifiedAccess>]
module Overlay =

    /// Colors that are told apart on photographs, for one object after the other.
    let colors =
        [| 0x00C2FF; 0xFF5D5D; 0x7CE35A; 0xFFC933; 0xC77DFF; 0xFF8A3D; 0x3DE0C0; 0xFF7AC6 |]
        |> Array.map (fun hex -> { R = byte (hex >>> 16); G = byte (hex >>> 8); B = byte hex })

    /// A full color of a hue in 0..1, with so much white in it, 0..1.
    let private ofHue hue white =
        let part offset =
            let distance = abs ((hue * 6.0 + offset) % 6.0 - 3.0) - 1.0
            byte (255.0 * (white + (1.0 - white) * max 0.0 (min 1.0 distance)))

        { R = part 0.0; G = part 4.0; B = part 2.0 }

    /// The color of the object with an index: one of those above, then hues by the golden ratio, which keeps any number of them apart.
    let color index =
        if index < colors.Length then
            colors[max 0 index]
        else
            ofHue (float index * 0.6180339887 % 1.0) (if index % 2 = 0 then 0.15 else 0.5)

    /// The color of what belongs to no object.
    let gray = { R = 0xB0uy; G = 0xB0uy; B = 0xB0uy }

    let private blend (pixels: byte array) at (color: Rgb) (share: float) =
        let mix (old: byte) (own: byte) = byte (float old + (float own - float old) * share)
        pixels[at] <- mix pixels[at] color.R
        pixels[at + 1] <- mix pixels[at + 1] color.G
        pixels[at + 2] <- mix pixels[at + 2] color.B

    /// The image enlarged by a whole factor, pixels repeated.
    let enlarge scale (image: Image) =
        if scale < 1 then
            invalidArg (nameof scale) $"an image is enlarged by 1 or more, not {scale}"

        let height, width = image.Height * scale, image.Width * scale
        let pixels = Array.zeroCreate (height * width * 3)

        for y in 0 .. height - 1 do
            for x in 0 .. width - 1 do
                Array.blit image.Pixels ((y / scale * image.Width + x / scale) * 3) pixels ((y * width + x) * 3) 3

        Image(pixels, height, width)

    let private paintMask (canvas: Image) scale pen color (mask: RunLengthMask) =
        let bits, bounds = mask.Decode(), mask.Bounds
        let inside y x = y >= 0 && x >= 0 && y < canvas.Height && x < canvas.Width && bits[y / scale * mask.Width + x / scale] <> 0uy

        for y in int bounds.Y0 * scale .. int bounds.Y1 * scale - 1 do
            for x in int bounds.X0 * scale .. int bounds.X1 * scale - 1 do
                if inside y x then
                    let isEdge = not (inside (y - pen) x && inside (y + pen) x && inside y (x - pen) && inside y (x + pen))
                    blend canvas.Pixels ((y * canvas.Width + x) * 3) color (if isEdge then 0.95 else 0.42)

    let private paintRect (canvas: Image) color share (x0: int) (y0: int) (x1: int) (y1: int) =
        for y in max 0 y0 .. min canvas.Height y1 - 1 do
            for x in max 0 x0 .. min canvas.Width x1 - 1 do
                blend canvas.Pixels ((y * canvas.Width + x) * 3) color share

    let private paintFrame canvas scale t color (box: Box) =
        let at (value: float) = int (Math.Round(value * float scale))
        let x0, y0, x1, y1 = at box.X0, at box.Y0, at box.X1, at box.Y1
        paintRect canvas color 0.9 x0 y0 x1 (y0 + t)
        paintRect canvas color 0.9 x0 (y1 - t) x1 y1
        paintRect canvas color 0.9 x0 (y0 + t) (x0 + t) (y1 - t)
        paintRect canvas color 0.9 (x1 - t) (y0 + t) x1 (y1 - t)

    /// Writes a text on an image, each of its pixels so many high and wide.
    let write (canvas: Image) size color left top (text: string) =
        PixelFont.Write(canvas, left, top, size, struct (color.R, color.G, color.B), text)

    // Pixels of a picture's longer side for each pixel of a letter's.
    let private sidePerLetter = 500.0

    /// How high and wide each pixel of a letter is on a picture of a size: one on small pictures, more on photos.
    let private letterOn height width = max 1 (int (Math.Round(float (max height width) / sidePerLetter)))

    let private paintLabel (canvas: Image) letter (marking: Marking, place: LabelPlace) =
        let left, top = int place.X, int place.Y
        paintRect canvas marking.Color 0.9 left top (left + int place.Width) (top + int place.Height)
        write canvas letter (Labels.ink marking.Color) (left + letter) (top + letter) marking.Label

    /// The image enlarged by a whole factor, with the markings over it; the first is the undermost.
    /// Raises ArgumentException when a mask is not of the image's size.
    let paint scale (markings: Marking list) (image: Image) =
        let canvas = enlarge scale image
        let letter = letterOn canvas.Height canvas.Width
        let pen = max 1 (max scale letter / 2)

        for marking in markings do
            match marking.Mask with
            | Some mask when mask.Height <> image.Height || mask.Width <> image.Width ->
                invalidArg (nameof markings) $"a mask of {mask.Height}x{mask.Width} pixels does not fit an image of {image.Height}x{image.Width}"
            | Some mask -> paintMask canvas scale pen marking.Color mask
            | None -> ()

        for marking in markings do
            marking.Box |> Option.iter (paintFrame canvas scale pen marking.Color)

        let size (text: string) = float (letter * (text.Length * PixelFont.Advance + 1)), float (letter * (PixelFont.Height + 2))
        Labels.arrange (float canvas.Height, float canvas.Width) (float scale) size markings |> List.iter (paintLabel canvas letter)
        canvas

    /// Height of a line of text in pixels.
    let textHeight = PixelFont.Height

    /// As much of a text as fits into so many pixels.
    let shortened (width: int) (text: string) =
        let letters = max 1 (width / PixelFont.Advance)
        if text.Length <= letters then text else text.Substring(0, max 1 (letters - 2)) + ".."

    // Boxes from this overlap on are in one place.
    let private samePlace = 0.5

    let internal surestBy (score: 'T -> float) (box: 'T -> Box) (found: 'T seq) =
        let apart kept next =
            if kept |> List.exists (fun other -> Box.IoU(box other, box next) >= samePlace) then kept else next :: kept

        found |> Seq.sortByDescending score |> Seq.fold apart [] |> List.rev

    /// The surest of several detections in one place (boxes of IoU 0.5 and more), of whatever classes; the surest of all first.
    [<CompiledName "Surest">]
    let surest (found: DetectionResult seq) = surestBy (fun (one: DetectionResult) -> one.Score) (fun one -> one.Box) found

    // The longer side that a small picture is enlarged to, about, so that labels can be read.
    let private readableSide = 400.0

    /// The image with detections over it, each in a color of its own with its class and score; the surest is on top, and its label goes
    /// before others. Small images are enlarged by a whole factor.
    [<CompiledName "OfDetections">]
    let ofDetections (image: Image) (categories: Category seq) (found: DetectionResult seq) =
        let names = [| for category in categories -> category.Name |]
        let scale = max 1 (int (Math.Round(readableSide / float (max image.Height image.Width))))
        let letters = image.Width * scale / letterOn (image.Height * scale) (image.Width * scale)

        let label (detection: DetectionResult) =
            let score = $" %.2f{detection.Score}"
            shortened (letters - score.Length * PixelFont.Advance) names[detection.Category] + score

        let marking index (detection: DetectionResult) =
            { Box = Some detection.Box
              Mask = Option.ofObj detection.Mask
              Label = label detection
              Color = color index }

        let surestFirst = found |> Seq.sortByDescending _.Score |> Seq.mapi marking |> List.ofSeq
        paint scale (List.rev surestFirst) image

    /// Paints all of an image in one color.
    let fill color (canvas: Image) = paintRect canvas color 1.0 0 0 canvas.Width canvas.Height

    /// Writes a line at the bottom of an image, on a dark bar.
    let caption (canvas: Image) (text: string) =
        let height = PixelFont.Height + 4
        paintRect canvas { R = 16uy; G = 18uy; B = 22uy } 0.72 0 (canvas.Height - height) canvas.Width canvas.Height
        write canvas 1 { R = 255uy; G = 255uy; B = 255uy } 3 (canvas.Height - height + 2) text

    /// Copies an image into another that has room for it there.
    let put (canvas: Image) left top (image: Image) =
        for y in 0 .. image.Height - 1 do
            Array.blit image.Pixels (y * image.Width * 3) canvas.Pixels (((top + y) * canvas.Width + left) * 3) (image.Width * 3)

    /// The image as a PNG file's bytes.
    let toPng (image: Image) = ImageFile.Encode(".png", image)

    /// Images of one height side by side, a gap of paper color between them.
    /// Raises ArgumentException when heights differ or there is no image.
    let sideBySide gap (paper: Rgb) (images: Image list) =
        match images |> List.map _.Height |> List.distinct with
        | [ height ] ->
            let width = (images |> List.sumBy _.Width) + gap * (images.Length - 1)
            let sheet = Image(height, width)
            fill paper sheet

            (0, images)
            ||> List.fold (fun left image ->
                put sheet left 0 image
                left + image.Width + gap)
            |> ignore

            sheet
        | heights -> invalidArg (nameof images) $"""images side by side have one height, not {String.Join(", ", heights)}"""
