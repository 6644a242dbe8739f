namespace BoxTeacher.Charts

open System
open System.Security.Cryptography
open System.Text

module private Legend =

    let private entry = 11.5

    /// Height of a row of the legend.
    let row = 19.0

    let private width (trace: Trace) = 32.0 + Canvas.TextWidth(trace.Name.Value, entry)

    /// Entries in rows that fit a width.
    let rows available (traces: Trace list) =
        ([ [] ], traces)
        ||> List.fold (fun rows trace ->
            let taken = rows.Head |> List.sumBy (fun t -> width t + 18.0)

            if not rows.Head.IsEmpty && taken + width trace > available then [ trace ] :: rows
            else (rows.Head @ [ trace ]) :: rows.Tail)
        |> List.rev

    /// The width of a legend of one entry a row.
    let columnWidth (traces: Trace list) = (traces |> List.map width |> List.max) + 16.0

    let private draw (canvas: Canvas) palette (trace: Trace) x y =
        Draw.sample canvas trace x y
        canvas.Text(x + 30.0, y + 4.0, trace.Name.Value, entry, "start", palette.Ink)

    let drawRows canvas palette (rows: Trace list list) left top =
        for r, traces in List.indexed rows do
            (left, traces)
            ||> List.fold (fun x trace ->
                draw canvas palette trace x (top + row * (float r + 0.5))
                x + width trace + 18.0)
            |> ignore

    let drawColumn canvas palette (traces: Trace list) left top =
        traces |> List.iteri (fun r trace -> draw canvas palette trace left (top + row * (float r + 0.5)))

