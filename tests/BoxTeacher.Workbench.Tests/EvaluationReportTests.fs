module BoxTeacher.Workbench.Tests.EvaluationReportTests

open System
open System.Collections.Generic
open System.IO
open System.Text.RegularExpressions
open Xunit
open BoxTeacher.Data
open BoxTeacher.Evaluation
open BoxTeacher.Structures
open BoxTeacher.Workbench
open BoxTeacher.Workbench.Tests.Chromium
open BoxTeacher.Workbench.Tests.MatrixTests

let private square x = Box.FromSize(x, 10.0, 20.0, 20.0)

/// Two pictures with a disc and a ring each; of a third category there is nothing.
let private truth =
    let objects first =
        [| for place in 0..1 ->
               Annotation(first + int64 place, place, square (40.0 * float place), 400.0, false, null) |]

    InstanceDataset(
        "two pictures",
        [| Category(1L, "disc"); Category(2L, "ring"); Category(3L, "star <s>") |],
        [| for id in 1L .. 2L -> ImageRecord(id, $"{id}.png", 100, 100, objects (10L * id)) |]
    )

/// One disc is found, one ring is taken for a disc, one disc is found twice, and the last ring is missed.
let private found =
    [| for image, category, score, x in [ 1L, 0, 0.9, 0.0; 1L, 0, 0.8, 40.0; 2L, 0, 0.7, 0.0; 2L, 0, 0.4, 1.0 ] ->
           DetectionResult(image, category, score, square x, null) |]

let private evaluation = CocoEvaluation.Match(truth, found, IouType.Box)

let private report =
    let slices = [ ImageSlice("first", HashSet [ 1L ]); ImageSlice("second", HashSet [ 2L ]) ]

    { Title = "weights <w>"
      Data = "two pictures"
      Command = "boxteacher evaluate"
      Warnings = [ "masks <m> are missing" ]
      Parts =
        [ EvaluationPart.ofEvaluation evaluation (EvaluationDetails.analyzed evaluation) slices
          |> EvaluationPart.withComparison "runs/base/dt.json" (CocoComparison.Of(evaluation, evaluation))
          EvaluationPart.ofNumbers (Nullable IouType.Mask) [] ] }

let private page = EvaluationReport.toHtml report

[<Fact>]
let ``what could not be measured is a dash in the table and null in JSON`` () =
    let json = Json.parse (EvaluationReport.toJson report)
    Assert.Equal(Text.Json.JsonValueKind.Null, json.GetProperty("segm").ValueKind)
    Assert.True((Json.tryNumber "bbox.AP" json).IsSome)
    Assert.True((Json.tryNumber "bbox.APl" json).IsNone)
    let star = Json.items "bbox.categories" json |> List.last
    Assert.Equal(Some "star <s>", Json.tryText "name" star)
    Assert.True((Json.tryNumber "AP" star).IsNone)
    Assert.Contains(">-</td>", page)

[<Fact>]
let ``JSON has errors, confusions, calibration, slices and comparison`` () =
    let json = Json.parse (EvaluationReport.toJson report)
    Assert.Equal(Some 1.0, Json.tryNumber "bbox.errors.Cls.count" json)
    Assert.Equal(Some 1.0, Json.tryNumber "bbox.errors.Dupe.count" json)
    Assert.Equal(Some 1.0, Json.tryNumber "bbox.errors.Miss.count" json)
    Assert.Contains("[1,0,1]", EvaluationReport.toJson report)
    // 0.9 and 0.7 are right, 0.8 and 0.4 are not.
    Assert.Equal(0.4, (Json.tryNumber "bbox.calibration.ece" json).Value, 9)
    Assert.Equal(Some 0.0, Json.tryNumber "bbox.comparison.AP.high" json)
    Assert.True((Json.tryNumber "bbox.slices.first.AP" json).Value >= 0.0)

[<Fact>]
let ``one part alone stands in JSON with its task`` () =
    let json = Json.parse (EvaluationReport.toJson { report with Parts = [ report.Parts.Head ] })
    Assert.Equal(Some "bbox", Json.tryText "task" json)
    Assert.True((Json.tryNumber "AP" json).IsSome)

[<Fact>]
let ``the page says what was wrong and escapes what people named`` () =
    let page = page.Replace(PlotlyScript.element (), "")
    Assert.Contains("masks &lt;m&gt; are missing", page)
    Assert.Contains("weights &lt;w&gt;", page)
    Assert.DoesNotContain("<s>", page)

[<Fact>]
let ``the page names the baseline and the errors, and says from which score confusions count`` () =
    Assert.Contains("The baseline is runs/base/dt.json.", page)
    Assert.Contains("Difference to dt.json", page)
    Assert.Contains("wrong class", page)
    Assert.Contains("Most frequent confusions, scores from 0.3, bbox", page)

[<Fact>]
let ``without detections there is a dash for the calibration error, and no chart of it`` () =
    let nothing = CocoEvaluation.Match(truth, Array.empty<DetectionResult>, IouType.Box)
    let page = EvaluationReport.toHtml { report with Parts = [ EvaluationPart.ofEvaluation nothing (EvaluationDetails.analyzed nothing) [] ] }
    Assert.Contains("Expected calibration error -, maximum -", page)
    Assert.DoesNotContain("Are scores probabilities?", page)

[<ChromiumFact>]
let ``an evaluation's page draws all its pictures and asks for nothing`` () =
    let file = Path.Combine(temporaryFolder (), "report.html")
    File.WriteAllText(file, page)
    let drawn = "document.querySelectorAll('.chart.js-plotly-plot').length"
    let visit = visit<int> 1400 (Uri(file).AbsoluteUri) "document.readyState === 'complete'" drawn
    // Sizes, categories, errors, reliability, confusion, slices, comparison.
    Assert.Equal(7, visit.Value)
    Assert.Empty visit.Requests
    Assert.Empty visit.Errors

let private withDetails (run: RunResult) =
    { run with
        Details = Some(EvaluationDetails.analyzed evaluation)
        ConfidenceReliability = Some(Calibration.Of [| struct (0.7, 0.8); struct (0.9, 0.6) |]) }

[<Fact>]
let ``a run's details come back from its JSON`` () =
    let run = withDetails (resultOf (plan "a" 1L) 20.0)
    let text = Json.ofNode (RunJson.ofResult run)
    let back = RunJson.toResult (Json.parse text)
    Assert.Equal(text, Json.ofNode (RunJson.ofResult back))
    Assert.Equal(Some IouType.Box, back.Details |> Option.bind _.Type)

[<Fact>]
let ``an ablation's report has each variant's errors, categories and calibration`` () =
    let runs = [ for variant in [ "a"; "b" ] do for seed in 1L .. 2L -> withDetails (resultOf (plan variant seed) 20.0) ]

    let result =
        { Question = "why?"
          Data = "two pictures"
          Variants = [ "a"; "b" ]
          Base = "a"
          Seeds = [ 1L; 2L ]
          Metrics = [ "mask AP" ]
          Categories = [ "disc"; "ring" ]
          Runs = runs
          Gallery = []
          Provenance =
            { Command = "x"
              Finished = DateTimeOffset.UnixEpoch
              Code = "0.1.0"
              Machine = "a machine"
              Degree = 1
              Threads = 1
              WallSeconds = 1.0 } }

    let page = Report.toHtml result

    for title in [ "What errors cost"; "AP by size"; "AP of each category"; "Are scores probabilities?"; "Does confidence foretell"; "Confusion of b" ] do
        Assert.Contains(title, page)

    // Counts are of both seeds.
    Assert.True(Regex.IsMatch(page, "\"text\":\\[\\[\"4\""))
