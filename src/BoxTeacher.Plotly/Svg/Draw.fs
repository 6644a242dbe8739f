namespace BoxTeacher.Charts

open System

/// Draws the marks of one trace into a canvas, given its two settled axes.
module internal Draw =

    let private dash json =
        match Json.tryText "line.dash" json with
        | Some "dash" -> ";stroke-dasharray:7 4"
        | Some "dot" -> ";stroke-dasharray:2 3"
        | Some "dashdot" -> ";stroke-dasharray:7 3 2 3"
        | Some "longdash" -> ";stroke-dasharray:11 5"
        | _ -> ""

    let private stroke colour (width: float) = $"fill:none;stroke:{colour};stroke-width:{Canvas.Number width}"

    /// Splits at missing points.
    let private runs points =
        (points, [ [] ])
        ||> List.foldBack (fun point runs ->
            match point, runs with
            | Some p, run :: rest -> (p :: run) :: rest
            | None, [] :: _ -> runs
            | _ -> [] :: runs)
        |> List.filter (not << List.isEmpty)

    let private points (x, y) (trace: Trace) =
        [ for i in 0 .. min trace.X.Length trace.Y.Length - 1 ->
              match Axis.tryPixel x trace.X[i], Axis.tryPixel y trace.Y[i] with
              | Some px, Some py when Double.IsFinite px && Double.IsFinite py -> Some(px, py)
              | _ -> None ]

    /// An error bar from one pixel to another, with caps, along x or y at a position across.
    let private errorBar (canvas: Canvas) isX across a b colour =
        let style = stroke colour 1.5
        let cap = 4.0

        if isX then
            canvas.Line(a, across, b, across, style)
            canvas.Line(a, across - cap, a, across + cap, style)
            canvas.Line(b, across - cap, b, across + cap, style)
        else
            canvas.Line(across, a, across, b, style)
            canvas.Line(across - cap, a, across + cap, a, style)
            canvas.Line(across - cap, b, across + cap, b, style)

    let private marker (canvas: Canvas) symbol (size: float) (x, y) style =
        let r = size / 2.0
        let path corners = canvas.Path([ corners |> List.map (fun (dx, dy) -> x + dx * r, y + dy * r) ], true, style)

        match symbol with
        | "square" -> canvas.Rect(x - r, y - r, size, size, style)
        | "diamond" -> path [ 0.0, -1.3; 1.3, 0.0; 0.0, 1.3; -1.3, 0.0 ]
        | "triangle-up" -> path [ 0.0, -1.2; 1.1, 0.8; -1.1, 0.8 ]
        | "triangle-down" -> path [ 0.0, 1.2; 1.1, -0.8; -1.1, -0.8 ]
        | "x" -> path [ -1.0, -0.6; -0.6, -1.0; 0.0, -0.4; 0.6, -1.0; 1.0, -0.6; 0.4, 0.0; 1.0, 0.6; 0.6, 1.0; 0.0, 0.4; -0.6, 1.0; -1.0, 0.6; -0.4, 0.0 ]
        | _ -> canvas.Circle(x, y, r, style)

    /// Colour of each marker: one for all, one each, or numbers on a colour scale.
    let private markerColours (trace: Trace) count =
        match Json.tryPath "marker.color" trace.Json with
        | Some(JsonValue.Array items) ->
            let numbers = items |> Array.choose (function JsonValue.Number n -> Some n | _ -> None)

            if numbers.Length = items.Length && numbers.Length > 0 then
                let stops = Colour.scale (Json.tryPath "marker.colorscale" trace.Json)
                let low, high = Array.min numbers, Array.max numbers

                numbers
                |> Array.map (fun n ->
                    let r, g, b = Colour.at stops (if high > low then (n - low) / (high - low) else 0.5)
                    $"rgb({r},{g},{b})")
            else
                items |> Array.map (function JsonValue.Text css -> css | _ -> trace.Colour)
        | Some(JsonValue.Text css) -> Array.replicate count css
        | _ -> Array.replicate count trace.Colour

    let mode (trace: Trace) =
        Json.tryText "mode" trace.Json
        |> Option.defaultValue (if trace.X.Length < 20 then "lines+markers" else "lines")

    let private scatter (canvas: Canvas) (x: Axis, y: Axis) (previous: Trace option) (trace: Trace) =
        let places = points (x, y) trace
        let mode = mode trace

        let fill =
            Json.tryText "fillcolor" trace.Json |> Option.defaultWith (fun () -> Colour.withAlpha 0.3 trace.Colour)

        match Json.tryText "fill" trace.Json with
        | Some "toself" -> canvas.Path(runs places, true, $"fill:{fill};stroke:none;fill-rule:evenodd")
        | Some "tozeroy" ->
            let zero = Axis.pixel y (max (min y.Low y.High) 0.0)

            for run in runs places do
                canvas.Path([ (fst run.Head, zero) :: run @ [ fst (List.last run), zero ] ], true, $"fill:{fill};stroke:none")
        | Some("tonexty" | "tonext") ->
            match previous with
            | Some below ->
                let back = points (x, y) below |> List.choose id |> List.rev
                canvas.Path([ (List.choose id places) @ back ], true, $"fill:{fill};stroke:none")
            | None -> ()
        | _ -> ()

        if mode.Contains "lines" then
            let width = Json.tryNumber "line.width" trace.Json |> Option.defaultValue 2.0

            if width > 0.0 then
                let steps =
                    match Json.tryText "line.shape" trace.Json with
                    | Some "hv" ->
                        runs places
                        |> List.map (fun run ->
                            run.Head :: (run |> List.pairwise |> List.collect (fun ((_, ya), (xb, yb)) -> [ xb, ya; xb, yb ])))
                    | _ -> runs places

                let colour = Json.tryText "line.color" trace.Json |> Option.defaultValue trace.Colour
                canvas.Path(steps, false, stroke colour width + ";stroke-linejoin:round" + dash trace.Json)

        for name, isX, places', axis in [ "error_x", true, trace.X, x; "error_y", false, trace.Y, y ] do
            let colour = Json.tryText $"{name}.color" trace.Json |> Option.defaultValue trace.Colour

            for i, (lower, upper) in Array.indexed (Figure.errors name trace places') do
                match Axis.tryValue axis places'[i], List.tryItem i places with
                | Some value, Some(Some(px, py)) when lower > 0.0 || upper > 0.0 ->
                    errorBar canvas isX (if isX then py else px) (Axis.pixel axis (value - lower)) (Axis.pixel axis (value + upper)) colour
                | _ -> ()

        if mode.Contains "markers" then
            let colours = markerColours trace places.Length
            let sizes = Json.items "marker.size" trace.Json
            let size = Json.tryNumber "marker.size" trace.Json |> Option.defaultValue 6.0
            let symbol = Json.tryText "marker.symbol" trace.Json |> Option.defaultValue "circle"

            for i, place in List.indexed places do
                match place with
                | Some at ->
                    let size = match Array.tryItem i sizes with Some(JsonValue.Number s) -> s | _ -> size
                    marker canvas symbol size at $"fill:{colours[min i (colours.Length - 1)]}"
                | None -> ()

        if mode.Contains "text" then
            let texts = Json.items "text" trace.Json
            let position = Json.tryText "textposition" trace.Json |> Option.defaultValue "middle center"

            for i, place in List.indexed places do
                match place, Array.tryItem i texts with
                | Some(px, py), Some(JsonValue.Text text) ->
                    let dy = if position.StartsWith "top" then -7.0 elif position.StartsWith "bottom" then 15.0 else 4.0
                    let dx, anchor =
                        if position.EndsWith "right" then 7.0, "start"
                        elif position.EndsWith "left" then -7.0, "end"
                        else 0.0, "middle"

                    canvas.Text(px + dx, py + dy, Figure.plain text, 11.0, anchor, "currentColor")
                | _ -> ()

    let private slabs (canvas: Canvas) (x, y) (trace: Trace) (slabs: Slab list) =
        let key, value = if trace.IsHorizontal then y, x else x, y
        let colours = markerColours trace slabs.Length

        for i, slab in List.indexed slabs do
            let k0 = Axis.pixel key (slab.Centre - slab.Width / 2.0)
            let k1 = Axis.pixel key (slab.Centre + slab.Width / 2.0)
            // On a log axis a bar starts at the axis' end.
            let floor = if value.IsLog then min value.Low value.High else slab.Base
            let v0, v1 = Axis.pixel value floor, Axis.pixel value slab.Top

            let style =
                $"fill:{colours[min i (colours.Length - 1)]}"
                + (if trace.Mark = Mark.Histogram then ";stroke:Canvas;stroke-width:0.5" else "")

            if trace.IsHorizontal then
                canvas.Rect(min v0 v1, min k0 k1, abs (v1 - v0), abs (k1 - k0), style)
            else
                canvas.Rect(min k0 k1, min v0 v1, abs (k1 - k0), abs (v1 - v0), style)

            match slab.Error with
            | Some(lower, upper) when lower > 0.0 || upper > 0.0 ->
                let path = if trace.IsHorizontal then "error_x.color" else "error_y.color"
                let colour = Json.tryText path trace.Json |> Option.defaultValue "currentColor"
                errorBar canvas trace.IsHorizontal ((k0 + k1) / 2.0) (Axis.pixel value (slab.Top - lower)) (Axis.pixel value (slab.Top + upper)) colour
            | _ -> ()

    let private heatmap (canvas: Canvas) (x, y) (trace: Trace) =
        let z = Figure.matrix "z" trace.Json
        let finite = z |> Array.collect (Array.filter Double.IsFinite)

        if finite.Length > 0 then
            let low = Json.tryNumber "zmin" trace.Json |> Option.defaultValue (Array.min finite)
            let high = Json.tryNumber "zmax" trace.Json |> Option.defaultValue (Array.max finite)
            let stops = Colour.scale (Json.tryPath "colorscale" trace.Json)
            let reversed = Json.tryBool "reversescale" trace.Json = Some true
            let xs, ys = Slabs.edges x trace.X z[0].Length, Slabs.edges y trace.Y z.Length
            let texts = Json.items "text" trace.Json

            for r, row in Array.indexed z do
                for c, cell in Array.indexed row do
                    if Double.IsFinite cell then
                        let t = if high > low then (cell - low) / (high - low) else 0.5
                        let red, green, blue = Colour.at stops (if reversed then 1.0 - t else t)
                        let x0, x1 = Axis.pixel x xs[c], Axis.pixel x xs[c + 1]
                        let y0, y1 = Axis.pixel y ys[r], Axis.pixel y ys[r + 1]
                        // Half a pixel of overlap closes the seams between cells.
                        canvas.Rect(min x0 x1, min y0 y1, abs (x1 - x0) + 0.5, abs (y1 - y0) + 0.5, $"fill:rgb({red},{green},{blue})")

                        match Array.tryItem r texts with
                        | Some(JsonValue.Array cells) ->
                            match Array.tryItem c cells with
                            | Some(JsonValue.Text text) ->
                                canvas.Text((x0 + x1) / 2.0, (y0 + y1) / 2.0 + 4.0, Figure.plain text, 12.0, "middle", Colour.ink (red, green, blue))
                            | _ -> ()
                        | _ -> ()

    let private image (canvas: Canvas) (x, y) trace =
        match Picture.tryOf trace with
        | Some(height, width, uri) ->
            let x0, x1 = Axis.pixel x -0.5, Axis.pixel x (float width - 0.5)
            let y0, y1 = Axis.pixel y -0.5, Axis.pixel y (float height - 0.5)
            canvas.Image(min x0 x1, min y0 y1, abs (x1 - x0), abs (y1 - y0), uri)
        | None -> ()

    /// Quartile box with whiskers at the furthest values within 1.5 interquartile ranges; the rest as dots.
    let private box (canvas: Canvas) (x, y) (trace: Trace) =
        let key, value, keys, values =
            if trace.IsHorizontal then y, x, trace.Y, trace.X else x, y, trace.X, trace.Y

        let groups =
            Array.zip (Slabs.numbers key keys) (Slabs.numbers value values)
            |> Array.filter (fun (k, v) -> Double.IsFinite k && Double.IsFinite v)
            |> Array.groupBy fst

        for at, group in groups do
            let sorted = group |> Array.map snd |> Array.sort
            let q1, q2, q3 = Slabs.quantile sorted 0.25, Slabs.quantile sorted 0.5, Slabs.quantile sorted 0.75
            let reach = 1.5 * (q3 - q1)
            let inside = sorted |> Array.filter (fun v -> v >= q1 - reach && v <= q3 + reach)
            let k0, k1 = Axis.pixel key (at - 0.25), Axis.pixel key (at + 0.25)
            let middle = (k0 + k1) / 2.0
            let pixel = Axis.pixel value
            let line = stroke trace.Colour 1.5

            let between a b c d style =
                if trace.IsHorizontal then canvas.Line(b, a, d, c, style) else canvas.Line(a, b, c, d, style)

            if trace.IsHorizontal then
                canvas.Rect(pixel q1, min k0 k1, pixel q3 - pixel q1, abs (k1 - k0), $"fill:{Colour.withAlpha 0.25 trace.Colour};stroke:{trace.Colour}")
            else
                canvas.Rect(min k0 k1, pixel q3, abs (k1 - k0), pixel q1 - pixel q3, $"fill:{Colour.withAlpha 0.25 trace.Colour};stroke:{trace.Colour}")

            between k0 (pixel q2) k1 (pixel q2) (stroke trace.Colour 2.5)
            between middle (pixel q1) middle (pixel inside[0]) line
            between middle (pixel q3) middle (pixel inside[inside.Length - 1]) line

            for v in sorted |> Array.filter (fun v -> v < q1 - reach || v > q3 + reach) do
                let px, py = if trace.IsHorizontal then pixel v, middle else middle, pixel v
                canvas.Circle(px, py, 2.5, $"fill:{trace.Colour}")

    /// Draws all traces of a subplot in order.
    let traces (canvas: Canvas) layout axes (traces: Trace list) =
        let bars = Slabs.ofTraces layout axes traces

        for index, trace in List.indexed traces do
            canvas.Open [ "opacity", Canvas.Number trace.Opacity ]

            match trace.Mark with
            | Mark.Scatter ->
                let previous = traces |> List.take index |> List.tryFindBack (fun t -> t.Mark = Mark.Scatter)
                scatter canvas axes previous trace
            | Mark.Bar
            | Mark.Histogram ->
                bars |> List.filter (fun (t, _) -> obj.ReferenceEquals(t, trace)) |> List.iter (fun (_, own) -> slabs canvas axes trace own)
            | Mark.Heatmap -> heatmap canvas axes trace
            | Mark.Image -> image canvas axes trace
            | Mark.Box -> box canvas axes trace

            canvas.Close()

    /// The trace's sample in the legend, 24 pixels wide around a height.
    let sample (canvas: Canvas) (trace: Trace) x y =
        canvas.Open [ "opacity", Canvas.Number trace.Opacity ]

        match trace.Mark with
        | Mark.Scatter ->
            let mode = mode trace

            if mode.Contains "lines" then
                let colour = Json.tryText "line.color" trace.Json |> Option.defaultValue trace.Colour
                let width = Json.tryNumber "line.width" trace.Json |> Option.defaultValue 2.0 |> min 4.0
                canvas.Line(x, y, x + 24.0, y, stroke colour width + dash trace.Json)

            if mode.Contains "markers" then
                let symbol = Json.tryText "marker.symbol" trace.Json |> Option.defaultValue "circle"
                marker canvas symbol 7.0 (x + 12.0, y) $"fill:{(markerColours trace 1)[0]}"

            if (Json.tryText "fill" trace.Json).IsSome && not (mode.Contains "lines") then
                let fill = Json.tryText "fillcolor" trace.Json |> Option.defaultValue (Colour.withAlpha 0.3 trace.Colour)
                canvas.Rect(x, y - 5.0, 24.0, 10.0, $"fill:{fill}")
        | _ -> canvas.Rect(x + 4.0, y - 6.0, 16.0, 12.0, $"fill:{(markerColours trace 1)[0]}")

        canvas.Close()