module private Decoration =

    let private hairline colour = $"stroke:{colour};stroke-width:1;shape-rendering:crispEdges"

    let grid (canvas: Canvas) palette (panel: Panel) =
        let line = hairline palette.Grid

        if panel.X.ShowGrid then
            for at, _ in panel.X.Ticks do
                let x = Axis.pixel panel.X at
                canvas.Line(x, panel.Y.From, x, panel.Y.To, line)

        if panel.Y.ShowGrid then
            for at, _ in panel.Y.Ticks do
                let y = Axis.pixel panel.Y at
                canvas.Line(panel.X.From, y, panel.X.To, y, line)

    let axes (canvas: Canvas) palette (panel: Panel) =
        let x, y = panel.X, panel.Y
        let line = hairline palette.Muted

        if x.ShowTicks then
            canvas.Line(x.From, y.From, x.To, y.From, line)
            let turned = Frame.turnsLabels x

            for at, text in x.Ticks do
                let px = Axis.pixel x at
                canvas.Line(px, y.From, px, y.From + 4.0, line)

                if turned then
                    canvas.Text(px + 3.0, y.From + 14.0, text, 11.0, "end", palette.Muted, turn = -35.0)
                else
                    canvas.Text(px, y.From + 17.0, text, 11.0, "middle", palette.Muted)

        if y.ShowTicks then
            canvas.Line(x.From, y.From, x.From, y.To, line)

            for at, text in y.Ticks do
                let py = Axis.pixel y at
                canvas.Text(x.From - 7.0, py + 4.0, text, 11.0, "end", palette.Muted)

        match x.Title with
        | Some title -> canvas.Text((x.From + x.To) / 2.0, y.From + Frame.depth x - 4.0, title, 12.0, "middle", palette.Ink)
        | None -> ()

        match y.Title with
        | Some title ->
            canvas.Text(x.From - Frame.reach y + 14.0, (y.From + y.To) / 2.0, title, 12.0, "middle", palette.Ink, turn = -90.0)
        | None -> ()

    /// The scale of a heat map's colours on its right.
    let colourBar (canvas: Canvas) palette (panel: Panel) =
        match panel.Subplot.Content |> List.tryFind (fun t -> t.Mark = Mark.Heatmap) with
        | Some trace when Frame.colourBarRoom panel.Subplot > 0.0 ->
            let finite = Figure.matrix "z" trace.Json |> Array.collect (Array.filter Double.IsFinite)

            if finite.Length > 0 then
                let low = Json.tryNumber "zmin" trace.Json |> Option.defaultValue (Array.min finite)
                let high = Json.tryNumber "zmax" trace.Json |> Option.defaultValue (Array.max finite)
                let stops = Colour.scale (Json.tryPath "colorscale" trace.Json)
                let reversed = Json.tryBool "reversescale" trace.Json = Some true
                let left, top, height = panel.X.To + 14.0, panel.Y.To, panel.Y.From - panel.Y.To
                let steps = 48

                for i in 0 .. steps - 1 do
                    let t = (float i + 0.5) / float steps
                    let r, g, b = Colour.at stops (if reversed then 1.0 - t else t)
                    let y = top + height * (1.0 - float (i + 1) / float steps)
                    canvas.Rect(left, y, 13.0, height / float steps + 0.5, $"fill:rgb({r},{g},{b})")

                for at, text in Axis.linearTicks 5 low high do
                    let y = if high > low then top + height * (1.0 - (at - low) / (high - low)) else top
                    canvas.Text(left + 18.0, y + 4.0, text, 11.0, "start", palette.Muted)

                match Figure.tryTitle "colorbar.title" trace.Json with
                | Some title -> canvas.Text(left, top - 6.0, title, 11.0, "start", palette.Ink)
                | None -> ()
        | _ -> ()

    /// The pixel of a coordinate that refers to an axis, to its domain or to the whole paper.
    let private position (panels: Panel list) (low: float, high: float) isX reference value =
        let axisOf (id: string) =
            panels
            |> List.map (fun p -> if isX then p.X else p.Y)
            |> List.tryFind (fun axis -> axis.Id = id)

        match reference, value with
        | "paper", Some(JsonValue.Number share) -> Some(low + share * (high - low))
        | (reference: string), Some(JsonValue.Number share) when reference.EndsWith " domain" ->
            axisOf (reference.Replace(" domain", "")) |> Option.map (fun axis -> axis.From + share * (axis.To - axis.From))
        | reference, Some(JsonValue.Number number) ->
            axisOf reference |> Option.map (fun axis -> Axis.pixel axis number)
        | reference, Some(JsonValue.Text name) ->
            axisOf reference |> Option.bind (fun axis -> Axis.tryPixel axis (Place.Named name))
        | _ -> None

    let shapes (canvas: Canvas) palette panels (left, top, right, bottom) layout =
        for shape in Json.items "shapes" layout do
            let at isX name =
                let reference = Json.tryText (if isX then "xref" else "yref") shape |> Option.defaultValue (if isX then "x" else "y")
                position panels (if isX then (left, right) else (bottom, top)) isX reference (Json.tryMember name shape)

            match at true "x0", at false "y0", at true "x1", at false "y1" with
            | Some x0, Some y0, Some x1, Some y1 ->
                let colour = Json.tryText "line.color" shape |> Option.defaultValue palette.Muted
                let width = Json.tryNumber "line.width" shape |> Option.defaultValue 2.0
                let dashes = match Json.tryText "line.dash" shape with Some "dash" -> ";stroke-dasharray:7 4" | Some "dot" -> ";stroke-dasharray:2 3" | _ -> ""
                let fill = Json.tryText "fillcolor" shape |> Option.defaultValue "none"
                let opacity = Json.tryNumber "opacity" shape |> Option.defaultValue 1.0
                let style = $"fill:{fill};stroke:{colour};stroke-width:{Canvas.Number width};opacity:{Canvas.Number opacity}{dashes}"

                match Json.tryText "type" shape with
                | Some "line" -> canvas.Line(x0, y0, x1, y1, style)
                | _ -> canvas.Rect(min x0 x1, min y0 y1, abs (x1 - x0), abs (y1 - y0), style)
            | _ -> ()

    let annotations (canvas: Canvas) palette panels (left, top, right, bottom) layout =
        for note in Json.items "annotations" layout do
            let at isX name =
                let reference = Json.tryText (if isX then "xref" else "yref") note |> Option.defaultValue (if isX then "x" else "y")
                position panels (if isX then (left, right) else (bottom, top)) isX reference (Json.tryMember name note)

            match at true "x", at false "y", Json.tryText "text" note with
            | Some x, Some y, Some text ->
                let size = Json.tryNumber "font.size" note |> Option.defaultValue 12.0
                let colour = Json.tryText "font.color" note |> Option.defaultValue palette.Ink
                let hasArrow = Json.tryBool "showarrow" note <> Some false
                let dx = if hasArrow then Json.tryNumber "ax" note |> Option.defaultValue 0.0 else 0.0
                let dy = if hasArrow then Json.tryNumber "ay" note |> Option.defaultValue -30.0 else 0.0

                let anchor =
                    match Json.tryText "xanchor" note with
                    | Some "left" -> "start"
                    | Some "right" -> "end"
                    | _ -> "middle"

                let lift =
                    match Json.tryText "yanchor" note with
                    | Some "bottom" -> -4.0
                    | Some "top" -> size
                    | _ -> size * 0.35

                if hasArrow then
                    canvas.Line(x + dx, y + dy, x, y, $"stroke:{palette.Muted};stroke-width:1")

                canvas.Text(x + dx, y + dy + (if hasArrow then -4.0 else lift), Figure.plain text, size, anchor, colour)
            | _ -> ()

