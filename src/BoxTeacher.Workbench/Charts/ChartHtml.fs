namespace BoxTeacher.Workbench

open System
open System.IO
open Plotly.NET

/// plotly.js, which Plotly.NET carries in its assembly: charts need no network.
[<RequireQualifiedAccess>]
module PlotlyScript =

    let private read =
        lazy
            let assembly = typeof<GenericChart>.Assembly
            let isScript (name: string) = name.StartsWith "Plotly.NET.plotly-" && name.EndsWith ".min.js"
            let name = assembly.GetManifestResourceNames() |> Array.find isScript
            use reader = new StreamReader(nonNull (assembly.GetManifestResourceStream name))
            reader.ReadToEnd()

    /// Its text.
    let text () = read.Value

    /// Its text in a script element, which makes it the global Plotly, also on pages that load modules by require.js.
    let element () =
        let text = read.Value.Replace("</script", "<\\/script")
        $"<script>(function (define, require, module, exports) {{{text}\n}}).call(window);</script>\n"

/// Charts as HTML that loads nothing from elsewhere.
[<RequireQualifiedAccess>]
module ChartHtml =

    /// The figure as JSON that may stand in a script element.
    let private json chart = (GenericChart.toFigureJson chart).Replace("<", "\\u003c")

    /// How plotly.js draws a figure, into an element named place. Of its buttons, those remain that a mouse has no other way for.
    let private draw chart =
        $"const figure = {json chart}; Plotly.newPlot(place, figure.data, figure.layout, {{ responsive: true, displaylogo: false, modeBarButtons: [[\"toImage\", \"resetScale2d\"]] }});"

    /// A chart for a page that has plotly.js before it.
    let fragment chart =
        $"<div class=\"chart\"></div><script>{{ const place = document.currentScript.previousElementSibling; {draw chart} }}</script>\n"

    /// A page of charts, with plotly.js in it.
    let page (title: string) (charts: GenericChart seq) =
        let title = BoxTeacher.Properties.Html.escape title

        $"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
{PlotlyScript.element ()}</head>
<body>
{charts |> Seq.map fragment |> String.concat ""}</body>
</html>
"""

    /// A chart in a notebook's output. It is a picture, where there is one, until some plotly.js is there: the page's own, or that of the
    /// kernel's folder, from which the notebook server gives plotly.min.js. Where scripts do not run it stays the picture.
    let notebook (kernelName: string) (picture: byte array option) chart =
        let id = $"chart-{Guid.NewGuid():N}"
        let width = GenericChart.tryGetLayoutSize chart |> fst |> Option.defaultValue ChartStyle.width

        let still =
            match picture with
            | Some png -> $"<img alt=\"chart\" width=\"{width}\" src=\"data:image/png;base64,{Convert.ToBase64String png}\"/>"
            | None -> ""

        // The classic notebook tells its address in the body, JupyterLab in a script of settings.
        $"""<div id="{id}" style="max-width:{width}px">{still}</div><script>(function () {{
  const settings = document.getElementById("jupyter-config-data");
  const base = document.body.dataset.baseUrl || (settings && JSON.parse(settings.textContent).baseUrl);
  const load = async () => {{
    const answer = await fetch(base + "kernelspecs/{Uri.EscapeDataString kernelName}/plotly.min.js");
    if (answer.ok) new Function("define", "require", "module", "exports", await answer.text()).call(window);
  }};
  const ready = window.Plotly || !base ? Promise.resolve() : window.plotlyOfKernel = window.plotlyOfKernel || load();
  ready.then(() => {{
    const place = document.getElementById("{id}");
    if (!window.Plotly || !place) return;
    place.replaceChildren();
    {draw chart}
  }});
}})();</script>"""
