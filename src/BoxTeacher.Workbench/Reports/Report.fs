namespace BoxTeacher.Workbench

open System
open System.Globalization
open System.IO
open BoxTeacher.Files

/// An ablation's report as one HTML page.
[<RequireQualifiedAccess>]
module internal ReportPage =

    let private escape = BoxTeacher.Properties.Html.escape

    let private style =
        """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --soft: #57606a; --rule: #d8dee4; --panel: #f6f8fa; --accent: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #12151a; --ink: #e6e9ee; --soft: #9aa4b0; --rule: #2f363f; --panel: #1a1f26; --accent: #56b4e9; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1240px; padding: 2.2rem 1.6rem 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: 0 0 .3rem; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 .8rem; padding-bottom: .3rem; border-bottom: 1px solid var(--rule); }
p, li { max-width: 78ch; }
.meta { color: var(--soft); margin: 0; max-width: none; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 1.4rem; }
figure { margin: 0; }
.variants { columns: 24rem; list-style: none; padding: 0; margin: 0 0 1rem; font-size: .87rem; }
.variants li { break-inside: avoid; max-width: none; padding: .1rem 0; }
.variants button { all: unset; cursor: pointer; padding-left: 44px; text-indent: -44px; } .variants svg { vertical-align: -.15em; margin-right: 4px; }
.variants button:focus-visible { outline: 2px solid var(--accent); } .variants button[aria-pressed="false"] { opacity: .4; }
.chart { min-width: 0; }
.chart .main-svg { background: none !important; }
.chart rect.bg { fill: none !important; }
.chart :is(.gtitle, [class$="title"], [class$="tick"] text, .legendtext, .annotation-text, .cbaxis text) { fill: var(--ink) !important; }
.chart .gridlayer path { stroke: var(--rule) !important; }
.chart :is(.xlines-above, .ylines-above) { stroke: var(--soft) !important; }
.chart path.yerror { stroke: var(--ink) !important; }
.chart .modebar-group { background: none !important; } .chart .modebar-btn path { fill: var(--soft) !important; }
@media print {
  body { font-size: 12px; padding: 0; } h2 { break-after: avoid; } .charts { display: block; } .chart, figure, tr { break-inside: avoid; }
  .modebar-container { display: none; } section > div { overflow: visible !important; } th, td { padding: .2em .5em !important; } th, td[style*="left"] { white-space: normal !important; }
}
.gallery { display: grid; grid-template-columns: repeat(var(--columns), minmax(110px, 320px)); gap: .45rem; overflow-x: auto; align-items: start; }
.gallery .head { font-size: .85rem; font-weight: 600; color: var(--soft); position: sticky; top: 0; background: var(--paper); padding: .3rem 0; }
.gallery svg { width: 100%; height: auto; display: block; border-radius: 4px; background: var(--panel); }
details { margin: .7rem 0; } summary { cursor: pointer; color: var(--accent); }
pre, code { font: 13px/1.5 ui-monospace, "Cascadia Code", "DejaVu Sans Mono", monospace; }
pre { background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: .8rem 1rem; overflow: auto; max-height: 30rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.2rem; margin: 0; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
"""

    /// More variants than this share one legend: below each chart it would be as high as the plot.
    let private namesBelow = 8

    let private legend variants =
        let entry index variant =
            $"""<li><button type="button" aria-pressed="true" data-group="{escape (ChartStyle.label variant)}">{ChartStyle.swatch index} {escape variant}</button></li>"""

        "<ul class=\"variants\">\n" + String.Join("\n", List.mapi entry variants) + "\n</ul>\n"

    // A click on a name hides the variant's curves and bars, or shows them again.
    let private toggling =
        """
for (const button of document.querySelectorAll(".variants button")) {
  button.onclick = () => {
    const isShown = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", isShown);
    for (const chart of document.querySelectorAll(".chart")) {
      const traces = chart.data.flatMap((trace, index) => trace.legendgroup === button.dataset.group ? [index] : []);
      if (traces.length > 0) Plotly.restyle(chart, { visible: isShown }, traces);
    }
  };
}
"""

    /// A titled part of a page; nothing without a body.
    let section title body =
        if body = "" then "" else $"<section>\n<h2>{escape title}</h2>\n{body}\n</section>\n"

    /// Charts side by side, under something that they share; nothing without charts.
    let charts (head: string) (charts: Plotly.NET.GenericChart list) =
        if List.isEmpty charts then
            ""
        else
            String.concat
                ""
                [ "<noscript><p>The curves are drawn by a script, and scripts are off.</p></noscript>\n"
                  head
                  PlotlyScript.element ()
                  "<div class=\"charts\">\n"
                  yield! List.map ChartHtml.fragment charts
                  "</div>\n" ]

    /// A page of sections under a title and a line of what it is about.
    let page (title: string) meta sections =
        $"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape title}</title>
