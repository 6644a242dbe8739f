namespace BoxTeacher.Charts

open System

/// A bar between two values on the value axis, around a place on the key axis (all in axis units).
type internal Slab =
    { Centre: float
      Width: float
      Base: float
      Top: float
      Error: (float * float) option }

/// The geometry of bars, histograms and boxes, shared by the search for an axis' range and by the drawing.
module internal Slabs =

    /// The number at each place; places the axis does not have are NaN.
    let numbers axis places =
        places |> Array.map (fun place -> Axis.tryValue axis place |> Option.defaultValue nan)

    /// The smallest step between distinct keys; 1 for a single key.
    let private unitWidth (keys: float seq) =
        let sorted = keys |> Seq.filter Double.IsFinite |> Seq.distinct |> Seq.sort |> Array.ofSeq
        if sorted.Length < 2 then 1.0 else sorted |> Array.pairwise |> Array.map (fun (a, b) -> b - a) |> Array.min

    /// Key and value axis and places of a bar trace.
    let private sides (x, y) (trace: Trace) =
        if trace.IsHorizontal then (y, trace.Y), (x, trace.X), "error_x" else (x, trace.X), (y, trace.Y), "error_y"

    let private bars (layout: JsonValue) axes (traces: Trace list) =
        let mode = Json.tryText "barmode" layout |> Option.defaultValue "group"
        let gap = Json.tryNumber "bargap" layout |> Option.defaultValue 0.2

        let series =
            traces
            |> List.map (fun trace ->
                let (keyAxis, keyPlaces), (valueAxis, valuePlaces), errorName = sides axes trace

                let keys =
                    if keyPlaces.Length = 0 then Array.init valuePlaces.Length float else numbers keyAxis keyPlaces

                trace, keys, numbers valueAxis valuePlaces, Figure.errors errorName trace valuePlaces)

        let width = unitWidth (series |> Seq.collect (fun (_, keys, _, _) -> keys)) * (1.0 - gap)
        let count = if mode = "group" then float series.Length else 1.0
        let stacked = System.Collections.Generic.Dictionary<float, float>()

        [ for index, (trace, keys, values, errors) in List.indexed series do
              trace,
              [ for i in 0 .. min keys.Length values.Length - 1 do
                    if Double.IsFinite keys[i] && Double.IsFinite values[i] then
                        let floor =
                            match mode, stacked.TryGetValue keys[i] with
                            | ("stack" | "relative"), (true, height) -> height
                            | _ -> Json.tryNumber "base" trace.Json |> Option.defaultValue 0.0

                        stacked[keys[i]] <- floor + values[i]
                        let shift = if mode = "group" then (float index - (count - 1.0) / 2.0) * width / count else 0.0

                        { Centre = keys[i] + shift
                          Width = width / count * (if count > 1.0 then 0.95 else 1.0)
                          Base = floor
                          Top = floor + values[i]
                          Error = Array.tryItem i errors } ] ]

    let private histograms (x, y) (traces: Trace list) =
        let valuesOf (trace: Trace) =
            let axis, places = if trace.IsHorizontal then y, trace.Y else x, trace.X
            numbers axis places |> Array.filter Double.IsFinite, axis.Categories.Length > 0

        let all = traces |> List.map (valuesOf >> fst) |> Array.concat

        [ if all.Length > 0 then
              let low, high = Array.min all, Array.max all

              for trace in traces do
                  let values, isCategorical = valuesOf trace
                  let bins = if trace.IsHorizontal then "ybins" else "xbins"
                  let wanted = Json.tryNumber (if trace.IsHorizontal then "nbinsy" else "nbinsx") trace.Json

                  let size =
                      match Json.tryNumber $"{bins}.size" trace.Json, wanted with
                      | Some size, _ -> size
                      | None, _ when isCategorical -> 1.0
                      | None, count ->
                          // Round steps, never more bins than asked for (Sturges' rule when nothing is).
                          let count = count |> Option.defaultWith (fun () -> Math.Ceiling(Math.Log2(float all.Length) + 1.0))

                          match Axis.linearTicks (int (max 1.0 count)) low high with
                          | (first, _) :: (second, _) :: _ -> second - first
                          | _ -> max 1e-9 (high - low)

                  let start =
                      Json.tryNumber $"{bins}.start" trace.Json
                      |> Option.defaultValue (if isCategorical then -0.5 else Math.Floor(low / size + 1e-9) * size)

                  let total =
                      match Json.tryText "histnorm" trace.Json with
                      | Some "probability" -> float values.Length
                      | Some "percent" -> float values.Length / 100.0
                      | _ -> 1.0

                  // A value on the very last edge belongs to the last bin.
                  let last = max 0 (int (Math.Ceiling((high - start) / size - 1e-9)) - 1)

                  trace,
                  values
                  |> Array.countBy (fun value -> min last (int (Math.Floor((value - start) / size + 1e-9))))
                  |> Array.sortBy fst
                  |> Array.map (fun (bin, count) ->
                      { Centre = start + (float bin + 0.5) * size
                        Width = size
                        Base = 0.0
                        Top = float count / total
                        Error = None })
                  |> List.ofArray ]

    /// The bars of every bar and histogram trace of one subplot.
    let ofTraces layout axes (traces: Trace list) =
        bars layout axes (traces |> List.filter (fun t -> t.Mark = Mark.Bar))
        @ histograms axes (traces |> List.filter (fun t -> t.Mark = Mark.Histogram))

    /// The value below which a share of the sorted values lies, linearly interpolated.
    let quantile (sorted: float array) share =
        let at = share * float (sorted.Length - 1)
        let lower = int (Math.Floor at)
        let upper = min (sorted.Length - 1) (lower + 1)
        sorted[lower] + (at - float lower) * (sorted[upper] - sorted[lower])

    /// Edges around n cells: halfway between centres; names and bare indices stand one apart.
    let edges axis (centres: Place array) count =
        let at = numbers axis centres

        if count = 0 then
            [||]
        elif at.Length < count || at |> Array.exists (Double.IsFinite >> not) then
            Array.init (count + 1) (fun i -> float i - 0.5)
        elif count = 1 then
            [| at[0] - 0.5; at[0] + 0.5 |]
        else
            Array.concat
                [ [| at[0] - (at[1] - at[0]) / 2.0 |]
                  at |> Array.truncate count |> Array.pairwise |> Array.map (fun (a, b) -> (a + b) / 2.0)
                  [| at[count - 1] + (at[count - 1] - at[count - 2]) / 2.0 |] ]

