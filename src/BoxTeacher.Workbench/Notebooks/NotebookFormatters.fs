namespace BoxTeacher.Workbench

open System
open System.Globalization
open System.Net
open BoxTeacher.Training
open Microsoft.DotNet.Interactive.Formatting
open Plotly.NET
open TorchSharp

/// How a notebook shows charts, tensors and recipes. Tables, pictures and reports of laws show themselves.
[<RequireQualifiedAccess>]
module NotebookFormatters =

    // The folder that scripts/kernel.sh installs, with plotly.js in it.
    let private kernelName = "boxteacher-fsharp"

    /// Whether charts are PNG pictures, as in notebooks that are committed: the environment variable NOTEBOOK_CHARTS is png.
    let chartsArePictures () = Environment.GetEnvironmentVariable "NOTEBOOK_CHARTS" = "png"

    /// A chart that plotly.js draws; where scripts do not run, it is the picture, if one is given.
    let chart (picture: byte array option) (chart: GenericChart) = ChartHtml.notebook kernelName picture chart

    let private pictureOf chart =
        match ChartPng.tryRender chart with
        | Some picture -> Convert.ToBase64String picture
        | None -> invalidOp "NOTEBOOK_CHARTS=png needs a Chromium that draws the charts"

    // TorchSharp shortens each dimension to six entries; four dimensions are still a long text.
    let private tensorLines = 24

    /// A tensor's shape, type, device and values, a large one's first and last.
    let tensor (tensor: torch.Tensor) =
        let values = tensor.ToString(TensorStringStyle.Numpy, "g4", cultureInfo = CultureInfo.InvariantCulture).ReplaceLineEndings("\n").Split '\n'

        let shown =
            if values.Length <= tensorLines then
                values
            else
                Array.concat [ Array.truncate (tensorLines - 4) values; [| "..." |]; Array.skip (values.Length - 3) values ]

        String.Join('\n', Array.append [| string tensor |] shown)

    /// A recipe's name, with its JSON to be opened.
    let recipe (recipe: Recipe) =
        $"<details><summary>recipe {WebUtility.HtmlEncode recipe.Name}</summary><pre>{WebUtility.HtmlEncode(RecipeJson.Write recipe)}</pre></details>"

    /// Registers them with the kernel.
    let register () =
        let show (mimeType: string) (text: 'value -> string) =
            Formatter.Register<'value>(Func<'value, string> text, mimeType)
            Formatter.SetPreferredMimeTypesFor(typeof<'value>, mimeType)

        if chartsArePictures () then
            show "image/png" pictureOf
        else
            show "text/html" (fun figure -> chart (ChartPng.tryRender figure) figure)

        show "text/plain" tensor
        show "text/html" recipe