<style>{style}</style>
</head>
<body>
<h1>{escape title}</h1>
<p class="meta">{meta}</p>
{sections}
</body>
</html>
"""

    let private runTable (result: AblationResult) =
        let columns =
            [ Column.text "variant" (fun (run: RunResult) -> run.Run.Variant)
              Column.count "seed" (fun run -> run.Run.Seed)
              for metric in result.Metrics do
                  Column.number metric 1 Better.Neither (fun run -> run.Metric metric)
              Column.count "iterations" (fun run -> int64 run.Run.Iterations)
              Column.duration "time" (fun run -> TimeSpan.FromSeconds run.Seconds)
              Column.text "fingerprint" (fun run -> run.Run.Key) ]

        Table.toHtml (Table.ofRows "" columns [ for variant in result.Variants do yield! AblationResult.runsOf variant result ])

    let private recipes (result: AblationResult) =
        let differences = RecipeDifferences.table result

        let differences =
            if differences.Rows.IsEmpty then "<p>The recipes are the same.</p>" else Table.toHtml differences

        let bodies =
            [ for variant in result.Variants do
                  match AblationResult.runsOf variant result with
                  | run :: _ -> $"<details><summary>Recipe of {escape variant}</summary><pre>{escape (Json.toIndentedText (Json.parse run.Run.Recipe))}</pre></details>"
                  | [] -> () ]

        String.Join("\n", differences :: bodies)

    let private provenance (result: AblationResult) =
        let p = result.Provenance
        let finished = p.Finished.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)

        let threads = match p.Threads with 0 -> "" | 1 -> ", one thread each" | threads -> $", {threads} threads each"

        let items =
            [ "command", $"<code>{escape p.Command}</code>"
              "code", escape p.Code
              "machine", escape p.Machine
              "finished", $"{finished}, after {CellText.Duration(TimeSpan.FromSeconds p.WallSeconds)} with {p.Degree} runs side by side{threads}" ]

        "<dl>" + String.Concat [ for name, value in items -> $"<dt>{name}</dt><dd>{value}</dd>" ] + "</dl>"

    /// With more variants than these there are no confusion matrices.
    let private matricesShown = 6

    /// The page.
    let html (result: AblationResult) =
        let seeds, runs = CellText.Counted result.Seeds.Length "seed", CellText.Counted result.Runs.Length "run"
        let verdicts = AblationResult.verdicts result |> List.map (fun text -> $"<li>{escape text}</li>") |> String.concat ""

        let ofRuns (value: RunResult -> _ option) =
            [ for variant in result.Variants -> variant, AblationResult.runsOf variant result |> List.choose value ]

        let details = ofRuns _.Details

        let ofVariants =
            [ AblationCharts.learningCurves result.Metrics.Head result
              AblationCharts.lossCurves "loss" result
              AblationCharts.bars result
              yield! result.Metrics |> List.tail |> List.truncate 1 |> List.map (fun metric -> AblationCharts.learningCurves metric result)
              AblationCharts.precisionRecall 0.5 result
              AblationCharts.precisionRecall 0.75 result
              EvaluationCharts.errors details
              EvaluationCharts.sizes details
              EvaluationCharts.categories details
              EvaluationCharts.reliability details
              EvaluationCharts.confidenceReliability (ofRuns _.ConfidenceReliability) ]
            |> List.choose id

        let others =
            [ AblationCharts.sweptKeys result |> Option.bind (fun (x, y) -> AblationCharts.heatMap result.Metrics.Head x y result)
              AblationCharts.confidences result
              // One picture a variant; many of them nobody compares.
              if result.Variants.Length <= matricesShown then
                  for variant, found in details do
                      EvaluationCharts.confusion variant found ]
            |> List.choose id

        let isShared = result.Variants.Length > namesBelow
        let ofVariants = if isShared then List.map ChartStyle.withoutLegend ofVariants else ofVariants

        let curves =
            match charts (if isShared then legend result.Variants else "") (ofVariants @ others) with
            | "" -> ""
            | drawn -> drawn + (if isShared then $"<script>{toggling}</script>\n" else "")

        let gallery = GalleryPage.html result
        let pseudo = GalleryPage.pseudoLabels result

        let pseudoNote =
            if pseudo = "" then
                ""
            else
                "<p>What each teacher labels in these images at the end of training, with its confidence (first seed).</p>\n"

        let galleryNote =
            if gallery = "" then
                ""
            else
                $"<p>Validation images, what is truly there, and what each variant finds (its first seed; at most {GalleryPage.objectsShown} objects with a score of %g{GalleryPage.scoreShown} or more, of several in one place the surest). An object keeps its color from picture to picture; gray ones overlap no true object by half.</p>\n"

        page
            result.Question
            $"{escape result.Data} · {seeds} · {runs}"
            $"""<section>
