namespace BoxTeacher.Workbench

open BoxTeacher.Files
open BoxTeacher.Structures

/// An image that a notebook shows as it is.
type Picture(image: Image) =
    /// The pixels.
    member _.Image = image

    /// Writes a PNG file.
    member _.Save(file: string) = AtomicFile.Write(file, Overlay.toPng image)

/// Pictures made of images.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module Picture =

    let private paper = { R = 255uy; G = 255uy; B = 255uy }
    let private ink = { R = 27uy; G = 31uy; B = 36uy }
    let private gap = 6

    /// Images in rows from above, under headings that may all be empty. Columns are as wide as their widest image, rows as high as
    /// their highest. Raises ArgumentException when a row has another number of images than there are headings.
    let grid (headings: string list) (rows: Image list list) =
        for row in rows do
            if row.Length <> headings.Length then
                invalidArg (nameof rows) $"a row has {row.Length} images under {headings.Length} headings"

        let widths = [ for column in 0 .. headings.Length - 1 -> rows |> List.map (fun row -> row[column].Width) |> List.fold max 0 ]
        let heights = rows |> List.map (List.map _.Height >> List.fold max 0)
        // Large letters where the headings have room for them.
        let letter = if List.forall2 (fun heading width -> Overlay.shortened (width / 2) heading = heading) headings widths then 2 else 1
        let top = if headings |> List.forall ((=) "") then 0 else Overlay.textHeight * letter + 2 * gap
        let sheet = Image(top + List.sum heights + gap * heights.Length, List.sum widths + gap * (widths.Length - 1))
        Overlay.fill paper sheet

        let lefts = (0, widths) ||> List.scan (fun left width -> left + width + gap)
        let tops = (top, heights) ||> List.scan (fun top height -> top + height + gap)

        for heading, left, width in List.zip3 headings (List.truncate headings.Length lefts) widths do
            Overlay.write sheet letter ink left gap (Overlay.shortened (width / letter) heading)

        for row, top in List.zip rows (List.truncate rows.Length tops) do
            for image, left in List.zip row (List.truncate row.Length lefts) do
                Overlay.put sheet left top image

        Picture sheet
