module BoxTeacher.Workbench.Tests.ReportTests

open System
open System.IO
open System.Text.RegularExpressions
open Xunit
open BoxTeacher.Structures
open BoxTeacher.Workbench
open BoxTeacher.Workbench.Tests.Chromium
open BoxTeacher.Workbench.Tests.MatrixTests

let private result =
    let runs =
        [ for variant, ap in [ "BoxInst", 20.0; "on <b>", 22.0 ] do
              for seed in 1L .. 3L -> resultOf (plan variant seed) (ap + float seed + (if variant = "BoxInst" then 0.0 else 0.1 * float seed)) ]

    { Question = "Does it </title> help & why?"
      Data = "two pictures"
      Variants = [ "BoxInst"; "on <b>" ]
      Base = "BoxInst"
      Seeds = [ 1L; 2L; 3L ]
      Metrics = [ "mask AP"; "mask AP50" ]
      Categories = [ "disc"; "ring" ]
      Runs = runs
      Gallery =
        [ { Id = 7L
            Height = 4
            Width = 5
            File = Overlay.toPng (Image(4, 5))
            MimeType = "image/png"
            Truth = [ { List.head (snd runs.Head.Found.Head) with Score = 1.0 } ] } ]
      Provenance =
        { Command = "dotnet fsi experiments/x.fsx --seeds 3"
          Finished = DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)
          Code = "0.1.0"
          Machine = "a machine"
          Degree = 2
          Threads = 3
          WallSeconds = 61.0 } }

let private saved result = (Report.write (temporaryFolder ()) result).Page

[<Fact>]
let ``results come back from their JSON`` () =
    let back = ResultJson.toResult (Json.parse (Json.ofNode (ResultJson.ofResult result)))
    // Masks are equal as their runs are.
    let texts runs = [ for run in runs -> Json.ofNode (RunJson.ofResult run) ]
    Assert.Equal<string list>(texts result.Runs, texts back.Runs)
    Assert.Equal<byte array>(result.Gallery.Head.File, back.Gallery.Head.File)
    Assert.Equal({ result with Runs = []; Gallery = [] }, { back with Runs = []; Gallery = [] })

[<Fact>]
let ``the report is made again from the results alone, byte for byte`` () =
    let folder = temporaryFolder ()
    let files = Report.write folder result
    let page = File.ReadAllText files.Page
    File.Delete files.Page
    Report.rebuild files.Results |> ignore
    Assert.Equal(page, File.ReadAllText files.Page)

/// The page without the text of plotly.js.
let private withoutScript (page: string) = page.Replace(PlotlyScript.element (), "")

[<Fact>]
let ``the page has plotly.js once and loads nothing`` () =
    let page = Report.toHtml result
    Assert.Equal(2, page.Split(PlotlyScript.element ()).Length)
    // Whatever a browser would fetch: sources, links, styles, imports, frames. Data URIs and fragments stay on the page.
    let references = Regex.Matches(withoutScript page, """(?:src|href|action|data|poster)\s*=\s*"([^"]*)"|url\(([^)]*)\)|@import|https?://""")

    for reference in references do
        let target = reference.Groups[1].Value + reference.Groups[2].Value
        Assert.True(target.StartsWith "data:" || target.StartsWith '#', reference.Value)

    Assert.NotEmpty references

[<ChromiumFact>]
let ``the page draws all its charts in a browser and asks for nothing`` () =
    let visit = visit<int> 1400 (Uri(saved result).AbsoluteUri) "document.readyState === 'complete'" "document.querySelectorAll('.chart.js-plotly-plot').length"
    Assert.Equal(5, visit.Value)
    Assert.Empty visit.Requests
    Assert.Empty visit.Errors

[<Fact>]
let ``the page escapes what people named`` () =
    let page = withoutScript (Report.toHtml result)
    Assert.DoesNotContain("<b>", page)
    Assert.Contains("Does it &lt;/title&gt; help &amp; why?", page)

[<Fact>]
let ``the page shows table, curves, masks and recipes`` () =
    let page = Report.toHtml result
    // Curves of mask AP and of the loss, the bars, precision over recall at 0.5, and confidences; nobody measured AP50 on the way.
    Assert.Equal(5, Regex.Count(page, "class=\"chart\""))
    Assert.Contains("href=\"#image-7\"", page)
    Assert.Contains("ring 0.75", page)
    Assert.Contains("dotnet fsi experiments/x.fsx --seeds 3", page)
    Assert.Contains("24.2 &#177; 1.1", page)

/// The same result with so many variants.
let private ofVariants count =
    let names = [ for index in 1..count -> $"number {index} of <{count}>" ]

    { result with
        Variants = names
        Base = names.Head
        Runs = [ for name in names do for seed in result.Seeds -> resultOf (plan name seed) 20.0 ] }

[<Fact>]
let ``up to eight variants stand in each chart's legend, and more share one`` () =
    let shared count = Regex.Count(withoutScript (Report.toHtml (ofVariants count)), "data-group=")
    Assert.Equal(0, shared 8)
    Assert.Equal(9, shared 9)

[<ChromiumFact>]
let ``a click on a name of the shared legend hides the variant in every chart, and another one shows it`` () =
    let hidden = "[...document.querySelectorAll('.chart')].map(c => c.data.filter(t => t.visible === false).length)"
    let click = "document.querySelector('.variants button').click()"
    let visit = visit<int array array> 1400 (Uri(saved (ofVariants 20)).AbsoluteUri) "document.readyState === 'complete'" $"[{hidden}, {click} || {hidden}, {click} || {hidden}]"
    // Mask AP and the loss, without bands since the seeds are alike, the bars, precision over recall; histograms have names of their own.
    Assert.Equal<int array array>([| [| 0; 0; 0; 0; 0 |]; [| 1; 1; 1; 1; 0 |]; [| 0; 0; 0; 0; 0 |] |], visit.Value)

