module BoxTeacher.Workbench.Tests.NotebookTests

open System
open System.Buffers.Binary
open System.Collections.Concurrent
open System.IO
open System.Threading
open Microsoft.AspNetCore.Html
open Xunit
open Microsoft.DotNet.Interactive.Formatting
open Plotly.NET
open TorchSharp
open BoxTeacher.Structures
open BoxTeacher.Training
open BoxTeacher.Workbench
open BoxTeacher.Workbench.Tests.Chromium
open BoxTeacher.Workbench.Tests.MatrixTests

[<Fact>]
let ``where no notebook is, nothing is found of one`` () =
    Assert.False(Notebook.isRunning ())
    Assert.True((Notebook.cellText ()).IsNone)
    Assert.Throws<InvalidOperationException>(fun () -> Notebook.display "x" |> ignore) |> ignore

[<Fact>]
let ``progress in a notebook is redrawn in place, and no more often than the interval says`` () =
    let pages = ConcurrentQueue<DateTime * string>()
    let keep (value: obj) = pages.Enqueue((DateTime.UtcNow, string (value :?> HtmlString)))

    let display =
        NotebookProgress(
            (fun value ->
                keep value
                keep),
            TimeSpan.FromMilliseconds 100.0
        )
        :> IProgressDisplay

    let runs = [ plan "first <b>" 1L; plan "second" 1L ]

    display.Show(
        runs,
        fun listener ->
            listener.Started runs[0]

            for i in 1..10 do
                Thread.Sleep 20
                listener.Progressed(runs[0], stepped i (1.0 / float i))

            // However slow the machine, the work lasts until something was drawn of it.
            Assert.True(SpinWait.SpinUntil((fun () -> pages |> Seq.exists (fun (_, text) -> text.Contains "evaluating")), 30_000))

            listener.Progressed(runs[0], evaluated 10 12.34)
            listener.Ended(runs[0], RunEnd.Trained(resultOf runs[0] 20.0))
            listener.Ended(runs[1], RunEnd.Failed(InvalidOperationException "out of <memory>"))
    )

    let texts = [ for _, text in pages -> text ]
    Assert.Contains("waiting", texts.Head)
    let apart = pages |> Seq.map fst |> Seq.pairwise |> Seq.map (fun (a, b) -> (b - a).TotalMilliseconds) |> List.ofSeq
    // The last page comes at once, and again with a picture of the curve.
    Assert.All(List.truncate (apart.Length - 2) apart, fun milliseconds -> Assert.True(milliseconds > 80.0))
    // The bar moves and the curve is drawn while it trains.
    Assert.Contains(texts, fun text -> text.Contains "evaluating" && text.Contains "Plotly.newPlot")
    let last = List.last texts
    Assert.Contains("first &lt;b&gt;, seed 1", last)
    Assert.Contains("10/10", last)
    Assert.Contains("mask AP 12.3", last)
    Assert.Contains("done in", last)
    Assert.Contains("failed: out of &lt;memory&gt;", last)
    Assert.Equal((ChartPng.tryBrowser ()).IsSome, last.Contains "data:image/png")
    Assert.DoesNotContain("data:image/png", texts[texts.Length - 2])

[<Fact>]
let ``a display that fails does not end the work`` () =
    let display = NotebookProgress((fun _ -> fun _ -> failwith "gone"), TimeSpan.FromMilliseconds 5.0) :> IProgressDisplay
    let mutable finished = false

    // What is shown last is not drawn in the background, and may say so.
    Assert.ThrowsAny<Exception>(fun () ->
        display.Show(
            [ plan "a" 1L ],
            fun listener ->
                listener.Started(plan "a" 1L)
                Thread.Sleep 50
                finished <- true
        ))
    |> ignore

    Assert.True finished

[<Fact>]
let ``a notebook's options follow the environment`` () =
    let plain = ExperimentOptions.ofNotebook "x" 2 300
    Assert.Equal(Some 300, plain.Iterations)
    Assert.Equal(Some 2, plain.Seeds)
    Environment.SetEnvironmentVariable("NOTEBOOK_STEPS", "7")

    try
        let quick = ExperimentOptions.ofNotebook "x" 2 300
        Assert.Equal(Some 7, quick.Iterations)
        Assert.Equal(Some 1, quick.Seeds)
    finally
        Environment.SetEnvironmentVariable("NOTEBOOK_STEPS", null)

