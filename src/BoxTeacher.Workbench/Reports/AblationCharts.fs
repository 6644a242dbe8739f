namespace BoxTeacher.Workbench

open System
open Plotly.NET

/// Charts of an ablation's results.
[<RequireQualifiedAccess>]
module AblationCharts =

    // Okabe and Ito's colours, which people with any colour vision tell apart and which show on white and on black.
    let private palette =
        [| 0, 114, 178; 213, 94, 0; 0, 158, 115; 204, 121, 167; 230, 159, 0; 86, 180, 233 |]

    let private colour alpha index =
        let r, g, b = palette[index % palette.Length]
        Color.fromARGB alpha r g b

    let private size chart =
        chart |> Chart.withSize (Width = 560, Height = 360) |> Chart.withLegendStyle (Orientation = StyleParam.Orientation.Horizontal)

    /// Mean and standard deviation of curves at the iterations they share.
    let band (curves: Curve list) =
        match curves with
        | [] -> []
        | first :: rest ->
            [ for iteration, value in first.Points do
                  let others = rest |> List.map (fun curve -> curve.Points |> List.tryFind (fun (at, _) -> at = iteration) |> Option.map snd)

                  if others |> List.forall Option.isSome then
                      let spread = Statistics.spread (value :: List.choose id others |> List.filter Double.IsFinite)
                      if spread.Count > 0 then iteration, spread ]

    /// A curve of at most so many points, each the mean of equally many iterations; the iteration is the last of them.
    let thinned count (curve: Curve) =
        let points = Array.ofList curve.Points
        let width = max 1 ((points.Length + count - 1) / count)

        { curve with
            Points =
                [ for chunk in Array.chunkBySize width points do
                      let finite = chunk |> Array.map snd |> Array.filter Double.IsFinite
                      if finite.Length > 0 then fst (Array.last chunk), Array.average finite ] }

    let private ofBands title yTitle showMarkers (bands: (string * (int * Spread) list) list) =
        [ for index, (name, points) in List.indexed bands do
              if not points.IsEmpty then
                  let x = points |> List.map fst
                  let mean = points |> List.map (fun (_, s) -> s.Mean)
                  let mode = if showMarkers then StyleParam.Mode.Lines_Markers else StyleParam.Mode.Lines

                  if points |> List.exists (fun (_, s) -> Double.IsFinite s.Deviation && s.Deviation > 0.0) then
                      let reach (s: Spread) = if Double.IsFinite s.Deviation then s.Deviation else 0.0

                      Chart.Range(
                          x = x,
                          y = mean,
                          upper = (points |> List.map (fun (_, s) -> s.Mean + reach s)),
                          lower = (points |> List.map (fun (_, s) -> s.Mean - reach s)),
                          mode = mode,
                          Name = name,
                          LineColor = colour 255 index,
                          MarkerColor = colour 255 index,
                          RangeColor = colour 48 index
                      )
                  else
                      Chart.Scatter(x = x, y = mean, mode = mode, Name = name, LineColor = colour 255 index, MarkerColor = colour 255 index) ]
        |> function
            | [] -> None
            | charts ->
                Chart.combine charts
                |> Chart.withTitle (title: string)
                |> Chart.withXAxisStyle (TitleText = "iteration")
                |> Chart.withYAxisStyle (TitleText = yTitle)
                |> Chart.withLegend true
                |> size
                |> Some

    let private over seeds = if seeds = 1 then "one seed" else $"mean ± sd of {seeds} seeds"

    /// A metric along the training, a line a variant with a band over seeds; None when it was not measured on the way.
    let learningCurves metric (result: AblationResult) =
        [ for variant in result.Variants ->
              variant,
              AblationResult.runsOf variant result
              |> List.choose (fun run -> run.Curves |> List.tryFind (fun curve -> curve.Name = metric))
              |> band ]
        |> ofBands $"{metric} on validation images, {over result.Seeds.Length}" metric true

    /// A loss along the training, averaged over stretches of iterations; None when it was not recorded.
    let lossCurves name (result: AblationResult) =
        [ for variant in result.Variants ->
              variant,
              AblationResult.runsOf variant result
              |> List.choose (fun run -> run.Curves |> List.tryFind (fun curve -> curve.Name = name))
              |> List.map (thinned 80)
              |> band ]
        |> ofBands $"{name}, {over result.Seeds.Length}" name false

    /// Final metrics as bars with the standard deviation over seeds.
    let bars (result: AblationResult) =
        let summaries = AblationResult.summaries result

        [ for index, summary in List.indexed summaries do
              let measured = summary.Metrics |> List.filter (fun (_, s) -> s.Count > 0)

              if not measured.IsEmpty then
                  let chart =
                      Chart.Column(
                          values = [ for _, s in measured -> s.Mean ],
                          Keys = [ for name, _ in measured -> name ],
                          Name = summary.Variant,
                          MarkerColor = colour 255 index
                      )

                  if result.Seeds.Length > 1 then
                      chart |> Chart.withYErrorStyle (Array = [ for _, s in measured -> if Double.IsFinite s.Deviation then s.Deviation else 0.0 ])
                  else
                      chart ]
        |> function
            | [] -> None
            | charts ->
                Chart.combine charts
                |> Chart.withTitle $"Final metrics, {over result.Seeds.Length}"
                |> Chart.withYAxisStyle (TitleText = "AP, %")
                |> Chart.withLegend true
                |> size
                |> Some
