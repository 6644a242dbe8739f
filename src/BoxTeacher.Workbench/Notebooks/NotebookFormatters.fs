namespace BoxTeacher.Workbench

open System
open System.Collections
open System.Globalization
open BoxTeacher.Structures
open BoxTeacher.Training
open Microsoft.DotNet.Interactive.Formatting
open Plotly.NET
open TorchSharp

/// How a notebook shows charts, pictures, tensors, recipes and lists. Tables and reports of laws show themselves.
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
        let values = tensor.ToString(TensorStringStyle.Numpy, cultureInfo = CultureInfo.InvariantCulture).ReplaceLineEndings("\n").Split '\n'

        let shown =
            if values.Length <= tensorLines then
                values
            else
                Array.concat [ Array.truncate (tensorLines - 4) values; [| "..." |]; Array.skip (values.Length - 3) values ]

        String.Join('\n', Array.append [| string tensor |] shown)

    /// A recipe's name, with its JSON to be opened.
    let recipe (recipe: Recipe) =
        $"<details><summary>recipe {BoxTeacher.Properties.Html.escape recipe.Name}</summary><pre>{BoxTeacher.Properties.Html.escape (RecipeJson.Write recipe)}</pre></details>"

    // .NET Interactive shows an F# list as what it is: a head, and a tail with a head.
    let private elements (list: obj) =
        let items = Seq.cast<obj> (list :?> IEnumerable) |> Array.ofSeq
        let array = Array.CreateInstance(list.GetType().GenericTypeArguments[0], items.Length)
        Array.Copy(items, array, items.Length)
        array

    /// Registers them with the kernel.
    let register () =
        let show (text: 'value -> string) (mimeType: string) = Formatter.Register<'value>(Func<'value, string> text, mimeType)
        let prefer (mimeTypes: string array) kind = Formatter.SetPreferredMimeTypesFor(kind, mimeTypes)

        if chartsArePictures () then
            show pictureOf "image/png"
            show (fun (_: GenericChart) -> "chart") "text/plain"
            prefer [| "image/png"; "text/plain" |] typeof<GenericChart>
        else
            show (fun figure -> chart (ChartPng.tryRender figure) figure) "text/html"

        show (fun (picture: Picture) -> Convert.ToBase64String(Overlay.toPng picture.Image)) "image/png"
        prefer [| "image/png" |] typeof<Picture>
        show tensor "text/plain"
        prefer [| "text/plain" |] typeof<torch.Tensor>
        show recipe "text/html"
        let asArray (list: obj) (context: FormatContext) = (elements list).FormatTo(context, "text/html"); true
        Formatter.Register(typedefof<list<_>>, FormatDelegate<obj> asArray, "text/html")
