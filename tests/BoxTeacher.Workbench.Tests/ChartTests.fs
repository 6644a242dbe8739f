module BoxTeacher.Workbench.Tests.ChartTests

open System
open System.IO
open System.Net
open System.Net.Sockets
open System.Text
open System.Text.RegularExpressions
open Xunit
open FsCheck
open FsCheck.Xunit
open Plotly.NET
open BoxTeacher.Data
open BoxTeacher.Workbench
open BoxTeacher.Workbench.Tests.Chromium
open BoxTeacher.Workbench.Tests.MatrixTests

let private figure chart = Json.parse (GenericChart.toFigureJson chart)
let private line name = Chart.Line(x = [ 1; 2 ], y = [ 1.0; 2.0 ], Name = name)

/// A name of a variant as people write them, with its number.
let private longName number = $"BoxTeacher with confidence form number {number} of the table & with a name that is <long>"

let private ofSeries count =
    let names = [ for index in 1..count -> ChartStyle.label (longName index) ]

    names
    |> List.mapi (fun index name -> Chart.Line(x = [ 1; 2; 3 ], y = [ index; index + 1; index ], Name = name, Line = ChartStyle.line index, Marker = ChartStyle.points index))
    |> Chart.combine
    |> Chart.withTitle "many"
    |> Chart.withXAxisStyle (TitleText = "iteration")
    |> Chart.withYAxisStyle (TitleText = "mask AP")
    |> ChartStyle.apply ChartStyle.plotHeight names

[<Property(Replay = "(7,1)")>]
let ``two of 48 series differ in color or in dashes`` (a: byte) (b: byte) =
    let a, b = int a % 48, int b % 48
    let looks index = GenericChart.toFigureJson (Chart.Line(x = [ 1 ], y = [ 1 ], Line = ChartStyle.line index, UseDefaults = false))
    a = b || looks a <> looks b

[<Fact>]
let ``series of one color differ in the symbols of their points and in the patterns of their bars`` () =
    let trace chart = (Json.items "data" (figure chart)).Head
    let symbol index = Chart.Point(x = [ 1 ], y = [ 1 ], Marker = ChartStyle.points index) |> trace |> Json.tryText "marker.symbol"
    let pattern index = Chart.Column(values = [ 1 ]) |> Chart.withMarker (ChartStyle.bars index) |> trace |> Json.tryText "marker.pattern.shape"
    let ofOneColor = [ for round in 0..5 -> 8 * round + 1 ]
    Assert.Equal(6, List.distinct (List.map symbol ofOneColor) |> List.length)
    Assert.Equal(6, List.distinct (List.map pattern ofOneColor) |> List.length)

[<Property(Replay = "(7,1)")>]
let ``a label has the text's words, in lines that are short unless a word is long`` (words: NonEmptyString list) =
    let text = String.Join(" ", [ for word in words -> word.Get.Replace(' ', '_') ])
    let lines = (ChartStyle.label text).Split "<br>" |> Array.map WebUtility.HtmlDecode
    String.Join(" ", lines) = text && lines |> Array.forall (fun line -> line.Length <= 44 || not (line.Contains ' '))

[<Fact>]
let ``a chart's looks cost little`` () =
    let size chart = (GenericChart.toFigureJson chart).Length
    Assert.True(size (line "a") > 8_000)
    Assert.True(size (line "a" |> ChartStyle.apply 260 []) < 2_000)

[<Fact>]
let ``a chart is as wide as its page, and has a legend for more than one name`` () =
    let layout names = (Json.tryPath "layout" (figure (line "a" |> ChartStyle.apply 260 names))).Value
    Assert.Equal(None, Json.tryNumber "width" (layout []))
    let height names = (Json.tryNumber "height" (layout names)).Value
    Assert.Equal(height [], height [ "a" ])
    Assert.True(height [ "a"; "b" ] > height [ "a" ])
    Assert.Equal(Some false, Json.tryPath "showlegend" (layout [ "a" ]) |> Option.map _.GetBoolean())
    Assert.Equal(Some true, Json.tryPath "showlegend" (layout [ "a"; "b" ]) |> Option.map _.GetBoolean())

[<Fact>]
let ``a name closes no script and opens no element`` () =
    let fragment = ChartHtml.fragment (line (ChartStyle.label "</script><b>&"))
    Assert.Equal(1, Regex.Count(fragment, "</script>"))
    Assert.DoesNotContain("<b>", fragment)

[<Fact>]
let ``a page has plotly.js once, however many charts`` () =
    let page = ChartHtml.page "a < b" [ line "a"; line "b" ]
    Assert.Equal(1, Regex.Count(page, Regex.Escape "* plotly.js v"))
    Assert.Equal(2, Regex.Count(page, "Plotly\\.newPlot\\(place"))
    Assert.Contains("<title>a &lt; b</title>", page)

let private saved (html: string) =
    let file = Path.Combine(temporaryFolder (), "page.html")
    File.WriteAllText(file, html)
    Uri(file).AbsoluteUri

