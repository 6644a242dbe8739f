namespace BoxTeacher.Workbench

open System
open System.IO
open System.Runtime.InteropServices
open BoxTeacher.Evaluation
open BoxTeacher.Files

/// One kind of overlap of an evaluation, with what was asked for beyond its numbers.
type EvaluationPart =
    { Details: EvaluationDetails
      /// Slices of the images: name, number of images, the numbers.
      Slices: (string * int * (string * float) list) list
      /// The comparison with another result, and that one's name.
      Comparison: (string * CocoComparison) option }

/// What `boxteacher evaluate` found: tables for a terminal, JSON, and a page.
type EvaluationReport =
    { /// What was evaluated, such as the weights file.
      Title: string
      /// On what.
      Data: string
      /// The command that makes it again.
      Command: string
      /// What went otherwise than people may think.
      Warnings: string list
      Parts: EvaluationPart list }

/// Parts of evaluations.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module EvaluationPart =

    /// Numbers alone; none where the overlap could not be measured.
    [<CompiledName "OfNumbers">]
    let ofNumbers (kind: Nullable<IouType>) numbers =
        { Details = EvaluationDetails.ofNumbers (Option.ofNullable kind) numbers; Slices = []; Comparison = None }

    /// An evaluation's details with its numbers of slices.
    [<CompiledName "OfEvaluation">]
    let ofEvaluation (evaluation: CocoEvaluation) details (slices: ImageSlice seq) =
        { Details = details
          Slices = [ for slice in slices -> slice.Name, slice.ImageIds.Count, EvaluationDetails.numbers (evaluation.Of slice) ]
          Comparison = None }

    /// The part with its comparison with a baseline of some name.
    [<CompiledName "WithComparison">]
    let withComparison baseline comparison part = { part with Comparison = Some(baseline, comparison) }

