module BoxTeacher.Workbench.Tests.ChartTests

open System
open System.Globalization
open System.IO
open System.Xml.Linq
open Xunit
open Plotly.NET
open Plotly.NET.LayoutObjects
open BoxTeacher.Charts

let private data chart = Json.items "data" (Json.parse (GenericChart.toJson chart))
let private layout chart = (Json.tryPath "layout" (Json.parse (GenericChart.toJson chart))).Value
let private svg chart = XDocument.Parse(Svg.ofFigure Palette.Light (GenericChart.toFigureJson chart))
let private named name (document: XDocument) = document.Descendants() |> Seq.filter (fun e -> e.Name.LocalName = name) |> List.ofSeq
let private attribute name (element: XElement) = Double.Parse(element.Attribute(XName.Get name).Value, CultureInfo.InvariantCulture)
let private texts document = named "text" document |> List.map _.Value

[<Fact>]
let ``a line's JSON is plotly's`` () =
    let json =
        Chart.Line(x = [ 1; 2 ], y = [ 0.5; nan ], Name = "loss", ShowMarkers = true, LineDash = StyleParam.DrawingStyle.Dash)
        |> GenericChart.toJson

    Assert.Equal(
        """{"data":[{"type":"scatter","mode":"lines\u002Bmarkers","x":[1,2],"y":[0.5,null],"name":"loss","line":{"dash":"dash"}}],"layout":{},"config":{}}""",
        json
    )

[<Fact>]
let ``pairs and columns of values give the same chart`` () =
    let a = Chart.Point(xy = [ 1, 2.0; 3, 4.0 ], Name = "p")
    let b = Chart.Point(x = [ 1; 3 ], y = [ 2.0; 4.0 ], Name = "p")
    Assert.Equal(GenericChart.toJson a, GenericChart.toJson b)

[<Fact>]
let ``styles reach the layout and the traces`` () =
    let chart =
        Chart.Column(values = [ 1; 2 ], Keys = [ "a"; "b" ])
        |> Chart.withTitle "T"
        |> Chart.withSize (Width = 300, Height = 200)
        |> Chart.withYAxisStyle (TitleText = "AP", MinMax = (0.0, 5.0))
        |> Chart.withYErrorStyle (Array = [ 0.1; 0.2 ])
        |> Chart.withMarkerStyle (Color = Color.fromHex "#102030")

    let trace = (data chart)[0]
    Assert.Equal(Some "T", Json.tryText "title.text" (layout chart))
    Assert.Equal(Some 300.0, Json.tryNumber "width" (layout chart))
    Assert.Equal(Some "AP", Json.tryText "yaxis.title.text" (layout chart))
    Assert.Equal(2, (Json.items "error_y.array" trace).Length)
    Assert.Equal(Some "rgba(16, 32, 48, 1)", Json.tryText "marker.color" trace)
    Assert.Equal(Some "v", Json.tryText "orientation" trace)

[<Fact>]
let ``a range is its edges and the line between them`` () =
    let chart =
        Chart.Range(x = [ 0; 1 ], y = [ 1.0; 2.0 ], upper = [ 1.5; 2.5 ], lower = [ 0.5; 1.5 ], mode = StyleParam.Mode.Lines, Name = "m")

    let traces = data chart
    Assert.Equal<string option list>([ Some "lower"; Some "upper"; Some "m" ], [ for t in traces -> Json.tryText "name" t ])
    Assert.Equal(Some "tonexty", Json.tryText "fill" traces[1])
    // The band is painted between the edges, at half opacity or so, under the line.
    Assert.Contains(named "path" (svg chart), fun path -> path.Attribute(XName.Get "style").Value.StartsWith "fill:rgba")