[<ChromiumFact>]
let ``a page draws its charts and asks for nothing`` () =
    let visit =
        visit<int> 800 (saved (ChartHtml.page "charts" [ line "a"; ofSeries 3 ])) "document.querySelectorAll('.main-svg .legend').length === 1" "document.querySelectorAll('.js-plotly-plot').length"

    Assert.Equal(2, visit.Value)
    Assert.Empty visit.Requests
    Assert.Empty visit.Errors

/// Whether the legend's box and the title of the x axis have a pixel in common, and how many names the legend's box does not show.
let private crowded =
    "(() => { const [legend, title] = ['.legend .bg', '.xtitle'].map(s => document.querySelector(s).getBoundingClientRect());
      const hidden = [...document.querySelectorAll('.legendtext')].filter(t => t.getBoundingClientRect().bottom > legend.bottom + 1);
      return [legend.top < title.bottom ? 1 : 0, hidden.length]; })()"

[<ChromiumFact>]
let ``a legend shows all its names and lies over no axis title, however many and long, wide or narrow`` () =
    for count in [ 2; 8; 20 ] do
        for width in [ 420; 1400 ] do
            let visit = visit<int array> width (saved (ChartHtml.page "legend" [ ofSeries count ])) "document.querySelector('.legend .bg') !== null" crowded
            Assert.Equal<int array>([| 0; 0 |], visit.Value)

/// A notebook server's page with two outputs, and its folder of a kernel.
let private serve (script: string option) (body: string) =
    let listener = new TcpListener(IPAddress.Loopback, 0)
    listener.Start()

    let answer (client: TcpClient) =
        task {
            use client = client
            use stream = client.GetStream()
            use reader = new StreamReader(stream)
            let! request = reader.ReadLineAsync()
            let path = (nonNull request).Split(' ')[1]

            let status, kind, content =
                match path, script with
                | "/base/", _ -> "200 OK", "text/html; charset=utf-8", body
                | "/base/kernelspecs/our%20kernel/plotly.min.js", Some script -> "200 OK", "text/javascript", script
                | _ -> "404 Not Found", "text/plain", ""

            let bytes = Encoding.UTF8.GetBytes content
            let head = $"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n"
            do! stream.WriteAsync(Encoding.ASCII.GetBytes head)
            do! stream.WriteAsync bytes
        }

    task {
        while true do
            let! client = listener.AcceptTcpClientAsync()
            answer client |> ignore
    }
    |> ignore

    listener, $"http://127.0.0.1:{(listener.LocalEndpoint :?> IPEndPoint).Port}/base/"

let private picture = Convert.FromBase64String "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

let private outputs = String.Join("\n", [ for name in [ "a"; "b" ] -> ChartHtml.notebook "our kernel" (Some picture) (line name) ])
let private classic = $"<body data-base-url=\"/base/\">{outputs}</body>"
let private lab = $"<body><script id=\"jupyter-config-data\" type=\"application/json\">{{ \"baseUrl\": \"/base/\" }}</script>{outputs}</body>"

[<ChromiumFact>]
let ``charts of a notebook take the place of their pictures when plotly.js has come from the kernel's folder, once`` () =
    for body in [ classic; lab ] do
        let listener, address = serve (Some(PlotlyScript.text ())) body
        use _ = listener
        let visit = visit<int> 800 address "document.querySelectorAll('.main-svg .plot').length === 2" "document.images.length"
        Assert.Equal(0, visit.Value)
        Assert.Equal<string list>([ address + "kernelspecs/our%20kernel/plotly.min.js" ], visit.Requests |> List.filter (fun request -> not (request.EndsWith "favicon.ico")))
        Assert.Empty visit.Errors

[<ChromiumFact>]
let ``charts of a notebook stay pictures where no plotly.js is`` () =
    let listener, address = serve None classic
    use _ = listener
    let served = visit<int> 800 address "window.plotlyOfKernel !== undefined" "window.plotlyOfKernel.then(() => document.images.length)"
    Assert.Equal(2, served.Value)
    Assert.Empty served.Errors
    let alone = visit<int> 800 (saved $"<body>{outputs}</body>") "document.images.length > 0" "document.images.length"
    Assert.Equal(2, alone.Value)
    Assert.Empty alone.Requests

[<ChromiumFact>]
let ``a chart is a PNG picture twice as fine as the page`` () =
    let png = (ChartPng.tryRender (ofSeries 3)).Value
    let file = Path.Combine(temporaryFolder (), "chart.png")
    File.WriteAllBytes(file, png)
    let image = BoxTeacher.Data.ImageFile.Read file
    Assert.Equal(2 * ChartStyle.width, image.Width)
    // The third color, of the third line.
    Assert.Contains(Array.chunkBySize 3 image.Pixels, fun pixel -> pixel = [| 0uy; 158uy; 115uy |])

[<ChromiumFact>]
let ``a chart that cannot be drawn has no picture, and the next one has`` () =
    Assert.Equal(None, ChartPng.tryRender (line "a" |> Chart.withSize (Width = -5, Height = 10)))
    Assert.True((ChartPng.tryRender (line "a")).IsSome)
