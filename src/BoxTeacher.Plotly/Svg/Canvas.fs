namespace BoxTeacher.Charts

open System
open System.Globalization
open System.Net
open System.Text

/// Colours of what is not data: text, axes, grid and paper.
type Palette =
    { /// Titles and labels.
      Ink: string
      /// Tick labels and axis lines.
      Muted: string
      /// Grid lines.
      Grid: string
      /// The background; "none" leaves it transparent.
      Paper: string }

    /// White paper; for a picture that stands alone.
    static member Light = { Ink = "#1b1f24"; Muted = "#57606a"; Grid = "#e4e7eb"; Paper = "#ffffff" }

    /// The colours of the page around the picture, which may be light or dark: currentColor in three strengths.
    static member Page =
        { Ink = "currentColor"
          Muted = "color-mix(in srgb, currentColor 70%, transparent)"
          Grid = "color-mix(in srgb, currentColor 14%, transparent)"
          Paper = "none" }

/// A growing SVG drawing. Lengths are pixels; every text is escaped here.
type internal Canvas() =
    let text = StringBuilder()

    // XML has no place for control characters, escaped or not.
    static let escape (s: string) =
        WebUtility.HtmlEncode(String.filter (fun c -> not (Char.IsControl c)) s)

    /// A number as SVG writes it, to a hundredth of a pixel.
    static member Number(value: float) = value.ToString("0.##", CultureInfo.InvariantCulture)

    /// The approximate width of a text in a sans-serif font.
    static member TextWidth(text: string, size: float) = 0.56 * size * float text.Length

    member private _.Element(name: string, attributes: (string * string) list) =
        text.Append('<').Append name |> ignore

        for key, value in attributes do
            text.Append(' ').Append(key).Append("=\"").Append(escape value).Append '"' |> ignore

        text.Append "/>\n" |> ignore

    /// Opens a group with the given attributes.
    member _.Open(attributes: (string * string) list) =
        text.Append "<g" |> ignore

        for key, value in attributes do
            text.Append(' ').Append(key).Append("=\"").Append(escape value).Append '"' |> ignore

        text.Append ">\n" |> ignore

    /// Closes the innermost group.
    member _.Close() = text.Append "</g>\n" |> ignore

    /// A rectangle that later groups are clipped to by clip-path url(#id).
    member _.Clip(id: string, x, y, width, height) =
        text.Append($"<clipPath id=\"{escape id}\"><rect x=\"{Canvas.Number x}\" y=\"{Canvas.Number y}\" width=\"{Canvas.Number width}\" height=\"{Canvas.Number height}\"/></clipPath>\n")
        |> ignore

    member this.Line(x1, y1, x2, y2, style) =
        this.Element("line", [ "x1", Canvas.Number x1; "y1", Canvas.Number y1; "x2", Canvas.Number x2; "y2", Canvas.Number y2; "style", style ])

    member this.Rect(x, y, width, height, style) =
        this.Element("rect", [ "x", Canvas.Number x; "y", Canvas.Number y; "width", Canvas.Number(max 0.0 width); "height", Canvas.Number(max 0.0 height); "style", style ])

    member this.Circle(x, y, radius, style) =
        this.Element("circle", [ "cx", Canvas.Number x; "cy", Canvas.Number y; "r", Canvas.Number radius; "style", style ])

    /// Runs of points joined by straight lines; a closed path ends where it began.
    member this.Path(runs: (float * float) list list, closed: bool, style) =
        let data = StringBuilder()

        for run in runs do
            run
            |> List.iteri (fun i (x, y) ->
                data.Append(if i = 0 then 'M' else 'L').Append(Canvas.Number x).Append(',').Append(Canvas.Number y) |> ignore)

            if closed && not run.IsEmpty then
                data.Append 'Z' |> ignore

        if data.Length > 0 then
            this.Element("path", [ "d", data.ToString(); "style", style ])

    member this.Image(x, y, width, height, uri: string) =
        this.Element(
            "image",
            [ "x", Canvas.Number x; "y", Canvas.Number y; "width", Canvas.Number width; "height", Canvas.Number height
              "preserveAspectRatio", "none"; "style", "image-rendering:pixelated"; "href", uri ]
        )

    /// A text; anchor is start, middle or end; turned by degrees around its position.
    member _.Text(x, y, content: string, size: float, anchor: string, fill: string, ?turn: float, ?bold: bool) =
        let turned =
            match turn with
            | Some degrees -> $" transform=\"rotate({Canvas.Number degrees} {Canvas.Number x} {Canvas.Number y})\""
            | None -> ""

        let weight = if defaultArg bold false then ";font-weight:600" else ""

        text.Append($"<text x=\"{Canvas.Number x}\" y=\"{Canvas.Number y}\" text-anchor=\"{anchor}\" font-size=\"{Canvas.Number size}\" style=\"fill:{escape fill}{weight}\"{turned}>{escape content}</text>\n")
        |> ignore

    /// The drawing as a complete SVG document of a size, with a text for those who cannot see it.
    member _.Document(width: float, height: float, title: string, palette: Palette) =
        let background =
            if palette.Paper = "none" then
                ""
            else
                $"<rect width=\"100%%\" height=\"100%%\" style=\"fill:{escape palette.Paper}\"/>\n"

        let colour = if palette.Ink = "currentColor" then "" else $" color=\"{escape palette.Ink}\""
        let w, h = Canvas.Number width, Canvas.Number height

        $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" role=\"img\"{colour} font-family=\"system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif\">\n<title>{escape title}</title>\n{background}{text}</svg>"
