namespace Plotly.NET

open System
open System.Diagnostics
open System.IO
open System.Text
open BoxTeacher.Charts
open Plotly.NET.LayoutObjects
open Plotly.NET.TraceObjects

/// Charts of all kinds, and what changes them.
[<AbstractClass; Sealed>]
type Chart private () =

    static member private AxisMembers
        (title: string option, font: Font option, titleObject: Title option, axisType, minMax: (#IConvertible * #IConvertible) option, showGrid, showLine, visible)
        =
        let titleJson =
            match titleObject, title with
            | Some given, _ -> Some given.Json
            | None, Some text -> Some (Title.init (Text = text, ?Font = font)).Json
            | None, None -> None

        Build.object
            [ "title", titleJson
              "type", Build.word StyleParam.AxisType.toString axisType
              "range", minMax |> Option.map (fun (low, high) -> JsonValue.Array [| Json.ofConvertible low; Json.ofConvertible high |])
              "showgrid", Build.flag showGrid
              "showline", Build.flag showLine
              "visible", Build.flag visible ]

    static member private AxisName(axis: string, id: StyleParam.SubPlotId option) =
        match id with
        | Some(StyleParam.SubPlotId.XAxis number)
        | Some(StyleParam.SubPlotId.YAxis number) when number > 1 -> $"{axis}{number}"
        | _ -> axis

    /// All charts' traces over one pair of axes.
    static member combine(gCharts: seq<GenericChart>) = GenericChart.combine gCharts

    /// Sets the title.
    static member withTitle(title: string, ?TitleFont: Font) =
        Compose.mergeLayout [ "title", Some (Title.init (Text = title, ?Font = TitleFont)).Json ]

    /// Sets the title.
    static member withTitle(title: Title) = Compose.mergeLayout [ "title", Some title.Json ]

    /// Sets the size in pixels.
    static member withSize(?Width: int, ?Height: int) =
        Compose.mergeLayout [ "width", Build.count Width; "height", Build.count Height ]

    /// Sets the size in pixels.
    static member withSize(width: float, height: float) =
        Compose.mergeLayout [ "width", Some(JsonValue.Number width); "height", Some(JsonValue.Number height) ]

    /// Changes the x axis: title, scale, range and grid.
    static member withXAxisStyle
        (
            ?TitleText: string,
            ?TitleFont: Font,
            ?Title: Title,
            ?AxisType: StyleParam.AxisType,
            ?MinMax: #IConvertible * #IConvertible,
            ?ShowGrid: bool,
            ?ShowLine: bool,
            ?Visible: bool,
            ?Id: StyleParam.SubPlotId
        ) =
        let axis = Chart.AxisMembers(TitleText, TitleFont, Title, AxisType, MinMax, ShowGrid, ShowLine, Visible)
        Compose.mergeLayout [ Chart.AxisName("xaxis", Id), Some axis ]

    /// Changes the y axis: title, scale, range and grid.
    static member withYAxisStyle
        (
            ?TitleText: string,
            ?TitleFont: Font,
            ?Title: Title,
            ?AxisType: StyleParam.AxisType,
            ?MinMax: #IConvertible * #IConvertible,
            ?ShowGrid: bool,
            ?ShowLine: bool,
            ?Visible: bool,
            ?Id: StyleParam.SubPlotId
        ) =
        let axis = Chart.AxisMembers(TitleText, TitleFont, Title, AxisType, MinMax, ShowGrid, ShowLine, Visible)
        Compose.mergeLayout [ Chart.AxisName("yaxis", Id), Some axis ]

    /// Replaces the attributes of the x axis that the given axis has.
    static member withXAxis(xAxis: LinearAxis, ?Id: StyleParam.SubPlotId) =
        Compose.mergeLayout [ Chart.AxisName("xaxis", Id), Some xAxis.Json ]

    /// Replaces the attributes of the y axis that the given axis has.
    static member withYAxis(yAxis: LinearAxis, ?Id: StyleParam.SubPlotId) =
        Compose.mergeLayout [ Chart.AxisName("yaxis", Id), Some yAxis.Json ]

    /// Gives every trace error bars along x.
    static member withXErrorStyle
        (
            ?Visible: bool,
            ?Type: StyleParam.ErrorType,
            ?Symmetric: bool,
            ?Array: seq<#IConvertible>,
            ?Arrayminus: seq<#IConvertible>,
            ?Value: float,
            ?Valueminus: float,
            ?Color: Color,
            ?Thickness: float,
            ?Width: float
        ) =
        let error =
            Error.init (
                ?Visible = Visible,
                ?Type = Type,
                ?Symmetric = Symmetric,
                ?Array = Array,
                ?Arrayminus = Arrayminus,
                ?Value = Value,
                ?Valueminus = Valueminus,
                ?Color = Color,
                ?Thickness = Thickness,
                ?Width = Width
            )

        Compose.mergeTraces [ "error_x", Some error.Json ]

    /// Gives every trace error bars along y.
    static member withYErrorStyle
        (
            ?Visible: bool,
            ?Type: StyleParam.ErrorType,
            ?Symmetric: bool,
            ?Array: seq<#IConvertible>,
            ?Arrayminus: seq<#IConvertible>,
            ?Value: float,
            ?Valueminus: float,
            ?Color: Color,
            ?Thickness: float,
            ?Width: float
        ) =
        let error =
            Error.init (
                ?Visible = Visible,
                ?Type = Type,
                ?Symmetric = Symmetric,
                ?Array = Array,
                ?Arrayminus = Arrayminus,
                ?Value = Value,
                ?Valueminus = Valueminus,
                ?Color = Color,
                ?Thickness = Thickness,
                ?Width = Width
            )

        Compose.mergeTraces [ "error_y", Some error.Json ]

    /// Changes name and visibility of every trace.
    static member withTraceInfo
        (?Name: string, ?Visible: StyleParam.Visible, ?ShowLegend: bool, ?LegendRank: int, ?LegendGroup: string, ?LegendGroupTitle: Title)
        =
        Compose.mergeTraces
            [ "name", Build.text Name
              "visible",
              Visible
              |> Option.map (function
                  | StyleParam.Visible.True -> JsonValue.Bool true
                  | StyleParam.Visible.False -> JsonValue.Bool false
                  | StyleParam.Visible.LegendOnly -> JsonValue.Text "legendonly")
              "showlegend", Build.flag ShowLegend
              "legendrank", Build.count LegendRank
              "legendgroup", Build.text LegendGroup
              "legendgrouptitle", LegendGroupTitle |> Option.map _.Json ]

    /// Changes the markers of every trace.
    static member withMarkerStyle
        (
            ?Color: Color,
            ?Colorscale: StyleParam.Colorscale,
            ?ShowScale: bool,
            ?Opacity: float,
            ?Outline: Line,
            ?Size: int,
            ?MultiSize: seq<int>,
            ?Symbol: StyleParam.MarkerSymbol
        ) =
        let marker =
            Marker.init (
                ?Color = Color,
                ?Colorscale = Colorscale,
                ?ShowScale = ShowScale,
                ?Opacity = Opacity,
                ?Outline = Outline,
                ?Size = Size,
                ?MultiSize = MultiSize,
                ?Symbol = Symbol
            )

        Compose.mergeTraces [ "marker", Some marker.Json ]

    /// Changes the line of every trace.
    static member withLineStyle(?Color: Color, ?Dash: StyleParam.DrawingStyle, ?Shape: StyleParam.Shape, ?Width: float) =
        let line = Line.init (?Color = Color, ?Dash = Dash, ?Shape = Shape, ?Width = Width)
        Compose.mergeTraces [ "line", Some line.Json ]

    /// Changes the legend.
    static member withLegendStyle(?Orientation: StyleParam.Orientation, ?X: float, ?Y: float, ?Title: Title, ?Font: Font) =
        let legend = Legend.init (?Orientation = Orientation, ?X = X, ?Y = Y, ?Title = Title, ?Font = Font)
        Compose.mergeLayout [ "legend", Some legend.Json ]

    /// Shows or hides the legend.
    static member withLegend(showlegend: bool) =
        Compose.mergeLayout [ "showlegend", Some(JsonValue.Bool showlegend) ]

    /// Sets the margins in pixels.
    static member withMarginSize(?Left: int, ?Right: int, ?Top: int, ?Bottom: int, ?Pad: int, ?Autoexpand: bool) =
        let margin =
            Build.object
                [ "l", Build.count Left
                  "r", Build.count Right
                  "t", Build.count Top
                  "b", Build.count Bottom
                  "pad", Build.count Pad
                  "autoexpand", Build.flag Autoexpand ]

        Compose.mergeLayout [ "margin", Some margin ]

    /// Changes the layout as a whole.
    static member withLayoutStyle
        (?Title: Title, ?ShowLegend: bool, ?Width: int, ?Height: int, ?BarMode: StyleParam.BarMode, ?BarGap: float, ?PaperBGColor: Color, ?PlotBGColor: Color)
        =
        Compose.mergeLayout
            [ "title", Title |> Option.map _.Json
              "showlegend", Build.flag ShowLegend
              "width", Build.count Width
              "height", Build.count Height
              "barmode", Build.word StyleParam.BarMode.toString BarMode
              "bargap", Build.number BarGap
              "paper_bgcolor", Build.colour PaperBGColor
              "plot_bgcolor", Build.colour PlotBGColor ]

    /// Adds a text.
    static member withAnnotation(annotation: Annotation) = Compose.append "annotations" [ annotation.Json ]

    /// Adds texts.
    static member withAnnotations(annotations: seq<Annotation>) =
        Compose.append "annotations" [ for annotation in annotations -> annotation.Json ]

    /// Adds a shape.
    static member withShape(shape: Shape) = Compose.append "shapes" [ shape.Json ]

    /// Adds shapes.
    static member withShapes(shapes: seq<Shape>) =
        Compose.append "shapes" [ for shape in shapes -> shape.Json ]

    /// Changes what the interactive picture offers.
    static member withConfigStyle(?StaticPlot: bool, ?Responsive: bool, ?DisplayModeBar: bool) =
        fun gChart ->
            let config = (GenericChart.getConfig gChart).Json

            let changes =
                Build.object
                    [ "staticPlot", Build.flag StaticPlot
                      "responsive", Build.flag Responsive
                      "displayModeBar", Build.flag DisplayModeBar ]

            GenericChart.setConfig (Config(Json.merge config changes)) gChart

    /// Charts in rows and columns, filled row by row; each keeps its own axes unless the pattern couples them.
    /// Raises ArgumentException when there are more charts than cells.
    static member Grid
        (nRows: int, nCols: int, ?SubPlotTitles: #seq<string>, ?SubPlotTitleFont: Font, ?Pattern: StyleParam.LayoutGridPattern, ?XGap: float, ?YGap: float)
        =
        fun (gCharts: #seq<GenericChart>) ->
            let charts = List.ofSeq gCharts

            if charts.Length > nRows * nCols then
                invalidArg (nameof gCharts) $"{charts.Length} charts do not fit into {nRows} x {nCols} cells"

            let pattern = defaultArg Pattern StyleParam.LayoutGridPattern.Independent

            let placed =
                charts
                |> List.mapi (fun index chart ->
                    let xNumber, yNumber =
                        match pattern with
                        | StyleParam.LayoutGridPattern.Independent -> index + 1, index + 1
                        | StyleParam.LayoutGridPattern.Coupled -> index % nCols + 1, index / nCols + 1

                    let x, y = StyleParam.SubPlotId.XAxis xNumber, StyleParam.SubPlotId.YAxis yNumber
                    let word id = Some(JsonValue.Text(StyleParam.SubPlotId.toString id))
                    let layout = (GenericChart.getLayout chart).Json
                    let axis name = Json.tryMember name layout |> Option.defaultValue Compose.empty

                    // A chart's own first axes become this cell's; everything that refers to them moves along.
                    let moved =
                        let others = match layout with JsonValue.Object members -> members | _ -> []
                        let reference name old id (item: JsonValue) =
                            if Json.tryText name item = Some old then Json.withMember name (JsonValue.Text(StyleParam.SubPlotId.toString id)) item else item

                        let refer = reference "xref" "x" x >> reference "yref" "y" y

                        JsonValue.Object
                            [ for name, item in others do
                                  match name, item with
                                  | ("xaxis" | "yaxis" | "title"), _ -> ()
                                  | ("shapes" | "annotations"), JsonValue.Array items -> name, JsonValue.Array(Array.map refer items)
                                  | _ -> name, item
                              Chart.AxisName("xaxis", Some x), axis "xaxis"
                              Chart.AxisName("yaxis", Some y), axis "yaxis" ]

                    chart |> GenericChart.setLayout (Layout moved) |> Compose.mergeTraces [ "xaxis", word x; "yaxis", word y ])

            let grid =
                Build.object
                    [ "rows", Build.count (Some nRows)
                      "columns", Build.count (Some nCols)
                      "pattern", Build.word StyleParam.LayoutGridPattern.toString (Some pattern)
                      "xgap", Build.number XGap
                      "ygap", Build.number YGap ]

            let combined = GenericChart.combine placed |> Compose.mergeLayout [ "grid", Some grid ]

            match SubPlotTitles with
            | None -> combined
            | Some titles ->
                let layout = (GenericChart.getLayout combined).Json

                let headings =
                    [ for index, title in Seq.indexed titles do
                          if index < charts.Length then
                              let number = match pattern with StyleParam.LayoutGridPattern.Independent -> index + 1 | _ -> index % nCols + 1
                              let row = match pattern with StyleParam.LayoutGridPattern.Independent -> index + 1 | _ -> index / nCols + 1
                              let id kind n = if n = 1 then kind else $"{kind}{n}"
                              let x0, x1 = Frame.domain layout (id "x" number)
                              let _, y1 = Frame.domain layout (id "y" row)
                              let font = defaultArg SubPlotTitleFont (Font.init (Size = 13.0))

                              (Annotation.init (
                                  X = (x0 + x1) / 2.0,
                                  Y = y1,
                                  Text = title,
                                  XRef = "paper",
                                  YRef = "paper",
                                  ShowArrow = false,
                                  Font = font,
                                  XAnchor = StyleParam.XAnchorPosition.Center,
                                  YAnchor = StyleParam.YAnchorPosition.Bottom
                              ))
                                  .Json ]

                combined |> Compose.append "annotations" headings

    /// Writes the chart as a page of its own, which is either the old or the new whole; makes the folder where there is none.
    static member saveHtml(path: string, ?OpenInBrowser: bool) =
        fun (gChart: GenericChart) ->
            let full = Path.GetFullPath(if Path.HasExtension path then path else path + ".html")
            Path.GetDirectoryName full |> Option.ofObj |> Option.iter (Directory.CreateDirectory >> ignore)
            let temporary = full + ".writing"

            do
                use stream = new FileStream(temporary, FileMode.Create, FileAccess.Write)
                stream.Write(Encoding.UTF8.GetBytes(GenericChart.toEmbeddedHTML gChart))
                stream.Flush true

            File.Move(temporary, full, true)

            if defaultArg OpenInBrowser false then
                use _ = Process.Start(ProcessStartInfo(full, UseShellExecute = true))
                ()

    /// Opens the chart in the browser, as a page in the folder for temporary files.
    static member show(gChart: GenericChart) =
        gChart |> Chart.saveHtml (Path.Combine(Path.GetTempPath(), $"chart-{Guid.NewGuid():N}.html"), OpenInBrowser = true)
