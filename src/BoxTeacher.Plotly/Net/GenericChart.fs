namespace Plotly.NET

open System
open System.Net
open System.Security.Cryptography
open System.Text
open BoxTeacher.Charts

/// One trace: a kind of plotly's ("scatter", "bar", ...) and its attributes.
type Trace internal (json: JsonValue) =
    member internal _.Json = json

    /// plotly's name of the kind.
    member _.``type`` = Json.tryText "type" json |> Option.defaultValue "scatter"

/// The layout: title, size, axes, legend, shapes, annotations.
type Layout internal (json: JsonValue) =
    member internal _.Json = json

/// What the interactive picture offers: mode bar, responsiveness.
type Config internal (json: JsonValue) =
    member internal _.Json = json

/// How a chart is put into a page.
type DisplayOptions internal () = class end

/// A chart: one or several traces with their layout.
[<TypeFormatterSource(typeof<HtmlFormatterSource>)>]
type GenericChart =
    | Chart of Trace * Layout * Config * DisplayOptions
    | MultiChart of Trace list * Layout * Config * DisplayOptions

    /// The traces in drawing order.
    static member getTraces(gChart: GenericChart) =
        match gChart with
        | Chart(trace, _, _, _) -> [ trace ]
        | MultiChart(traces, _, _, _) -> traces

    /// The layout.
    static member getLayout(gChart: GenericChart) =
        match gChart with
        | Chart(_, layout, _, _)
        | MultiChart(_, layout, _, _) -> layout

    /// The configuration.
    static member getConfig(gChart: GenericChart) =
        match gChart with
        | Chart(_, _, config, _)
        | MultiChart(_, _, config, _) -> config

    /// The chart with another layout.
    static member setLayout (layout: Layout) (gChart: GenericChart) =
        match gChart with
        | Chart(trace, _, c, d) -> Chart(trace, layout, c, d)
        | MultiChart(traces, _, c, d) -> MultiChart(traces, layout, c, d)

    /// The chart with another configuration.
    static member setConfig (config: Config) (gChart: GenericChart) =
        match gChart with
        | Chart(trace, l, _, d) -> Chart(trace, l, config, d)
        | MultiChart(traces, l, _, d) -> MultiChart(traces, l, config, d)

    /// The chart with each trace changed.
    static member mapTrace (f: Trace -> Trace) (gChart: GenericChart) =
        match gChart with
        | Chart(trace, l, c, d) -> Chart(f trace, l, c, d)
        | MultiChart(traces, l, c, d) -> MultiChart(List.map f traces, l, c, d)

    /// One chart with the traces of all, over one pair of axes. Layouts are merged, the later winning;
    /// annotations, shapes and images are kept from all. Raises ArgumentException when there is no chart.
    static member combine(gCharts: seq<GenericChart>) =
        let mergeLayouts (first: JsonValue) (second: JsonValue) =
            (Json.merge first second, [ "annotations"; "shapes"; "images" ])
            ||> List.fold (fun merged name ->
                match Json.items name first, Json.items name second with
                | [||], _
                | _, [||] -> merged
                | a, b -> Json.withMember name (JsonValue.Array(Array.append a b)) merged)

        gCharts
        |> Seq.reduce (fun first second ->
            MultiChart(
                GenericChart.getTraces first @ GenericChart.getTraces second,
                Layout(mergeLayouts (GenericChart.getLayout first).Json (GenericChart.getLayout second).Json),
                Config(Json.merge (GenericChart.getConfig first).Json (GenericChart.getConfig second).Json),
                DisplayOptions()
            ))

    static member private FigureJson(gChart: GenericChart) =
        JsonValue.Object
            [ "data", JsonValue.Array [| for trace in GenericChart.getTraces gChart -> trace.Json |]
              "layout", (GenericChart.getLayout gChart).Json
              "frames", JsonValue.Array [||] ]

    /// The figure as plotly JSON: data, layout, frames.
    static member toFigureJson(gChart: GenericChart) = Json.toText (GenericChart.FigureJson gChart)

    /// The chart as plotly JSON: data, layout, config.
    static member toJson(gChart: GenericChart) =
        Json.toText (
            JsonValue.Object
                [ "data", JsonValue.Array [| for trace in GenericChart.getTraces gChart -> trace.Json |]
                  "layout", (GenericChart.getLayout gChart).Json
                  "config", (GenericChart.getConfig gChart).Json ]
        )

    /// The chart as an HTML fragment: a static picture, which a script replaces by the interactive chart where plotly.js is
    /// at hand (already on the page, or served by the notebook server beside the kernel). Nothing is loaded from elsewhere.
    static member toChartHTML(gChart: GenericChart) =
        let json = GenericChart.toFigureJson gChart
        let picture = Svg.ofFigure Palette.Light json
        // The same chart shown twice gets two ids.
        let id = "chart-" + Guid.NewGuid().ToString "N"
        let config = Json.toText (GenericChart.getConfig gChart).Json
        let layout = (GenericChart.getLayout gChart).Json
        let isAcross = Json.tryText "legend.orientation" layout = Some "h"
        let top = (if (Json.tryText "title.text" layout).IsSome then 60 else 36) + (if isAcross then 24 else 0)
        let legend = if isAcross then "{x: 0, y: 1, yanchor: 'bottom'}" else "{}"

        // By itself plotly.js leaves 100 pixels above and 80 below, and lays a legend over the title of the x axis. A template
        // gives way to what the figure says, and has the picture's arrangement.
        let template =
            $$"""{ layout: {
      font: { family: "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif" },
      margin: { l: 60, r: 24, t: {{top}}, b: 50 },
      title: { x: 0, xref: "paper", xanchor: "left", y: 1, yanchor: "top", pad: { t: 16 } },
      legend: {{legend}}, xaxis: { automargin: true }, yaxis: { automargin: true } } }"""

        $"""<div id="{id}"><img alt="chart" src="{Svg.toDataUri picture}"/></div>
<script type="text/javascript">
(function () {{
  var figure = {json}, config = {config};
  function draw() {{
    var place = document.getElementById("{id}");
    if (!place || !window.Plotly) return;
    var picture = place.firstChild;
    place.textContent = "";
    figure.layout.template = figure.layout.template || {template};
    try {{ window.Plotly.newPlot(place, figure.data, figure.layout, config); }} catch (problem) {{ place.replaceChildren(picture); }}
  }}
  if (window.Plotly) return draw();
  var lab = document.getElementById("jupyter-config-data");
  var base = document.body.getAttribute("data-base-url") || (lab && JSON.parse(lab.textContent).baseUrl);
  if (!base) return;
  // All charts of a page wait for one script; it must not find the page's module loader, which would keep it to itself.
  window.boxteacherPlotly = window.boxteacherPlotly || new Promise(function (ready) {{
    var define = window.define, script = document.createElement("script");
    window.define = undefined;
    script.onload = function () {{ window.define = define; ready(); }};
    script.onerror = function () {{ window.define = define; }};
    script.src = base + "kernelspecs/boxteacher-fsharp/plotly-cartesian.min.js";
    document.head.appendChild(script);
  }});
  window.boxteacherPlotly.then(draw);
}})();
</script>"""

    /// The chart as a whole HTML page that needs no network.
    static member toEmbeddedHTML(gChart: GenericChart) =
        let title = Json.tryText "title.text" (GenericChart.getLayout gChart).Json |> Option.defaultValue "chart"

        $"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{WebUtility.HtmlEncode title}</title></head>\n<body>\n{GenericChart.toChartHTML gChart}\n</body></html>\n"

    interface IHtml with
        member this.ToHtml() = GenericChart.toChartHTML this

/// Making charts and changing their layout, inside the subset.
module internal Compose =

    let empty = JsonValue.Object []

    let trace kind (members: (string * JsonValue option) list) =
        Trace(Build.object (("type", Some(JsonValue.Text kind)) :: members))

    let chart (trace: Trace) = GenericChart.Chart(trace, Layout empty, Config empty, DisplayOptions())

    let chartWithLayout (trace: Trace) layout = GenericChart.Chart(trace, Layout layout, Config empty, DisplayOptions())

    let mergeLayout (members: (string * JsonValue option) list) gChart =
        let layout = (GenericChart.getLayout gChart).Json
        GenericChart.setLayout (Layout(Json.merge layout (Build.object members))) gChart

    let mergeTraces (members: (string * JsonValue option) list) gChart =
        gChart |> GenericChart.mapTrace (fun trace -> Trace(Json.merge trace.Json (Build.object members)))

    let append name (items: JsonValue list) gChart =
        let layout = (GenericChart.getLayout gChart).Json
        let all = Array.append (Json.items name layout) (Array.ofList items)
        GenericChart.setLayout (Layout(Json.withMember name (JsonValue.Array all) layout)) gChart
