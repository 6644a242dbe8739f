namespace BoxTeacher.Workbench

open System
open Plotly.NET
open BoxTeacher.Evaluation

/// Charts of evaluations. Series are named: the variants of an ablation, or the two kinds of overlap of one evaluation. A list of details
/// under a name is of several seeds, whose means are shown.
[<RequireQualifiedAccess>]
module EvaluationCharts =

    // Four decimals are more than a chart shows, and a third of the bytes.
    let internal rounded (value: float) = Math.Round(value, 4)

    let private percent value = rounded (100.0 * value)

    /// The mean of what could be measured; NaN where nothing could.
    let private mean values =
        match values |> List.filter Double.IsFinite with
        | [] -> nan
        | finite -> List.average finite

    // A series keeps its index, and with it its looks, where another one has nothing to show.
    let private shown (series: (string * 'T list) list) =
        [ for index, (name, details) in List.indexed series do if not details.IsEmpty then ChartStyle.label name, index, details ]

    /// Columns side by side for each key, a color for each series.
    let private columns title xTitle yTitle (series: (string * (string * float) list) list) =
        let measured =
            [ for label, index, bars in shown series do
                  match bars |> List.filter (snd >> Double.IsFinite) with
                  | [] -> ()
                  | bars -> label, index, bars ]

        match measured with
        | [] -> None
        | _ ->
            [ for label, index, bars in measured ->
                  Chart.Column(Keys = [ for key, _ in bars -> ChartStyle.label key ], values = List.map snd bars, Name = label)
                  |> Chart.withMarker (ChartStyle.bars index)
                  |> Chart.withTraceInfo (LegendGroup = label) ]
            |> Chart.combine
            |> ChartStyle.titledFromZero title xTitle yTitle
            |> Chart.withXAxisStyle (AxisType = StyleParam.AxisType.Category)
            |> ChartStyle.apply ChartStyle.plotHeight [ for label, _, _ in measured -> label ]
            |> Some

    /// What each of TIDE's kinds of error costs, in points of AP50; None where nobody asked.
    let errors (series: (string * EvaluationDetails list) list) =
        let costs (details: EvaluationDetails list) =
            let found = details |> List.choose _.Errors

            let cost kind =
                mean [ for errors in found do for cost in errors.Costs do if cost.Error = kind then percent cost.DeltaAP ]

            if found.IsEmpty then
                []
            else
                [ for kind in Enum.GetValues<TideError>() do EvaluationDetails.errorName kind, cost kind
                  "false pos.", mean [ for errors in found -> percent errors.FalsePositives ]
                  "false neg.", mean [ for errors in found -> percent errors.FalseNegatives ] ]

        columns "What errors cost (TIDE)" "" "dAP50 if fixed, points" [ for name, details in series -> name, costs details ]

    /// AP of small, medium and large objects.
    let sizes (series: (string * EvaluationDetails list) list) =
        let bySize (details: EvaluationDetails list) =
            [ for size, name in [ "up to 32²", "APs"; "32² to 96²", "APm"; "from 96² on", "APl" ] ->
                  size, mean [ for one in details -> percent (EvaluationDetails.valueOf name one.Numbers) ] ]

        columns "AP by size" "area of the object, pixels" "AP, %" [ for name, details in series -> name, bySize details ]

    /// AP of each category; None for a single one.
    let categories (series: (string * EvaluationDetails list) list) =
        let names = [ for _, details in series do for one in details do yield! List.map fst one.Categories ] |> List.distinct

        let byCategory (details: EvaluationDetails list) =
            [ for name in names ->
                  let found = details |> List.collect _.Categories |> List.filter (fun (key, _) -> key = name)
                  name, mean [ for _, values in found -> percent (EvaluationDetails.valueOf "AP" values) ] ]

        if names.Length < 2 then
            None
        else
            columns "AP of each category" "" "AP, %" [ for name, details in series -> name, byCategory details ]

    /// One series' true categories over the detected ones, over all seeds: shares of a row as color, counts in the cells.
    let confusion name (details: EvaluationDetails list) =
        let names = [ for one in List.truncate 1 details do yield! List.map fst one.Categories ]

        let counts =
            [ for one in details do if one.Errors.IsSome then yield! one.Confusion ]
            |> List.groupBy (fun (truth, detected, _) -> truth, detected)
            |> List.map (fun (cell, found) -> cell, found |> List.sumBy (fun (_, _, count) -> count))
            |> Map.ofList

        if counts.IsEmpty || names.IsEmpty then
            None
        else
            let all = [ 0 .. names.Length ]
            let at truth detected = counts |> Map.tryFind (truth, detected) |> Option.defaultValue 0
            // The row of background is what was detected where nothing is; nothing on nothing is not counted.
            let share truth detected =
                match List.sumBy (at truth) all with
                | 0 -> nan
                | total -> rounded (100.0 * float (at truth detected) / float total)

            // Of equal names Plotly would make one row.
            let labels = [ for name in names do ChartStyle.label name ] @ [ "background" ]
            let words count = if count = 0 then "" else string count
            let cellText = [ for truth in all -> [ for detected in all -> words (at truth detected) ] ]

            Chart.Heatmap(
                zData = [ for truth in all -> [ for detected in all -> share truth detected ] ],
                X = labels,
                Y = labels,
                // Opaque, so that Plotly sees which ink the numbers need.
                ColorScale = StyleParam.Colorscale.Custom [ 0.0, Color.fromHex "#f3f7fb"; 1.0, ChartStyle.color 1.0 0 ],
                ColorBar = ColorBar.init (Title = Title.init "% of row"),
                ReverseYAxis = true
            )
            |> GenericChart.mapTrace (fun trace ->
                trace.SetProperty("text", cellText)
                trace |> Trace2DStyle.Heatmap(TextTemplate = "%{text}", ZMin = 0.0, ZMax = 100.0))
            |> ChartStyle.titled
                $"Confusion of {name}, scores from %g{EvaluationDetails.confusionScore}"
                "detected (background: missed)"
                "true (background: nothing there)"
            |> Chart.withXAxisStyle (AxisType = StyleParam.AxisType.Category, ShowGrid = false)
            |> Chart.withYAxisStyle (AxisType = StyleParam.AxisType.Category, ShowGrid = false)
            |> ChartStyle.apply (max ChartStyle.plotHeight (22 * all.Length)) []
            |> Some

    // What results are read against: the diagonal, or zero.
    let private beside = Line.init (Color = Color.fromHex "#8c959f", Dash = StyleParam.DrawingStyle.Dot, Width = 1.5)

    /// Bins of several seeds taken together.
    let private together (calibrations: Calibration list) =
        [ for bins in calibrations |> List.map (fun calibration -> List.ofSeq calibration.Bins) |> List.transpose do
              let filled = bins |> List.filter (fun bin -> bin.Count > 0)
              let count = filled |> List.sumBy _.Count
              let weighted value = (filled |> List.sumBy (fun (bin: CalibrationBin) -> float bin.Count * value bin)) / float count
              if count > 0 then count, weighted _.Confidence, weighted _.Accuracy ]

    /// What came out over what the scores said, beside the diagonal of those that say it rightly; None where nobody asked.
    let private reliabilityOf title xTitle yTitle (series: (string * Calibration list) list) =
        let filled = [ for name, calibrations in series -> name, calibrations |> List.filter (fun one -> one.Count > 0) ]

        match shown filled with
        | [] -> None
        | found ->
            let labels =
                [ for label, _, calibrations in found ->
                      $"{label} (ECE %.3f{mean [ for one in calibrations -> one.ExpectedError ]})" ]

            [ Chart.Line(x = [ 0.0; 1.0 ], y = [ 0.0; 1.0 ], ShowLegend = false, Line = beside)
              |> GenericChart.mapTrace (Trace2DStyle.Scatter(HoverInfo = StyleParam.HoverInfo.Skip))
              for label, (name, index, calibrations) in List.zip labels found do
                  let points = together calibrations

                  Chart.Line(
                      x = [ for _, score, _ in points -> rounded score ],
                      y = [ for _, _, outcome in points -> rounded outcome ],
                      MultiText = [ for count, _, _ in points -> $"of {count}" ],
                      Name = label,
                      ShowMarkers = true,
                      Line = ChartStyle.line index,
                      Marker = ChartStyle.points index
                  )
                  |> Chart.withTraceInfo (LegendGroup = name) ]
            |> Chart.combine
            |> ChartStyle.titled title xTitle yTitle
            |> Chart.withXAxisStyle (MinMax = (0.0, 1.0))
            |> Chart.withYAxisStyle (MinMax = (0.0, 1.03))
            // One name needs no legend, but its error stands there.
            |> ChartStyle.apply ChartStyle.plotHeight (if labels.Length = 1 then labels @ [ "" ] else labels)
            |> Some

    /// Whether scores are probabilities of being right at IoU 0.5.
    let reliability (series: (string * EvaluationDetails list) list) =
        reliabilityOf
            "Are scores probabilities?"
            "score, mean of a bin"
            "share that is right at IoU 0.5"
            [ for name, details in series -> name, List.choose _.Reliability details ]

    /// Whether the confidence of pseudo-labels foretells how good they are.
    let confidenceReliability series =
        reliabilityOf "Does confidence foretell the pseudo-label's quality?" "confidence, mean of a bin" "mean IoU with the truth" series

    /// AP of slices of the images; None without slices.
    let slices (series: (string * (string * float) list) list) = columns "AP of slices" "" "AP, %" series

    /// Differences to a baseline of some name in points with their intervals, a line each.
    let comparison (series: (string * (string * CocoComparison)) list) =
        match series with
        | [] -> None
        | (_, (baseline, _)) :: _ ->
            [ for index, (name, (_, comparison)) in List.indexed series ->
                  let differences = List.ofSeq comparison.Differences

                  Chart.Point(
                      x = [ for one in differences -> percent one.Difference ],
                      y = [ for one in differences -> ChartStyle.label $"{one.Name}, {name}" ],
                      Name = ChartStyle.label name,
                      Marker = ChartStyle.points index
                  )
                  |> Chart.withXErrorStyle (
                      Symmetric = false,
                      Array = [ for one in differences -> percent (one.High - one.Difference) ],
                      Arrayminus = [ for one in differences -> percent (one.Difference - one.Low) ],
                      Color = ChartStyle.color 1.0 index,
                      Thickness = 1.5,
                      Width = 5.0
                  ) ]
            |> Chart.combine
            |> ChartStyle.titled $"Difference to {ChartStyle.label (string (IO.Path.GetFileName baseline))}, 95 %% intervals over images" "points" ""
            |> Chart.withShape (
                LayoutObjects.Shape.init (
                    ShapeType = StyleParam.ShapeType.Line,
                    Yref = "paper",
                    X0 = 0.0,
                    X1 = 0.0,
                    Y0 = 0.0,
                    Y1 = 1.0,
                    Line = beside
                )
            )
            // From above, as in the table.
            |> Chart.withYAxis (
                LayoutObjects.LinearAxis.init (AxisType = StyleParam.AxisType.Category, AutoRange = StyleParam.AutoRange.Reversed)
            )
            |> ChartStyle.apply ChartStyle.plotHeight []
            |> Some