[<Fact>]
let ``a grid gives each chart axes of its own and moves its shapes along`` () =
    let shaped =
        Chart.Line(x = [ 0; 1 ], y = [ 1; 2 ])
        |> Chart.withShape (Shape.init (ShapeType = StyleParam.ShapeType.Line, X0 = 0, X1 = 1, Y0 = 1, Y1 = 1, Xref = "x", Yref = "y"))

    let chart = [ Chart.Line(x = [ 0; 1 ], y = [ 1; 2 ]); shaped ] |> Chart.Grid(1, 2, SubPlotTitles = [ "left"; "right" ])
    Assert.Equal<string option list>([ Some "x"; Some "x2" ], [ for t in data chart -> Json.tryText "xaxis" t ])
    Assert.Equal(Some "x2", Json.tryText "xref" (Json.items "shapes" (layout chart) |> Array.head))
    Assert.Equal(Some 2.0, Json.tryNumber "grid.columns" (layout chart))
    let shown = texts (svg chart)
    Assert.Contains("left", shown)
    Assert.Contains("right", shown)

[<Fact>]
let ``too many charts for a grid are refused`` () =
    let charts = List.replicate 3 (Chart.Line(x = [ 0 ], y = [ 0 ]))
    let error = Assert.Throws<ArgumentException>(fun () -> charts |> Chart.Grid(1, 2) |> ignore)
    Assert.Contains("3 charts", error.Message)

[<Fact>]
let ``bars are as high as their values`` () =
    let document = Chart.Column(values = [ 1; 2; 4 ], Keys = [ "a"; "b"; "c" ]) |> svg

    let heights =
        named "rect" document
        |> List.filter (fun r -> r.Attribute(XName.Get "style") <> null && r.Attribute(XName.Get("style")).Value.StartsWith "fill:#1f77b4")
        |> List.map (attribute "height")

    Assert.Equal(3, heights.Length)
    Assert.Equal(2.0, heights[1] / heights[0], 2)
    Assert.Equal(4.0, heights[2] / heights[0], 2)
    Assert.True(Set.isSubset (set [ "a"; "b"; "c" ]) (set (texts document)))

[<Fact>]
let ``a histogram's bars hold every value once`` () =
    let values = [ 0.0; 0.1; 0.1; 0.35; 0.9; 1.0 ]
    let document = Chart.Histogram(X = values, NBinsX = 5) |> svg

    let heights =
        named "rect" document
        |> List.filter (fun r -> r.Attribute(XName.Get "style") <> null && r.Attribute(XName.Get("style")).Value.StartsWith "fill:#1f77b4")
        |> List.map (attribute "height")

    // Bins of 0.2: three, one, none, none, two.
    Assert.Equal(3, heights.Length)
    Assert.Equal(3.0, heights[0] / heights[1], 2)
    Assert.Equal(2.0, heights[2] / heights[1], 2)

[<Fact>]
let ``a log axis puts equal factors at equal distances`` () =
    let document =
        Chart.Point(x = [ 1; 2; 3 ], y = [ 1.0; 10.0; 100.0 ])
        |> Chart.withYAxisStyle (AxisType = StyleParam.AxisType.Log)
        |> svg

    match named "circle" document |> List.map (attribute "cy") with
    | [ a; b; c ] -> Assert.Equal(a - b, b - c, 1)
    | other -> Assert.Fail $"three points expected, not {other.Length}"

[<Fact>]
let ``missing points break a line`` () =
    let document = Chart.Line(x = [ 0; 1; 2; 3; 4 ], y = [ 1.0; 2.0; nan; 2.0; 1.0 ]) |> svg
    let path = named "path" document |> List.exactlyOne
    Assert.Equal(2, path.Attribute(XName.Get "d").Value |> Seq.filter ((=) 'M') |> Seq.length)

[<Fact>]
let ``names are escaped in pictures and pages`` () =
    let chart = Chart.Line(x = [ 0; 1 ], y = [ 0; 1 ], Name = "</script><b>\"&") |> Chart.withTitle "a < b & c"
    let document = chart |> Chart.withLegend true |> svg
    Assert.Contains("a < b & c", texts document)
    let html = GenericChart.toEmbeddedHTML chart
    Assert.DoesNotContain("</script><b>", html)
    Assert.Single(html.Split "</script>" |> Array.skip 1) |> ignore

