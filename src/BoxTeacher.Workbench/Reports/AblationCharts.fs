namespace BoxTeacher.Workbench

open System
open BoxTeacher.Charts
open Plotly.NET

/// Charts of an ablation's results.
[<RequireQualifiedAccess>]
module AblationCharts =

    // Okabe and Ito's colours, which people with any colour vision tell apart and which show on white and on black; then grey and brown.
    let private palette =
        [| 0, 114, 178; 213, 94, 0; 0, 158, 115; 204, 121, 167; 230, 159, 0; 86, 180, 233; 127, 127, 127; 140, 86, 75 |]

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

    let private ofBands title xTitle yTitle showMarkers (bands: (string * (int * Spread) list) list) =
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
                |> Chart.withXAxisStyle (TitleText = xTitle)
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
        |> ofBands $"{metric} on validation images, {over result.Seeds.Length}" "iteration" metric true

    /// A loss along the training, averaged over stretches of iterations: "loss", or "loss, NAME" for one of its terms. None when it
    /// was not recorded.
    let lossCurves (name: string) (result: AblationResult) =
        // A term's name says itself that it is a loss.
        let shown = if name.StartsWith "loss, " then name.Substring "loss, ".Length else name

        [ for variant in result.Variants ->
              variant,
              AblationResult.runsOf variant result
              |> List.choose (fun run -> run.Curves |> List.tryFind (fun curve -> curve.Name = name))
              |> List.map (thinned 80)
              |> band ]
        |> ofBands $"{shown}, {over result.Seeds.Length}" "iteration" shown false

    /// The losses of runs, each averaged to at most so many points; None when there are none yet.
    let lossesOfRuns points (runs: (string * (int * float) list) list) =
        [ for name, losses in runs ->
              let curve = thinned points { Name = name; Points = losses }
              name, [ for iteration, loss in curve.Points -> iteration, Statistics.spread [ loss ] ] ]
        |> ofBands "loss" "iteration" "loss" false

    /// Mask precision at each recall, a mean over categories, a line a variant with a band over seeds; None for an overlap
    /// threshold that was not kept.
    let precisionRecall overlap (result: AblationResult) =
        [ for variant in result.Variants ->
              variant,
              AblationResult.runsOf variant result
              |> List.choose (fun run -> run.Precision |> List.tryFind (fun (at, _) -> at = overlap) |> Option.map snd)
              |> List.map (fun values -> { Name = ""; Points = values |> List.mapi (fun recall value -> recall, 100.0 * value) })
              |> band ]
        |> ofBands $"masks at an overlap of %g{overlap}, {over result.Seeds.Length}" "recall, %" "precision, %" false

    let private confidenceBins = 20

    /// How sure the teachers were at the end: the share of pseudo masks in each twentieth of the confidence, over all seeds; None
    /// when no variant has a teacher.
    let confidences (result: AblationResult) =
        let share (values: float list) =
            let bins = values |> List.countBy (fun value -> min (confidenceBins - 1) (int (value * float confidenceBins))) |> dict

            [ for bin in 0 .. confidenceBins - 1 ->
                  let count = match bins.TryGetValue bin with | true, count -> count | _ -> 0
                  100.0 * float count / float values.Length ]

        [ for index, variant in List.indexed result.Variants do
              match AblationResult.runsOf variant result |> List.collect _.Confidences with
              | [] -> ()
              | values ->
                  Chart.Scatter(
                      x = [ for bin in 0 .. confidenceBins - 1 -> (float bin + 0.5) / float confidenceBins ],
                      y = share values,
                      mode = StyleParam.Mode.Lines_Markers,
                      Name = $"{variant} ({values.Length})",
                      LineColor = colour 255 index,
                      MarkerColor = colour 255 index
                  ) ]
        |> function
            | [] -> None
            | charts ->
                Chart.combine charts
                |> Chart.withTitle "Confidence of pseudo masks (how many)"
                |> Chart.withXAxisStyle (TitleText = "confidence", MinMax = (0.0, 1.0))
                |> Chart.withYAxisStyle (TitleText = "share of masks, %")
                |> Chart.withLegend true
                |> size
                |> Some

    /// The two keys of the recipes that differ between the variants, when they are all that differs and every pair of their
    /// values has a variant.
    let sweptKeys (result: AblationResult) =
        match RecipeDifferences.swept result with
        | [ (first, a); (second, b) ] when
            (List.distinct (List.zip a b)).Length = (List.distinct a).Length * (List.distinct b).Length && result.Variants.Length = a.Length
            ->
            Some(first, second)
        | _ -> None

    /// A metric over two swept keys of the recipe, a mean over seeds, as a heat map with the numbers in its cells; None when
    /// there is no run.
    let heatMap metric xKey yKey (result: AblationResult) =
        let value key recipe =
            match Json.tryPath key recipe with
            | Some json -> (Json.toText json).Trim '"'
            | None -> "–"

        let cells =
            [ for run in result.Runs ->
                  let recipe = Json.parse run.Run.Recipe
                  (value xKey recipe, value yKey recipe), run.Metric metric ]
            |> List.filter (snd >> Double.IsFinite)
            |> List.groupBy fst
            |> List.map (fun (at, runs) -> at, runs |> List.averageBy snd)
            |> dict

        match cells.Count with
        | 0 -> None
        | _ ->
            let columns = cells.Keys |> Seq.map fst |> Seq.distinct |> List.ofSeq
            let rows = cells.Keys |> Seq.map snd |> Seq.distinct |> List.ofSeq
            let at row column = match cells.TryGetValue((column, row)) with | true, value -> value | _ -> nan
            let last (key: string) = key.Substring(key.LastIndexOf '.' + 1)
            let shown (value: float) = if Double.IsFinite value then value.ToString("F1", Globalization.CultureInfo.InvariantCulture) else ""

            Chart.AnnotatedHeatmap(
                zData = [ for row in rows -> [ for column in columns -> at row column ] ],
                annotationText = [ for row in rows -> [ for column in columns -> shown (at row column) ] ],
                X = columns,
                Y = rows,
                ColorScale = StyleParam.Colorscale.Viridis
            )
            |> Chart.withTitle $"{metric}, {over result.Seeds.Length}"
            |> Chart.withXAxisStyle (TitleText = last xKey, AxisType = StyleParam.AxisType.Category)
            |> Chart.withYAxisStyle (TitleText = last yKey, AxisType = StyleParam.AxisType.Category)
            |> Chart.withSize (Width = 560, Height = 360)
            |> Some

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
