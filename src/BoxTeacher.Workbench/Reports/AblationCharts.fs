namespace BoxTeacher.Workbench

open System
open Plotly.NET
open Plotly.NET.LayoutObjects

/// Charts of an ablation's results.
[<RequireQualifiedAccess>]
module AblationCharts =

    /// Mean and standard deviation of curves at the iterations they share.
    let band (curves: Curve list) =
        match curves with
        | [] -> []
        | first :: rest ->
            [ for iteration, value in first.Points do
                  let valueOf curve = curve.Points |> List.tryFind (fun (at, _) -> at = iteration) |> Option.map snd
                  let others = rest |> List.map valueOf

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

    let private rounded = EvaluationCharts.rounded

    /// The mean with one deviation to each side of it: two edges with color between them, and the line, which come and go together.
    let private lineOver label index withPoints (points: (int * Spread) list) =
        let x = points |> List.map fst
        let reach (spread: Spread) = if Double.IsFinite spread.Deviation then rounded spread.Deviation else 0.0
        let hasBand = points |> List.exists (fun (_, spread) -> reach spread > 0.0)

        let edge fill side =
            Chart.Line(
                x = x,
                y = [ for _, spread in points -> rounded (spread.Mean + side * reach spread) ],
                ShowLegend = false,
                LineWidth = 0.0,
                Fill = fill,
                FillColor = ChartStyle.color 0.19 index
            )
            |> GenericChart.mapTrace (Trace2DStyle.Scatter(HoverInfo = StyleParam.HoverInfo.Skip))

        let line =
            Chart.Line(
                x = x,
                y = [ for _, spread in points -> rounded spread.Mean ],
                ?MultiText = (if hasBand then Some [ for _, spread in points -> $"± {reach spread}" ] else None),
                Name = label,
                ShowMarkers = withPoints,
                Line = ChartStyle.line index,
                Marker = ChartStyle.points index
            )

        (if hasBand then [ edge StyleParam.Fill.None -1.0; edge StyleParam.Fill.ToNext_y 1.0; line ] else [ line ])
        |> List.map (Chart.withTraceInfo (LegendGroup = label))

    let private ofBands title xTitle yTitle withPoints (series: (string * (int * Spread) list) list) =
        // A variant keeps its index, and with it its looks, where another one has no curve.
        match [ for index, (name, points) in List.indexed series do if not points.IsEmpty then ChartStyle.label name, index, points ] with
        | [] -> None
        | series ->
            [ for label, index, points in series do yield! lineOver label index withPoints points ]
            |> Chart.combine
            |> ChartStyle.titledFromZero title xTitle yTitle
            |> ChartStyle.apply ChartStyle.plotHeight [ for label, _, _ in series -> label ]
            |> Some

    let private over seeds = if seeds = 1 then "one seed" else $"mean ± sd of {seeds} seeds"

    /// A metric along the training, a line a variant with a band over seeds; None when it was not measured on the way.
    let learningCurves metric (result: AblationResult) =
        [ for variant in result.Variants ->
              variant,
              AblationResult.runsOf variant result
              |> List.choose (fun run -> run.Curves |> List.tryFind (fun curve -> curve.Name = metric))
              |> band ]
        |> ofBands $"{metric} in validation, {over result.Seeds.Length}" "iteration" metric true

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

    // Of masks where there are any, as in the tables.
    let private detected (result: AblationResult) = if result.Metrics |> List.exists _.StartsWith("mask") then "masks" else "boxes"

    /// Precision at each recall, a mean over categories, a line a variant with a band over seeds; None for an overlap
    /// threshold that was not kept.
    let precisionRecall overlap (result: AblationResult) =
        [ for variant in result.Variants ->
              variant,
              AblationResult.runsOf variant result
              |> List.choose (fun run -> run.Precision |> List.tryFind (fun (at, _) -> at = overlap) |> Option.map snd)
              |> List.map (fun values -> { Name = ""; Points = values |> List.mapi (fun recall value -> recall, 100.0 * value) })
              |> band ]
        |> ofBands $"{detected result} at IoU %g{overlap}, {over result.Seeds.Length}" "recall, %" "precision, %" false

    let private bins = 20

    /// How sure the teachers were at the end: a histogram for each variant with a teacher, under one another, of the confidences of its
    /// pseudo-labels over all seeds, as shares that are comparable; None when no variant has a teacher.
    let confidences (result: AblationResult) =
        let taught =
            [ for index, variant in List.indexed result.Variants do
                  match AblationResult.runsOf variant result |> List.collect _.Confidences with
                  | [] -> ()
                  | values ->
                      let counts = values |> List.countBy (fun value -> min (bins - 1) (int (value * float bins))) |> Map.ofList
                      variant, index, values.Length, [ for bin in 0 .. bins - 1 -> counts |> Map.tryFind bin |> Option.defaultValue 0 ] ]

        let share total count = rounded (100.0 * float count / float total)
        let highest = [ for _, _, total, counts in taught -> share total (List.max counts) ] |> List.fold max 0.0

        let histogram (_, index, total, counts) =
            Chart.Column(
                Keys = [ for bin in 0 .. bins - 1 -> rounded ((float bin + 0.5) / float bins) ],
                values = [ for count in counts -> share total count ],
                Width = 1.0 / float bins,
                MultiText = [ for count in counts -> $"{count} labels" ],
                TextPosition = StyleParam.TextPosition.None
            )
            |> Chart.withMarker (ChartStyle.bars index)
            |> Chart.withXAxisStyle (MinMax = (0.0, 1.0))
            |> Chart.withYAxisStyle (MinMax = (0.0, 1.05 * highest))

        match taught with
        | [] -> None
        | _ ->
            let titles = [ for variant, _, total, _ in taught -> ChartStyle.label $"{variant} ({total})" ]
            let titleHeight = titles |> List.map (fun title -> 16 * title.Split("<br>").Length) |> List.max
            let gap = titleHeight + 8
            let panel = max 60 (ChartStyle.plotHeight / taught.Length - gap)

            taught
            |> List.map histogram
            |> Chart.Grid(
                taught.Length,
                1,
                SubPlotTitles = titles,
                SubPlotTitleFont = Font.init (Size = 12.0),
                YGap = float gap / float (panel + gap),
                Pattern = StyleParam.LayoutGridPattern.Coupled
            )
            |> ChartStyle.titledFromZero "Confidence of pseudo-labels (how many), share in %" "confidence" ""
            |> ChartStyle.apply (taught.Length * (panel + gap) - gap + titleHeight) []
            |> ChartStyle.lowered titleHeight
            |> Some

    // The variants that are like the base in all keys but two, with their values of these.
    let private plane (first: string) (second: string) (result: AblationResult) =
        let swept = RecipeDifferences.swept result
        let trained = result.Variants |> List.filter (fun variant -> not (AblationResult.runsOf variant result).IsEmpty)

        let valueOf key index =
            match swept |> List.tryFind (fst >> (=) key) with
            | Some(_, values) when values[index] = "null" -> "none"
            | Some(_, values) -> values[index].Trim '"'
            | None -> "–"

        match List.tryFindIndex ((=) result.Base) trained with
        | None -> []
        | Some basis ->
            [ for index, variant in List.indexed trained do
                  if swept |> List.forall (fun (key, values) -> key = first || key = second || values[index] = values[basis]) then
                      (valueOf first index, valueOf second index), variant ]

    /// The first two keys of the recipes, with two values or more each, of whose values every pair has exactly one variant that is like
    /// the base in all other keys.
    let sweptKeys (result: AblationResult) =
        let isGrid (first, second) =
            let cells = plane first second result |> List.map fst
            let columns, rows = List.distinct (List.map fst cells), List.distinct (List.map snd cells)
            columns.Length > 1 && rows.Length > 1 && cells = List.distinct cells && cells.Length = columns.Length * rows.Length

        let keys = RecipeDifferences.swept result |> List.map fst
        [ for i, first in List.indexed keys do for second in List.skip (i + 1) keys -> first, second ] |> List.tryFind isGrid

    /// A metric over two swept keys of the recipe, a mean over seeds, as a heat map with the numbers in its cells; of the variants that
    /// are like the base in all other keys. None when there is no run.
    let heatMap metric xKey yKey (result: AblationResult) =
        let cells =
            [ for at, variant in plane xKey yKey result do
                  match AblationResult.values metric variant result with
                  | [] -> ()
                  | values -> at, List.average values ]
            |> dict

        match cells.Count with
        | 0 -> None
        | _ ->
            let columns = cells.Keys |> Seq.map fst |> Seq.distinct |> List.ofSeq
            let rows = cells.Keys |> Seq.map snd |> Seq.distinct |> List.ofSeq
            let at row column = match cells.TryGetValue((column, row)) with | true, value -> value | _ -> nan
            let last (key: string) = key.Substring(key.LastIndexOf '.' + 1)
            Chart.Heatmap(
                zData = [ for row in rows -> [ for column in columns -> rounded (at row column) ] ],
                X = columns,
                Y = rows,
                ColorScale = StyleParam.Colorscale.Viridis
            )
            |> GenericChart.mapTrace (Trace2DStyle.Heatmap(TextTemplate = "%{z:.1f}"))
            |> ChartStyle.titledFromZero $"{metric}, {over result.Seeds.Length}" (last xKey) (last yKey)
            |> Chart.withXAxisStyle (AxisType = StyleParam.AxisType.Category)
            |> Chart.withYAxisStyle (AxisType = StyleParam.AxisType.Category)
            |> ChartStyle.apply ChartStyle.plotHeight []
            |> Some

    /// Final metrics as bars with the standard deviation over seeds.
    let bars (result: AblationResult) =
        let summaries = AblationResult.summaries result

        let measured =
            [ for index, summary in List.indexed summaries do
                  match summary.Metrics |> List.filter (fun (_, spread) -> spread.Count > 0) with
                  | [] -> ()
                  | metrics -> ChartStyle.label summary.Variant, index, metrics ]

        let columns (label, index, metrics: (string * Spread) list) =
            let chart =
                Chart.Column(
                    Keys = List.map fst metrics,
                    values = [ for _, spread in metrics -> rounded spread.Mean ],
                    Name = label
                )
                |> Chart.withMarker (ChartStyle.bars index)
                |> Chart.withTraceInfo (LegendGroup = label)

            if result.Seeds.Length > 1 then
                let reach = [ for _, spread in metrics -> if Double.IsFinite spread.Deviation then rounded spread.Deviation else 0.0 ]
                chart |> Chart.withYErrorStyle (Array = reach, Thickness = 1.0, Width = 2.0)
            else
                chart

        match measured with
        | [] -> None
        | _ ->
            measured
            |> List.map columns
            |> Chart.combine
            |> ChartStyle.titledFromZero $"Final metrics, {over result.Seeds.Length}" "" "AP, %"
            |> ChartStyle.apply ChartStyle.plotHeight [ for label, _, _ in measured -> label ]
            |> Some
