namespace BoxTeacher.Workbench

open System
open System.Net
open Plotly.NET
open Plotly.NET.LayoutObjects
open Plotly.NET.TraceObjects

/// How charts look, and how their series are told apart: by color, and by symbol, dash or pattern as well.
[<RequireQualifiedAccess>]
module ChartStyle =

    // Okabe and Ito's colors, which people with any color vision tell apart and which show on white and on black; then gray and brown.
    let private palette =
        [| 0, 114, 178; 213, 94, 0; 0, 158, 115; 204, 121, 167; 230, 159, 0; 86, 180, 233; 127, 127, 127; 140, 86, 75 |]

    let private symbols =
        [| StyleParam.MarkerSymbol.Circle
           StyleParam.MarkerSymbol.Square
           StyleParam.MarkerSymbol.Diamond
           StyleParam.MarkerSymbol.Cross
           StyleParam.MarkerSymbol.X
           StyleParam.MarkerSymbol.TriangleUp
           StyleParam.MarkerSymbol.TriangleDown
           StyleParam.MarkerSymbol.Star |]

    // Dashes and patterns: one for each time that the colors begin anew.
    let private dashes =
        [| StyleParam.DrawingStyle.Solid
           StyleParam.DrawingStyle.Dash
           StyleParam.DrawingStyle.Dot
           StyleParam.DrawingStyle.DashDot
           StyleParam.DrawingStyle.LongDash
           StyleParam.DrawingStyle.LongDashDot |]

    let private patterns =
        [| StyleParam.PatternShape.None
           StyleParam.PatternShape.DiagonalAscending
           StyleParam.PatternShape.HorizontalLines
           StyleParam.PatternShape.Dots
           StyleParam.PatternShape.DiagonalDescending
           StyleParam.PatternShape.VerticalLines |]

    let private round index = index / palette.Length

    /// The color of the series with an index; opacity from 0 to 1.
    let color opacity index =
        let r, g, b = palette[index % palette.Length]
        Color.fromARGB (int (255.0 * opacity)) r g b

    /// The line of the series with an index.
    let line index =
        Line.init (Color = color 1.0 index, Dash = dashes[round index % dashes.Length], Width = 2.0)

    /// The points of the series with an index.
    let points index =
        Marker.init (Color = color 1.0 index, Symbol = symbols[(index + round index) % symbols.Length], Size = 7)

    /// The bars of the series with an index.
    let bars index =
        let pattern = Pattern.init (Shape = patterns[round index % patterns.Length], FGColor = Color.fromString "white", Solidity = 0.35)
        Marker.init (Color = color 1.0 index, Pattern = pattern)

    /// Width in pixels where nothing around a chart says how wide it is.
    let width = 560

    // As many letters of the legend fit beside each other in a chart of 380 pixels.
    let private lineOfLetters = 44

    /// A text that Plotly shows as it is, though it reads markup, in lines that fit into a legend.
    let label (text: string) =
        let escape (line: string) = string (WebUtility.HtmlEncode line)

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

    let private template =
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
                Title = Title.init (X = 0.02, XAnchor = StyleParam.XAnchorPosition.Left, Font = Font.init (Size = 14.0)),
                Colorway = Color.fromColors [ for index in 0 .. palette.Length - 1 -> color 1.0 index ],
                // Names are not cut.
                Hoverlabel = Hoverlabel.init (Namelength = -1)
            )
            |> Layout.setLinearAxis (StyleParam.SubPlotId.XAxis 1, axis)
            |> Layout.setLinearAxis (StyleParam.SubPlotId.YAxis 1, axis)

        Template.init layout

    // Pixels.
    let private above, below, left, right = 44, 52, 56, 16
    let private legendLine, legendMargin = 19, 16

    let private withoutWidth chart =
        chart
        |> GenericChart.mapLayout (fun layout ->
            layout.RemoveProperty "width" |> ignore
            layout)

    /// A chart in these looks, as wide as its page. The names of the legend, labels already, stand below the plot, each on lines of
    /// its own in room that is kept for them; a single name needs none.
    let apply plotHeight (legend: string list) chart =
        let lines = if legend.Length > 1 then legend |> List.sumBy (fun name -> name.Split("<br>").Length) else 0
        let legendHeight = if lines > 0 then lines * legendLine + legendMargin else 0

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
            XRef = "container",
            X = 0.02,
            YRef = "container",
            Y = 0.0,
            YAnchor = StyleParam.YAnchorPosition.Bottom
        )
