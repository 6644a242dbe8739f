namespace BoxTeacher.Workbench

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
