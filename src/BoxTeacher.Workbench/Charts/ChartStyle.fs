namespace BoxTeacher.Workbench

open System
open Plotly.NET
open Plotly.NET.LayoutObjects
open Plotly.NET.TraceObjects

/// How charts look, and how their series are told apart: by color, and by symbol, dash or pattern as well.
[<RequireQualifiedAccess>]
module ChartStyle =

    // Okabe and Ito's colors, which people with any color vision tell apart and which show on white and on black; then gray and brown.
    let private palette =
        [| 0, 114, 178; 213, 94, 0; 0, 158, 115; 204, 121, 167; 230, 159, 0; 86, 180, 233; 127, 127, 127; 140, 86, 75 |]

    // Each with the letter that looks like it.
    let private symbols =
        [| StyleParam.MarkerSymbol.Circle, "●"
           StyleParam.MarkerSymbol.Square, "■"
           StyleParam.MarkerSymbol.Diamond, "◆"
           StyleParam.MarkerSymbol.Cross, "✚"
           StyleParam.MarkerSymbol.X, "✖"
           StyleParam.MarkerSymbol.TriangleUp, "▲"
           StyleParam.MarkerSymbol.TriangleDown, "▼"
           StyleParam.MarkerSymbol.Star, "★" |]

    // Pixels on and off; like patterns, one for each time that the colors begin anew.
    let private dashes = [| []; [ 9; 4 ]; [ 2; 4 ]; [ 9; 4; 2; 4 ]; [ 16; 5 ]; [ 16; 5; 2; 5 ] |]

    let private patterns =
        [| StyleParam.PatternShape.None
           StyleParam.PatternShape.DiagonalAscending
           StyleParam.PatternShape.HorizontalLines
           StyleParam.PatternShape.Dots
           StyleParam.PatternShape.DiagonalDescending
           StyleParam.PatternShape.VerticalLines |]

    let private round index = index / palette.Length
    let private dash index = dashes[round index % dashes.Length]
    let private symbol index = symbols[(index + round index) % symbols.Length]

    /// The color of the series with an index; opacity from 0 to 1.
    let color opacity index =
        let r, g, b = palette[index % palette.Length]
        Color.fromARGB (int (255.0 * opacity)) r g b

    /// The line of the series with an index.
    let line index =
        let dash = match dash index with [] -> StyleParam.DrawingStyle.Solid | lengths -> StyleParam.DrawingStyle.User lengths
        Line.init (Color = color 1.0 index, Dash = dash, Width = 2.0)

    /// The points of the series with an index.
    let points index =
        Marker.init (Color = color 1.0 index, Symbol = fst (symbol index), Size = 7)

    /// The bars of the series with an index, for Chart.withMarker: Chart.Column leaves the pattern out.
    let bars index =
        let shape, white = patterns[round index % patterns.Length], Color.fromString "white"
        let pattern = Pattern.init (Shape = shape, FillMode = StyleParam.PatternFillMode.Overlay, FGColor = white, Solidity = 0.35)
        Marker.init (Color = color 1.0 index, Pattern = pattern)

    /// The line and a point of the series with an index, as SVG for a legend that many charts share.
    let swatch index =
        let r, g, b = palette[index % palette.Length]
        let dashes = String.Join(" ", dash index)

        $"""<svg width="36" height="14" color="rgb({r},{g},{b})" fill="currentColor" aria-hidden="true"><path d="M0 7h36" stroke="currentColor" stroke-width="2" stroke-dasharray="{dashes}"/><text x="18" y="12" font-size="14" text-anchor="middle">{snd (symbol index)}</text></svg>"""

    /// Width in pixels where nothing around a chart says how wide it is.
    let width = 560

    // As many letters of the legend fit beside each other in a chart of 380 pixels.
    let private lineOfLetters = 44

    /// A text that Plotly shows as it is, though it reads markup, in lines that fit into a legend.
    let label (text: string) =
        let escape = BoxTeacher.Properties.Html.escape

        text.Split ' '
        |> Array.fold
            (fun lines word ->
                match lines with
                | line: string :: above when line.Length + 1 + word.Length <= lineOfLetters -> $"{line} {word}" :: above
                | _ -> word :: lines)
            []
        |> List.rev
        |> List.map escape
        |> String.concat "<br>"

    let private ink, frame, grid = Color.fromHex "#1b1f24", Color.fromHex "#8c959f", Color.fromHex "#dfe3e8"

    /// Fonts, axes and colors, a tenth of the size of Plotly.NET's own template.
    let template =
        let axis =
            LinearAxis.init (
                AutoMargin = StyleParam.TickAutoMargin.All,
                Title = Title.init (Standoff = 8),
                ShowLine = true,
                LineColor = frame,
                GridColor = grid,
                ZeroLine = false
            )

        let layout =
            Layout.init (
                Font = Font.init (Size = 12.0, Color = ink),
                Title = Title.init (X = 0.02, XAnchor = StyleParam.XAnchorPosition.Left, Font = Font.init (Size = 13.0)),
                Colorway = Color.fromColors [ for index in 0 .. palette.Length - 1 -> color 1.0 index ],
                // Names are not cut.
                Hoverlabel = Hoverlabel.init (Namelength = -1)
            )
            |> Layout.setLinearAxis (StyleParam.SubPlotId.XAxis 1, axis)
            |> Layout.setLinearAxis (StyleParam.SubPlotId.YAxis 1, axis)

        Template.init layout

    /// Height of a plot in pixels, without titles and legend.
    let plotHeight = 260

    /// Titles of a chart and of its axes.
    let internal titled (title: string) (xTitle: string) (yTitle: string) chart =
        chart
        |> Chart.withTitle title
        |> Chart.withXAxisStyle (TitleText = xTitle)
        |> Chart.withYAxisStyle (TitleText = yTitle)

    /// Titles of a chart of what is never below zero.
    let internal titledFromZero title xTitle yTitle chart =
        chart
        // Where all is zero, Plotly would put zero in the middle.
        |> Chart.withYAxis (LayoutObjects.LinearAxis.init (RangeMode = StyleParam.RangeMode.NonNegative))
        |> titled title xTitle yTitle

    // Pixels around the plot, and of a line of the legend.
    let private above, below, left, right = 44, 52, 56, 16
    let private legendLine, legendMargin = 19, 16

    // Charts are as wide as their page, but Plotly.NET gives each a width.
    let private withoutWidth chart =
        chart
        |> GenericChart.mapLayout (fun layout ->
            layout.RemoveProperty "width" |> ignore
            layout)

    /// From here on, charts that are made have these looks, and pages that Chart.saveHtml writes hold plotly.js. For scripts and
    /// notebooks: these are settings of Plotly.NET for the whole process.
    let useEverywhere () =
        Defaults.DefaultTemplate <- template
        Defaults.DefaultWidth <- width
        Defaults.DefaultHeight <- above + plotHeight + below
        Defaults.DefaultDisplayOptions <- DisplayOptions.init (PlotlyJSReference = Full)

    /// A chart with a plot of a height in pixels. The names of its legend, labels already, stand below the plot, each on lines of its own
    /// in room that is kept for them; a single name needs none.
    let apply plotHeight (legend: string list) chart =
        let lines = if legend.Length > 1 then legend |> List.sumBy (fun name -> name.Split("<br>").Length) else 0
        let legendHeight = if lines > 0 then lines * legendLine + legendMargin else 0
        // Plotly gives a legend no more height than the plot has.
        let plotHeight = max plotHeight legendHeight

        chart
        |> Chart.withTemplate template
        |> Chart.withSize (Height = above + plotHeight + below + legendHeight)
        |> withoutWidth
        |> Chart.withMarginSize (Left = left, Right = right, Top = above, Bottom = below)
        |> Chart.withLayoutStyle (ShowLegend = (lines > 0))
        |> Chart.withLegendStyle (
            Orientation = StyleParam.Orientation.Horizontal,
            EntryWidthMode = StyleParam.EntryWidthMode.Fraction,
            EntryWidth = 1.0,
            TraceGroupGap = 0.0,
            XRef = "container",
            X = 0.02,
            YRef = "container",
            Y = 0.0,
            YAnchor = StyleParam.YAnchorPosition.Bottom
        )

    /// The chart with so many pixels more between its title and its plot, of its height.
    let lowered pixels chart =
        chart |> Chart.withMarginSize (Left = left, Right = right, Top = above + pixels, Bottom = below)

    /// The chart without its legend, for a page where many charts share one.
    let withoutLegend chart =
        chart |> Chart.withSize (Height = above + plotHeight + below) |> withoutWidth |> Chart.withLayoutStyle (ShowLegend = false)
