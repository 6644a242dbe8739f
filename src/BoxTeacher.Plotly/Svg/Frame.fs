namespace BoxTeacher.Charts

open System

/// A pair of axes and the traces drawn against it.
type internal Subplot =
    { XId: string
      YId: string
      Content: Trace list }

/// A subplot with its axes settled on pixels.
type internal Panel =
    { Subplot: Subplot
      X: Axis
      Y: Axis }

/// Where everything goes: margins, domains, axes.
module internal Frame =

    /// The layout's name of an axis: "x" is "xaxis", "y2" is "yaxis2".
    let axisJson layout (id: string) =
        Json.tryPath $"{id[0]}axis{id.Substring 1}" layout |> Option.defaultValue (JsonValue.Object [])

    let private number (id: string) = if id.Length = 1 then 1 else int (id.Substring 1)

    /// The share of the plot area an axis covers: its own domain, else its cell of the layout's grid, else all.
    let domain layout (id: string) =
        match Json.items "domain" (axisJson layout id), Json.tryPath "grid" layout with
        | [| JsonValue.Number low; JsonValue.Number high |], _ -> low, high
        | _, None -> 0.0, 1.0
        | _, Some grid ->
            let count name = Json.tryNumber name grid |> Option.map int |> Option.defaultValue 1
            let rows, columns = count "rows", count "columns"
            let independent = Json.tryText "pattern" grid = Some "independent"

            let cell name (defaultGap: float) index count =
                let gap = Json.tryNumber name grid |> Option.defaultValue defaultGap
                let step = 1.0 / (float count - gap)
                float index * step, (float index + 1.0 - gap) * step

            let index = number id - 1

            if id[0] = 'x' then
                cell "xgap" (if independent then 0.2 else 0.1) (index % columns) columns
            else
                let row = if independent then index / columns else index
                let fromBottom = if Json.tryText "roworder" grid = Some "bottom to top" then row else rows - 1 - row
                cell "ygap" (if independent then 0.3 else 0.1) fromBottom rows

    let subplots figure =
        figure.Traces
        |> List.groupBy (fun t -> t.XAxis, t.YAxis)
        |> List.map (fun ((x, y), traces) -> { XId = x; YId = y; Content = traces })

    let private hasColourBar (traces: Trace list) =
        traces |> List.exists (fun t -> t.Mark = Mark.Heatmap && Json.tryBool "showscale" t.Json <> Some false)

    /// Pixels a subplot gives up on its right for a heat map's colour bar.
    let colourBarRoom subplot = if hasColourBar subplot.Content then 78.0 else 0.0

    let private labelWidth (axis: Axis) =
        if not axis.ShowTicks || axis.Ticks.IsEmpty then
            0.0
        else
            axis.Ticks |> List.map (fun (_, text) -> Canvas.TextWidth(text, 11.0)) |> List.max

    /// Whether the labels of an x axis must be turned to fit.
    let turnsLabels (axis: Axis) =
        let slot = abs (axis.To - axis.From) / float (max 1 axis.Ticks.Length)
        axis.Categories.Length > 0 && labelWidth axis > slot - 6.0

    /// Pixels below an x axis for its labels and title.
    let depth (axis: Axis) =
        (if turnsLabels axis then 12.0 + 0.6 * labelWidth axis else 20.0) + (if axis.Title.IsSome then 24.0 else 0.0)

    /// Pixels left of a y axis for its labels and title.
    let reach (axis: Axis) =
        labelWidth axis + 12.0 + (if axis.Title.IsSome then 24.0 else 0.0)

    /// Names on each axis and the range its data asks for, over every subplot it belongs to.
    let private drafts figure subplots =
        let categoriesOf id =
            let layout = axisJson figure.Layout id
            let places =
                subplots
                |> List.collect (fun s ->
                    s.Content
                    |> List.collect (fun t ->
                        [ if s.XId = id then yield! t.X
                          if s.YId = id then yield! t.Y ]))

            match Json.items "categoryarray" layout with
            | [||] -> Axis.categories places
            | given -> given |> Array.choose (function JsonValue.Text name -> Some name | _ -> None)

        let rough id =
            Axis.settle (axisJson figure.Layout id) id (categoriesOf id) None (false, false) (0.0, 400.0)

        let ids = subplots |> List.collect (fun s -> [ s.XId; s.YId ]) |> List.distinct
        let axes = ids |> List.map (fun id -> id, rough id) |> Map.ofList

        ids
        |> List.map (fun id ->
            let isX = id[0] = 'x'
            let own = subplots |> List.filter (fun s -> s.XId = id || s.YId = id)

            let values =
                own
                |> List.collect (fun s ->
                    let xs, ys = Extent.values figure.Layout (axes[s.XId], axes[s.YId]) s.Content
                    if isX then xs else ys)

            let range = Extent.tryRange values
            let traces = own |> List.collect _.Content
            id, (axes[id].Categories, range, Extent.padding isX range traces, traces))
        |> Map.ofList

    /// Settles every panel inside a plot area given by its left, top, right and bottom pixels.
    let panels figure (left: float, top: float, right: float, bottom: float) =
        let subplots = subplots figure
        let drafts = drafts figure subplots

        subplots
        |> List.map (fun subplot ->
            let across, up = domain figure.Layout subplot.XId, domain figure.Layout subplot.YId
            let x0 = left + fst across * (right - left)
            let x1 = left + snd across * (right - left) - colourBarRoom subplot
            let y0 = bottom - fst up * (bottom - top)
            let y1 = bottom - snd up * (bottom - top)
            let image = subplot.Content |> List.tryPick (fun t -> if t.Mark = Mark.Image then Picture.tryOf t else None)

            // Pixels of a picture are square: the panel shrinks to the picture's shape, around its middle.
            let x0, x1, y0, y1 =
                match image with
                | Some(height, width, _) ->
                    let scale = min ((x1 - x0) / float width) ((y0 - y1) / float height)
                    let cx, cy = (x0 + x1) / 2.0, (y0 + y1) / 2.0
                    let w, h = scale * float width / 2.0, scale * float height / 2.0
                    cx - w, cx + w, cy + h, cy - h
                | None -> x0, x1, y0, y1

            let settle id (from, till) =
                let categories, range, padding, _ = drafts[id]
                let json = axisJson figure.Layout id

                // The first row of a picture is on top.
                let json =
                    if image.IsSome && id[0] = 'y' && Json.tryPath "range" json = None then
                        Json.withMember "autorange" (JsonValue.Text "reversed") json
                    else
                        json

                Axis.settle json id categories range padding (from, till)

            { Subplot = subplot
              X = settle subplot.XId (x0, x1)
              Y = settle subplot.YId (y0, y1) })