/// Static SVG pictures of plotly figures: lines, points, bars with errors, bands, heat maps, histograms, images, boxes.
[<RequireQualifiedAccess>]
module Svg =

    let private clipPrefix (figureText: string) =
        "c" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes figureText), 0, 5).ToLowerInvariant()

    let private render palette json =
        let figure = Figure.ofJson json
        let layout = figure.Layout
        let title = Figure.tryTitle "title" layout
        let named = figure.Traces |> List.filter _.InLegend
        let showsLegend = Figure.showsLegend figure
        let isAcross = showsLegend && Json.tryText "legend.orientation" layout = Some "h"
        let margin name = Json.tryNumber $"margin.{name}" layout |> Option.defaultValue 0.0

        let legendRows = if isAcross then Legend.rows (figure.Width - 60.0) named else []
        let head = (if title.IsSome then 44.0 else 16.0) + float legendRows.Length * Legend.row
        let hasHeadings = Json.items "annotations" layout |> Array.exists (fun note -> Json.tryText "yref" note = Some "paper")
        let top = max (margin "t") (head + (if hasHeadings then 18.0 else 0.0))
        let side = if showsLegend && not isAcross then Legend.columnWidth named + 18.0 else 0.0
        let right = figure.Width - max (margin "r") (side + 22.0)

        // Labels set the margins and margins set the labels; the second pass is exact enough.
        let pass (left, bottom) =
            let area = left, top, right, bottom
            let panels = Frame.panels figure area

            let reach =
                panels
                |> List.filter (fun p -> fst (Frame.domain layout p.X.Id) < 0.01)
                |> List.map (fun p -> Frame.reach p.Y)

            let depth =
                panels
                |> List.filter (fun p -> fst (Frame.domain layout p.Y.Id) < 0.01)
                |> List.map (fun p -> Frame.depth p.X)

            max (margin "l") (List.max (0.0 :: reach) + 8.0), figure.Height - max (margin "b") (List.max (0.0 :: depth) + 8.0)

        let left, bottom = pass (pass (60.0, figure.Height - 50.0))
        let area = left, top, right, bottom
        let panels = Frame.panels figure area
        let canvas = Canvas()
        let prefix = clipPrefix (Json.toText json)

        title |> Option.iter (fun text -> canvas.Text(left, 26.0, text, 15.0, "start", palette.Ink, bold = true))

        for index, panel in List.indexed panels do
            let id = $"{prefix}-{index}"
            canvas.Clip(id, min panel.X.From panel.X.To, min panel.Y.From panel.Y.To, abs (panel.X.To - panel.X.From), abs (panel.Y.To - panel.Y.From))
            Decoration.grid canvas palette panel
            canvas.Open [ "clip-path", $"url(#{id})" ]
            Draw.traces canvas layout (panel.X, panel.Y) panel.Subplot.Content
            canvas.Close()
            Decoration.axes canvas palette panel
            Decoration.colourBar canvas palette panel

        Decoration.shapes canvas palette panels area layout
        Decoration.annotations canvas palette panels area layout

        if isAcross then
            Legend.drawRows canvas palette legendRows left (head - float legendRows.Length * Legend.row - 6.0)
        elif showsLegend then
            Legend.drawColumn canvas palette named (right + 18.0) top

        let description =
            match title, named with
            | Some title, _ -> title
            | None, [] -> "chart"
            | None, traces -> traces |> List.choose _.Name |> String.concat ", "

        canvas.Document(figure.Width, figure.Height, description, palette)

    /// The picture of a plotly figure ({"data": ..., "layout": ...}) in the palette's colours.
    /// Traces of kinds without a picture here (3-d, maps) are left out.
    /// Raises JsonException when the text is not JSON.
    let ofFigure (palette: Palette) (figureJson: string) = Json.parse figureJson |> render palette

    /// The picture as a data URI for an HTML image.
    let toDataUri (svg: string) =
        "data:image/svg+xml;base64," + Convert.ToBase64String(Encoding.UTF8.GetBytes svg)
