namespace BoxTeacher.Workbench

open System
open System.Globalization
open System.Net
open System.Text
open BoxTeacher.Structures

/// Overlays as SVG elements, which stay sharp at any size and need the image only once on a page.
[<RequireQualifiedAccess>]
module internal VectorOverlay =

    let private number (value: float) = value.ToString("0.#", CultureInfo.InvariantCulture)
    let private css (color: Rgb) = $"rgb({color.R},{color.G},{color.B})"

    /// Runs of foreground along a line of a bitmap: start and end (exclusive).
    let private runs length (isSet: int -> bool) =
        let mutable start = -1

        [ for i in 0..length do
              let set = i < length && isSet i

              if set && start < 0 then
                  start <- i
              elif not set && start >= 0 then
                  yield start, i
                  start <- -1 ]

    /// The area of a mask, as a path of pixel rows; rows that repeat are drawn as one rectangle.
    let private area (bits: byte array) height width =
        let path = StringBuilder()
        let rows = Array.init height (fun y -> runs width (fun x -> bits[y * width + x] <> 0uy))
        let mutable y = 0

        while y < height do
            let mutable last = y

            while last + 1 < height && rows[last + 1] = rows[y] do
                last <- last + 1

            for x0, x1 in rows[y] do
                path.Append $"M{x0} {y}h{x1 - x0}v{last - y + 1}h{x0 - x1}z" |> ignore

            y <- last + 1

        path.ToString()

    /// The edges between a mask's pixels and all others.
    let private outline (bits: byte array) height width =
        let at y x = y >= 0 && x >= 0 && y < height && x < width && bits[y * width + x] <> 0uy
        let path = StringBuilder()

        for y in 0..height do
            for x0, x1 in runs width (fun x -> at y x <> at (y - 1) x) do
                path.Append('M').Append(x0).Append(' ').Append(y).Append('h').Append(x1 - x0) |> ignore

        for x in 0..width do
            for y0, y1 in runs height (fun y -> at y x <> at y (x - 1)) do
                path.Append('M').Append(x).Append(' ').Append(y0).Append('v').Append(y1 - y0) |> ignore

        path.ToString()

    // Lengths that should look alike in all pictures are in units of 1/256 of the image's longer side.
    let private unit (height: int) (width: int) = float (max height width) / 256.0

    let private shape (height: int) (width: int) (marking: Marking) =
        let text = StringBuilder()
        let unit = unit height width
        let color = css marking.Color

        match marking.Mask with
        | Some mask when mask.Height = height && mask.Width = width ->
            let bits = mask.Decode()

            text.Append($"<path d=\"{area bits height width}\" fill=\"{color}\" fill-opacity=\".42\"/><path d=\"{outline bits height width}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{number (1.6 * unit)}\" stroke-linecap=\"square\"/>")
            |> ignore
        | _ -> ()

        match marking.Box with
        | Some box ->
            text.Append($"<rect x=\"{number box.X0}\" y=\"{number box.Y0}\" width=\"{number box.Width}\" height=\"{number box.Height}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{number (1.2 * unit)}\" stroke-dasharray=\"{number (5.0 * unit)} {number (3.0 * unit)}\"/>")
            |> ignore
        | None -> ()

        text.ToString()

    let private label size (marking: Marking, place: LabelPlace) =
        $"<rect x=\"{number place.X}\" y=\"{number place.Y}\" width=\"{number place.Width}\" height=\"{number place.Height}\" fill=\"{css marking.Color}\" fill-opacity=\".9\"/><text x=\"{number (place.X + 0.25 * size)}\" y=\"{number (place.Y + 0.95 * size)}\" font-size=\"{number size}\" fill=\"{css (Labels.ink marking.Color)}\">{WebUtility.HtmlEncode marking.Label}</text>"

    /// The elements of markings over an image of a size, in the image's own coordinates; the first is the undermost.
    let elements (height: int) (width: int) (markings: Marking list) =
        let size = 12.0 * unit height width
        let extent (text: string) = 0.54 * size * float text.Length + 0.5 * size, 1.25 * size
        let labels = Labels.arrange (float height, float width) 1.0 extent markings |> List.map (label size)
        String.concat "" (List.map (shape height width) markings @ labels)