<h2>Result</h2>
{Table.toHtml { AblationResult.table result with Caption = "" }}
<ul>{verdicts}</ul>
</section>
{section "Curves" curves}{section "Pictures" (galleryNote + gallery)}{section "Pseudo-labels" (pseudoNote + pseudo)}{section "What differs" (recipes result)}{section "Every run" (runTable result)}{section "How it was made" (provenance result)}"""

/// The files a report consists of.
type ReportFiles =
    { /// The page; self-contained.
      Page: string
      /// Every number, and what the page is made again from.
      Results: string }

/// Reports of ablations: one page that needs no network, and one JSON file with every number.
[<RequireQualifiedAccess>]
module Report =

    /// The report as a page that needs nothing from elsewhere. Raises ArgumentException when there is no finished run.
    let toHtml (result: AblationResult) =
        if result.Runs.IsEmpty then
            invalidArg (nameof result) "there is no finished run to report"

        ReportPage.html result

    let private writePage folder result =
        let page = Path.Combine(folder, "report.html")
        AtomicFile.WriteText(page, toHtml result)
        page

    /// Writes report.html, results.json and the table as table.md, table.tex and table.csv into a folder, each whole or not at all.
    let write (folder: string) (result: AblationResult) =
        let results = Path.Combine(folder, "results.json")
        let table = AblationResult.table result
        AtomicFile.WriteText(results, Json.ofNode (ResultJson.ofResult result))
        AtomicFile.WriteText(Path.Combine(folder, "table.md"), Table.toMarkdown table)
        AtomicFile.WriteText(Path.Combine(folder, "table.tex"), Table.toLatex table)
        AtomicFile.WriteText(Path.Combine(folder, "table.csv"), Table.toCsv table)
        { Page = writePage folder result; Results = results }

    /// Makes report.html again from a results file, beside it. Raises InvalidDataException naming the file and what is wrong in it.
    let rebuild (resultsFile: string) =
        let folder = Path.GetDirectoryName(Path.GetFullPath resultsFile) |> Option.ofObj |> Option.defaultValue "."
        { Page = writePage folder (ResultJson.read resultsFile); Results = resultsFile }
