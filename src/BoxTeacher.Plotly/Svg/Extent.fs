namespace BoxTeacher.Charts

open System

/// How much of its two axes each kind of mark needs, in axis units.
module internal Extent =

    /// The values a subplot's traces reach on x and on y.
    let values layout (x: Axis, y: Axis) (traces: Trace list) =
        let slabs = Slabs.ofTraces layout (x, y) traces

        let ofTrace (trace: Trace) =
            match trace.Mark with
            | Mark.Scatter ->
                let along axis places errorName =
                    let at = Slabs.numbers axis places
                    let errors = Figure.errors errorName trace places

                    [ yield! at
                      for i, (lower, upper) in Array.indexed errors do
                          at[i] - lower
                          at[i] + upper ]

                let ys = along y trace.Y "error_y"
                along x trace.X "error_x", (if Json.tryText "fill" trace.Json = Some "tozeroy" then 0.0 :: ys else ys)
            | Mark.Bar
            | Mark.Histogram ->
                let own = slabs |> List.filter (fun (t, _) -> obj.ReferenceEquals(t, trace)) |> List.collect snd
                let keys = own |> List.collect (fun s -> [ s.Centre - s.Width / 2.0; s.Centre + s.Width / 2.0 ])

                let tops =
                    own
                    |> List.collect (fun s ->
                        let lower, upper = s.Error |> Option.defaultValue (0.0, 0.0)
                        [ s.Base; s.Top - lower; s.Top + upper; s.Top ])

                if trace.IsHorizontal then tops, keys else keys, tops
            | Mark.Heatmap ->
                let z = Figure.matrix "z" trace.Json
                let columns = if z.Length = 0 then 0 else z[0].Length
                List.ofArray (Slabs.edges x trace.X columns), List.ofArray (Slabs.edges y trace.Y z.Length)
            | Mark.Image ->
                match Picture.tryOf trace with
                | Some(height, width, _) -> [ -0.5; float width - 0.5 ], [ -0.5; float height - 0.5 ]
                | None -> [], []
            | Mark.Box ->
                let keys axis places =
                    Slabs.numbers axis places |> Array.collect (fun at -> [| at - 0.5; at + 0.5 |]) |> List.ofArray

                if trace.IsHorizontal then
                    List.ofArray (Slabs.numbers x trace.X), keys y trace.Y
                else
                    keys x trace.X, List.ofArray (Slabs.numbers y trace.Y)

        traces |> List.map ofTrace |> List.unzip |> fun (xs, ys) -> List.concat xs, List.concat ys

    /// The least and the greatest finite value.
    let tryRange (values: float list) =
        match values |> List.filter Double.IsFinite with
        | [] -> None
        | finite -> Some(List.min finite, List.max finite)

    /// Which ends of an axis get room: none where bars, cells or pixels end, all others.
    let padding isX (range: (float * float) option) (traces: Trace list) =
        let ends (trace: Trace) =
            match trace.Mark with
            | Mark.Image
            | Mark.Heatmap -> false, false
            | Mark.Bar
            | Mark.Histogram when trace.IsHorizontal = isX ->
                // The value axis starts at zero when all bars do.
                match range with
                | Some(low, high) -> low <> 0.0, high <> 0.0
                | None -> false, false
            | Mark.Bar
            | Mark.Histogram -> true, true
            | Mark.Scatter when isX ->
                let hasMarkers =
                    match Json.tryText "mode" trace.Json with
                    | Some mode -> mode.Contains "markers"
                    | None -> trace.X.Length < 20

                hasMarkers, hasMarkers
            | _ -> true, true

        let all = traces |> List.map ends
        let anyOf pick = all |> List.exists pick
        let isExact = traces |> List.exists (fun t -> t.Mark = Mark.Heatmap || t.Mark = Mark.Image)
        if isExact then false, false else anyOf fst, anyOf snd