[<Fact>]
let ``a page loads nothing from elsewhere`` () =
    let html = GenericChart.toEmbeddedHTML (Chart.Line(x = [ 0; 1 ], y = [ 0; 1 ]))
    Assert.DoesNotContain("http", html)
    Assert.Contains("data:image/svg+xml;base64,", html)

[<Fact>]
let ``every kind of chart has a picture`` () =
    let cells = [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]

    let charts =
        [ Chart.Heatmap(zData = cells, X = [ "p"; "q" ], Y = [ "r"; "s" ]), "rect"
          Chart.AnnotatedHeatmap(zData = cells, annotationText = [ [ "1"; "2" ]; [ "3"; "4" ] ]), "text"
          Chart.Image(Z = [ [ [ 0; 0; 0 ]; [ 255; 0; 0 ] ] ]), "image"
          Chart.BoxPlot(Y = [ 1.0; 2.0; 3.0; 9.0 ], Name = "b"), "line"
          Chart.Bar(values = [ 1; -2 ], Keys = [ "a"; "b" ]), "rect"
          Chart.Scatter(xy = [ 0, 0; 1, 1; 1, 0 ], mode = StyleParam.Mode.None, Fill = StyleParam.Fill.ToSelf), "path" ]

    for chart, element in charts do
        Assert.NotEmpty(named element (svg chart))
        Assert.DoesNotContain("NaN", string (svg chart))

[<Fact>]
let ``an empty chart is still a picture`` () =
    let document = Chart.Line(x = List.empty<int>, y = List.empty<int>) |> svg
    Assert.Equal("svg", document.Root.Name.LocalName)

[<Fact>]
let ``colours that are none are refused`` () =
    Assert.Throws<ArgumentException>(fun () -> Color.fromHex "#12" |> ignore) |> ignore
    Assert.Throws<ArgumentException>(fun () -> Color.fromRGB 0 0 256 |> ignore) |> ignore

[<Fact>]
let ``a curve of nothing stands on the axis`` () =
    let document = Chart.Line(x = [ 0; 1; 2 ], y = [ 0.0; 0.0; 0.0 ]) |> svg
    let shown = texts document
    Assert.Contains("0.0", shown)
    Assert.Contains("1.0", shown)
    Assert.DoesNotContain(shown, fun text -> text.StartsWith '-')

[<Fact>]
let ``the cells that a short row lacks are left blank`` () =
    let cells rows = Chart.Heatmap(zData = rows, ShowScale = false) |> svg |> named "rect" |> List.map string

    for ragged, filled in
        [ [ [ 1.0 ]; [ 2.0; 3.0 ] ], [ [ 1.0; nan ]; [ 2.0; 3.0 ] ]
          [ [ 2.0; 3.0 ]; [ 1.0 ] ], [ [ 2.0; 3.0 ]; [ 1.0; nan ] ]
          [ []; [ 2.0; 3.0 ] ], [ [ nan; nan ]; [ 2.0; 3.0 ] ] ] do
        Assert.Equal<string list>(cells filled, cells ragged)

[<Fact>]
let ``a heat map without cells is still a picture`` () =
    for rows: float list list in [ []; [ [] ] ] do
        for chart in [ Chart.Heatmap(zData = rows); Chart.Heatmap(zData = rows, X = [ 1; 2 ], Y = [ 1; 2 ]) ] do
            Assert.Equal("svg", (svg chart).Root.Name.LocalName)

[<Fact>]
let ``a page is saved whole, in a folder that is made for it`` () =
    let root = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid()}")
    let chart = Chart.Line(x = [ 0; 1 ], y = [ 0; 1 ])

    try
        let page = Path.Combine(root, "a", "b", "page.html")
        chart |> Chart.saveHtml page
        // Over the page that is there, and with the extension left out.
        chart |> Chart.saveHtml (Path.Combine(root, "a", "b", "page"))
        Assert.EndsWith("</html>", (File.ReadAllText page).TrimEnd())
        Assert.Equal<string array>([| page |], Directory.GetFiles(root, "*", SearchOption.AllDirectories))
    finally
        Directory.Delete(root, true)