/// Height and width of an image trace, and the picture as a data URI.
module internal Picture =

    let private pngSize (uri: string) =
        match uri.IndexOf "base64," with
        | -1 -> None
        | at when uri.Length < at + 7 + 44 -> None
        | at ->
            // Width and height stand in bytes 16..23 of a PNG file.
            let bytes = Convert.FromBase64String(uri.Substring(at + 7, 44))
            let number i = (int bytes[i] <<< 24) ||| (int bytes[i + 1] <<< 16) ||| (int bytes[i + 2] <<< 8) ||| int bytes[i + 3]
            if bytes[1] = byte 'P' && bytes[2] = byte 'N' then Some(number 20, number 16) else None

    /// Height, width and URI; None for a picture that is neither an embedded PNG nor a matrix of RGB cells.
    let tryOf (trace: Trace) =
        match Json.tryText "source" trace.Json with
        | Some uri -> pngSize uri |> Option.map (fun (height, width) -> height, width, uri)
        | None ->
            match Json.items "z" trace.Json with
            | [||] -> None
            | rows ->
                let cells =
                    rows
                    |> Array.map (function
                        | JsonValue.Array cells ->
                            cells
                            |> Array.map (function
                                | JsonValue.Array parts ->
                                    parts |> Array.truncate 3 |> Array.map (function JsonValue.Number n -> byte n | _ -> 0uy)
                                | _ -> [||])
                        | _ -> [||])

                let height, width = cells.Length, cells[0].Length
                let pixels = cells |> Array.collect Array.concat

                if pixels.Length = height * width * 3 && width > 0 then
                    Some(height, width, Png.toDataUri (Png.encode height width pixels))
                else
                    None