/// Shows evaluations.
[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module EvaluationReport =

    let private percent (value: float) = 100.0 * value

    let private name (part: EvaluationPart) = EvaluationDetails.task part.Details

    /// The names of the numbers, of the first part that has any.
    let private rows (report: EvaluationReport) =
        report.Parts |> List.tryPick (fun part -> if part.Details.Numbers.IsEmpty then None else Some(List.map fst part.Details.Numbers))
        |> Option.defaultValue []

    let private title (part: EvaluationPart) text = if name part = "" then text else $"{text}, {name part}"

    let private ofNumbers report =
        Table.ofRows
            ""
            [ Column.text "%" id
              for part in report.Parts do
                  Column.number (name part) 2 Better.Neither (fun key -> percent (EvaluationDetails.valueOf key part.Details.Numbers)) ]
            (rows report)

    /// A table of numbers by name, a row each; None without rows.
    let private named caption (head: string) (rows: (string * (string * float) list) list) =
        match rows with
        | [] -> None
        | (_, first) :: _ ->
            Some(
                Table.ofRows
                    caption
                    [ Column.text head fst
                      for key, _ in first do
                          Column.number key 2 Better.Neither (snd >> EvaluationDetails.valueOf key >> percent) ]
                    rows
            )

    let private ofErrors (part: EvaluationPart) =
        part.Details.Errors
        |> Option.map (fun errors ->
            Table.ofRows
                (title part "What errors cost (TIDE)")
                [ Column.text "error" (fun (kind, _, _) -> kind)
                  ({ Title = "how many"
                     Decimals = 0
                     Better = Better.Neither
                     Value = fun (_, count, _) -> count |> Option.map (int64 >> Cell.Count) |> Option.defaultValue Cell.Missing }
                  : Column<_>)
                  Column.number "dAP50 if fixed" 2 Better.Neither (fun (_, _, gain) -> percent gain) ]
                [ for cost in errors.Costs do EvaluationDetails.errorName cost.Error, Some cost.Count, cost.DeltaAP
                  "false positives", None, errors.FalsePositives
                  "false negatives", None, errors.FalseNegatives ]
            |> Table.withNote
                "The first six are TIDE's Cls, Loc, Both, Dupe, Bkg and Miss. A poor place overlaps its object by 0.1 to 0.5; a duplicate finds one that a surer detection has found.")

    let private ofReliability (part: EvaluationPart) =
        part.Details.Reliability
        |> Option.map (fun calibration ->
            let share (value: float) = if Double.IsFinite value then $"%.3f{value}" else "-"

            Table.ofRows
                (title part "Calibration of scores")
                [ Column.text "score" (fun (bin: CalibrationBin) -> $"%.1f{bin.Low} to %.1f{bin.High}")
                  Column.count "detections" (fun bin -> int64 bin.Count)
                  Column.number "confidence" 3 Better.Neither _.Confidence
                  Column.number "accuracy" 3 Better.Neither _.Accuracy ]
                [ for bin in calibration.Bins do if bin.Count > 0 then bin ]
            |> Table.withNote $"Expected calibration error {share calibration.ExpectedError}, maximum {share calibration.MaximumError}; shares of 1.")

    // More confused pairs than these are for the picture.
    let private pairsShown = 10

    let private ofConfusion (part: EvaluationPart) =
        let names = [| for key, _ in part.Details.Categories do key
                       "background" |]
        let wrong = part.Details.Confusion |> List.filter (fun (truth, detected, _) -> truth <> detected)

        if wrong.IsEmpty then
            None
        else
            Some(
                Table.ofRows
                    (title part $"Most frequent confusions, scores from %g{EvaluationDetails.confusionScore}")
                    [ Column.text "true" (fun (truth, _, _) -> names[truth])
                      Column.text "detected" (fun (_, detected, _) -> names[detected])
                      Column.count "how often" (fun (_, _, count) -> int64 count) ]
                    (wrong |> List.sortByDescending (fun (_, _, count) -> count) |> List.truncate pairsShown)
            )

    let private ofComparison (part: EvaluationPart) =
        part.Comparison
        |> Option.map (fun (baseline, comparison) ->
            Table.ofRows
                (title part "Difference to the baseline")
                [ Column.text "%" (fun (one: MetricDifference) -> one.Name)
                  Column.number "this" 2 Better.Neither (fun one -> percent one.Value)
                  Column.number "baseline" 2 Better.Neither (fun one -> percent one.Baseline)
                  Column.difference "difference" 2 (fun one ->
                      Some
                          { Count = one.Resampled.Count
                            Mean = percent one.Difference
                            Low = percent one.Low
                            High = percent one.High })
                  Column.number "resamples below zero, %" 1 Better.Neither (fun one -> percent one.ShareBelowZero) ]
                comparison.Differences
            |> Table.withNote $"The baseline is {baseline}. In brackets 95 %% intervals of {comparison.Resamples} bootstrap resamples of the images, the same for both.")

    let private tables (report: EvaluationReport) =
        [ ofNumbers report
          for part in report.Parts do
              yield! Option.toList (named (title part "By category") "category" part.Details.Categories)
              yield! Option.toList (ofErrors part)
              yield! Option.toList (ofConfusion part)
              yield! Option.toList (ofReliability part)
              // Precisions, as of categories.
              let slices = [ for name, images, numbers in part.Slices -> $"{name} ({images} images)", List.truncate 6 numbers ]
              yield! Option.toList (named (title part "By slice") "slice" slices)
              yield! Option.toList (ofComparison part) ]

    /// Prints the tables.
    [<CompiledName "Print">]
    let print report = tables report |> List.iter Terminal.print

    let private ofPart (part: EvaluationPart) =
        Json.object
            [ yield! EvaluationDetails.members part.Details
              if not part.Slices.IsEmpty then
                  "slices", Json.object [ for name, _, numbers in part.Slices -> name, EvaluationDetails.ofNamed numbers ]
              match part.Comparison with
              | Some(_, comparison) ->
                  "comparison",
                  Json.object
                      [ for one in comparison.Differences ->
                            one.Name,
                            Json.object
                                [ "value", Json.number one.Value
                                  "baseline", Json.number one.Baseline
                                  "difference", Json.number one.Difference
                                  "low", Json.number one.Low
                                  "high", Json.number one.High
                                  "shareBelowZero", Json.number one.ShareBelowZero ] ]
              | None -> () ]

    /// The results as one JSON object: the numbers of a single part with its "task"; of two {"bbox": {...}, "segm": {...}}, where one that
    /// could not be measured is null.
    [<CompiledName "ToJson">]
    let toJson (report: EvaluationReport) =
        let json (part: EvaluationPart) = if part.Details.Numbers.IsEmpty then null else ofPart part

        match report.Parts with
        | [ part ] ->
            let alone = ofPart part
            if name part <> "" then alone.Insert(0, "task", Json.text (name part))
            alone
        | parts -> Json.object [ for part in parts -> name part, json part ]
        |> _.ToJsonString()

    let private charts (report: EvaluationReport) =
        let parts = [ for part in report.Parts -> name part, [ part.Details ] ]

        [ EvaluationCharts.sizes parts
          EvaluationCharts.categories parts
          EvaluationCharts.errors parts
          EvaluationCharts.reliability parts
          for name, details in parts do
              EvaluationCharts.confusion name details
          EvaluationCharts.slices
              [ for part in report.Parts ->
                    name part, [ for slice, _, numbers in part.Slices -> slice, percent (EvaluationDetails.valueOf "AP" numbers) ] ]
          EvaluationCharts.comparison
              [ for part in report.Parts do
                    for found in Option.toList part.Comparison do
                        name part, found ] ]
        |> List.choose id

    /// The report as a page that needs nothing from elsewhere.
    let toHtml (report: EvaluationReport) =
        let escape = BoxTeacher.Properties.Html.escape

        let warnings =
            match report.Warnings with
            | [] -> ""
            | warnings -> "<ul>" + String.Concat [ for text in warnings -> $"<li>{escape text}</li>" ] + "</ul>\n"

        let shown = tables report |> List.map Table.toHtml

        ReportPage.page
            report.Title
            (escape report.Data)
            (ReportPage.section "Result" (warnings + List.head shown)
             + ReportPage.section "Pictures" (ReportPage.charts "" (charts report))
             + ReportPage.section "In detail" (String.Join("\n", List.tail shown))
             + ReportPage.section "How it was made" $"<dl><dt>command</dt><dd><code>{escape report.Command}</code></dd></dl>")

    /// Writes report.html and evaluation.json into a folder, each whole or not at all.
    [<CompiledName "Write">]
    let write (folder: string) (report: EvaluationReport) =
        let page, results = Path.Combine(folder, "report.html"), Path.Combine(folder, "evaluation.json")
        AtomicFile.WriteText(page, toHtml report)
        AtomicFile.WriteText(results, toJson report)
        { Page = page; Results = results }