[<Fact>]
let ``summaries pair by seed`` () =
    let d = AblationResult.difference "mask AP" "on <b>" result
    // Differences 2.1, 2.2, 2.3.
    Assert.Equal(2.2, d.Mean, 9)
    Assert.Equal(2.2 - 4.30265 * 0.1 / sqrt 3.0, d.Low, 4)
    Assert.True d.IsClear

    // A seed that is missing on one side has no pair.
    let less = { result with Runs = result.Runs |> List.filter (fun r -> not (r.Run.Variant = "BoxInst" && r.Run.Seed = 2L)) }
    Assert.Equal(2, (AblationResult.difference "mask AP" "on <b>" less).Count)
    Assert.Contains("1 of 6 runs are missing.", (AblationResult.table less).Notes)

[<Fact>]
let ``verdicts say no more than the numbers`` () =
    Assert.Contains("leaves zero out", AblationResult.verdicts result |> List.exactlyOne)
    let one = { result with Seeds = [ 1L ] }
    Assert.Contains("says nothing about chance", AblationResult.verdicts one |> List.exactlyOne)

    let noisy =
        { result with
            Runs = result.Runs |> List.mapi (fun i r -> { r with Metrics = [ "mask AP", (if i % 2 = 0 then 10.0 else 30.0) ] }) }

    Assert.Contains("do not tell from chance", AblationResult.verdicts noisy |> List.exactlyOne)
    let boxes = { result with Runs = [ for r in result.Runs -> if r.Run.Variant = "BoxInst" then r else { r with Metrics = [ "box AP", 20.0 ] } ] }
    Assert.Contains("has no mask AP.", AblationResult.verdicts boxes |> List.exactlyOne)
    let level = { result with Runs = [ for run in result.Runs -> { run with Metrics = [ "mask AP", 20.0 ] } ] }
    Assert.Contains("is level with BoxInst in mask AP", AblationResult.verdicts level |> List.exactlyOne)
    Assert.Contains("ended level with BoxInst", AblationResult.verdicts { level with Seeds = [ 1L ] } |> List.exactlyOne)

[<Fact>]
let ``bands are over the iterations that all curves share`` () =
    let curve points = { Name = "c"; Points = points }
    let band = AblationCharts.band [ curve [ 1, 1.0; 2, 2.0; 3, 9.0 ]; curve [ 1, 3.0; 2, 4.0 ] ]
    Assert.Equal<(int * float) list>([ 1, 2.0; 2, 3.0 ], [ for at, s in band -> at, s.Mean ])
    Assert.Equal(sqrt 2.0, (snd band.Head).Deviation, 9)

[<Fact>]
let ``a thinned curve keeps its mean and its end`` () =
    let thin = AblationCharts.thinned 10 { Name = "c"; Points = [ for i in 1..100 -> i, float i ] }
    Assert.Equal(10, thin.Points.Length)
    Assert.Equal((100, 95.5), List.last thin.Points)

[<Fact>]
let ``recipes differ where they differ`` () =
    let parse = Json.parse
    let rows = RecipeDifferences.between [ parse """{"a": {"b": 1, "c": 2}, "d": [1]}"""; parse """{"a": {"b": 1, "c": 3}, "e": true, "d": [1]}""" ]
    Assert.Equal<(string * string option list) list>([ "a.c", [ Some "2"; Some "3" ]; "e", [ None; Some "true" ] ], rows)
    // Parts by name and source, and what stands in lists value by value.
    let own, staged = parse """{"parts": [{"name": "Momentum", "source": "x.fsx"}], "s": [{"a": 1}]}""", parse """{"s": [{"a": 1}, {"a": 2}]}"""
    Assert.Equal<(string * string option list) list>([ "part Momentum", [ Some "x.fsx"; None ]; "s.1.a", [ None; Some "2" ] ], RecipeDifferences.between [ own; staged ])

[<Fact>]
let ``nothing finished is no report`` () =
    Assert.Throws<ArgumentException>(fun () -> Report.toHtml { result with Runs = [] } |> ignore) |> ignore

[<Fact>]
let ``results that no report can be made of name the file and what is wrong`` () =
    let file = Path.Combine(temporaryFolder (), "results.json")
    let whole = Json.ofNode (ResultJson.ofResult result)

    let refusal (text: string) =
        File.WriteAllText(file, text)
        let error = Assert.Throws<InvalidDataException>(fun () -> Report.rebuild file |> ignore)
        Assert.StartsWith(file, error.Message)
        // What was there is left alone, and nothing is put beside it.
        Assert.Equal(text, File.ReadAllText file)
        Assert.Single(Directory.GetFiles(nonNull (Path.GetDirectoryName file))) |> ignore
        error.Message

    Assert.Contains("'base'", refusal (whole.Replace("\"base\": \"BoxInst\"", "\"base\": \"nobody\"")))
    Assert.Contains("'metrics'", refusal (Regex.Replace(whole, "\"metrics\": \\[[^]]*\\]", "\"metrics\": []")))
    Assert.Contains("curve 'mask AP'", refusal (Regex.Replace(whole, "\"iterations\": \\[[^]]*\\]", "\"iterations\": []")))
    refusal "{" |> ignore