/// What a kernel in which the formatters are registered shows of a value: texts by mime type.
let private shown (value: obj) =
    NotebookFormatters.register ()

    try
        [ for form in FormattedValue.CreateManyFromObject value -> form.MimeType, form.Value ]
    finally
        Formatter.ResetToDefault()

[<Fact>]
let ``pictures in a grid stand under their headings and show themselves as PNG`` () =
    let painted color height width =
        let image = Image(height, width)
        Overlay.fill color image
        image

    let red, blue = { R = 255uy; G = 0uy; B = 0uy }, { R = 0uy; G = 0uy; B = 255uy }
    let picture = Picture.grid [ "left"; "a heading longer than its column" ] [ [ painted red 10 40; painted blue 8 30 ]; [ painted blue 5 20; painted red 5 30 ] ]
    let at y x = Array.sub picture.Image.Pixels ((y * picture.Image.Width + x) * 3) 3
    let top = picture.Image.Height - (10 + 5 + 12)
    Assert.Equal(40 + 6 + 30, picture.Image.Width)
    Assert.Equal<byte array>([| 255uy; 0uy; 0uy |], at top 0)
    Assert.Equal<byte array>([| 0uy; 0uy; 255uy |], at top 46)
    Assert.Equal<byte array>([| 0uy; 0uy; 255uy |], at (top + 16) 0)
    Assert.Equal<byte array>([| 255uy; 255uy; 255uy |], at (top + 9) 47)
    let mimeType, png = shown picture |> List.exactlyOne
    Assert.Equal("image/png", mimeType)
    Assert.Equal<byte array>([| 0x89uy; byte 'P'; byte 'N'; byte 'G' |], Array.truncate 4 (Convert.FromBase64String png))
    Assert.Throws<ArgumentException>(fun () -> Picture.grid [ "one" ] [ [] ] |> ignore) |> ignore

[<Fact>]
let ``tensors show their shape, type, device and values, large ones shortened`` () =
    let text (tensor: torch.Tensor) =
        let mimeType, text = shown tensor |> List.exactlyOne
        Assert.Equal("text/plain", mimeType)
        text.Split '\n'

    let small = text (torch.tensor([| 1.5f; -2.0f; 3.25f; 4.0f; 0.0f; 1e-7f |]).reshape (2L, 3L))
    Assert.Equal<string array>([| "[2x3], type = Float32, device = cpu"; "[[1.5, -2, 3.25]"; " [4, 0, 1e-07]]" |], small)
    let large = text (torch.arange(0.0, 40_000.0, 1.0).reshape (4L, 10L, 10L, 100L))
    Assert.InRange(large.Length, 10, 25)
    Assert.StartsWith("[[[[0, 1, 2, ... 97, 98, 99]", large[1])
    Assert.Contains("39999]]]]", Array.last large)
    Assert.Equal<string array>([| "[0x4], type = Float32, device = cpu"; "[]" |], text (torch.zeros (0L, 4L)))

[<Fact>]
let ``recipes show their JSON, and lists their elements`` () =
    let mimeType, html = shown (Recipe.boxTeacher DataChoice.Shapes |> Recipe.named "a <b>") |> List.exactlyOne
    Assert.Equal("text/html", mimeType)
    Assert.Contains("recipe a &lt;b&gt;", html)
    Assert.Contains("&quot;budget&quot;", html)
    Assert.Contains("[ 1, 2, 3 ]", shown [ 1; 2; 3 ] |> List.exactlyOne |> snd)

[<ChromiumFact>]
let ``charts are drawn by plotly.js over a picture, or are pictures`` () =
    let chart = Chart.Line(x = [ 1; 2 ], y = [ 3; 4 ]) |> Chart.withSize (300, 200)
    let mimeType, html = shown chart |> List.exactlyOne
    Assert.Equal("text/html", mimeType)
    Assert.Contains("kernelspecs/boxteacher-fsharp/plotly.min.js", html)
    Assert.Contains("width=\"300\" src=\"data:image/png", html)
    Environment.SetEnvironmentVariable("NOTEBOOK_CHARTS", "png")

    try
        match List.sortBy fst (shown chart) with
        | [ "image/png", picture; "text/plain", "chart" ] ->
            // Two pixels for one of the page: scripts/chart_sizes.py.
            Assert.Equal(600, BinaryPrimitives.ReadInt32BigEndian(ReadOnlySpan(Convert.FromBase64String picture, 16, 4)))
        | other -> failwith $"%A{other}"
    finally
        Environment.SetEnvironmentVariable("NOTEBOOK_CHARTS", null)
