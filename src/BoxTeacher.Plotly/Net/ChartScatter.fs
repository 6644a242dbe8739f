namespace Plotly.NET

open System
open BoxTeacher.Charts
open Plotly.NET.TraceObjects

/// Charts of points and lines.
[<AutoOpen>]
module ChartScatter =

    let private line (line: Line option) (colour: Color option) (dash: StyleParam.DrawingStyle option) (width: float option) =
        let own = (Line.init (?Color = colour, ?Dash = dash, ?Width = width)).Json

        match line, own with
        | None, JsonValue.Object [] -> None
        | None, own -> Some own
        | Some given, own -> Some(Json.merge given.Json own)

    let private marker (marker: Marker option) (colour: Color option) (symbol: StyleParam.MarkerSymbol option) =
        let own = (Marker.init (?Color = colour, ?Symbol = symbol)).Json

        match marker, own with
        | None, JsonValue.Object [] -> None
        | None, own -> Some own
        | Some given, own -> Some(Json.merge given.Json own)

    type Chart with

        /// Points, lines or texts at (x, y). MultiText gives each point a text; Fill and FillColor paint an area.
        static member Scatter
            (
                x: seq<#IConvertible>,
                y: seq<#IConvertible>,
                mode: StyleParam.Mode,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?Text: string,
                ?MultiText: seq<string>,
                ?TextPosition: StyleParam.TextPosition,
                ?MarkerColor: Color,
                ?MarkerSymbol: StyleParam.MarkerSymbol,
                ?Marker: Marker,
                ?LineColor: Color,
                ?LineWidth: float,
                ?LineDash: StyleParam.DrawingStyle,
                ?Line: Line,
                ?Fill: StyleParam.Fill,
                ?FillColor: Color
            ) =
            Compose.trace
                "scatter"
                [ "mode", Build.word StyleParam.Mode.toString (Some mode)
                  "x", Some(Build.list x)
                  "y", Some(Build.list y)
                  "name", Build.text Name
                  "showlegend", Build.flag ShowLegend
                  "opacity", Build.number Opacity
                  "text", MultiText |> Build.listOf |> Option.orElse (Build.text Text)
                  "textposition", Build.word StyleParam.TextPosition.toString TextPosition
                  "marker", marker Marker MarkerColor MarkerSymbol
                  "line", line Line LineColor LineDash LineWidth
                  "fill", Build.word StyleParam.Fill.toString Fill
                  "fillcolor", Build.colour FillColor ]
            |> Compose.chart

        /// Points, lines or texts at the pairs.
        static member Scatter
            (
                xy: seq<#IConvertible * #IConvertible>,
                mode: StyleParam.Mode,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?Text: string,
                ?MultiText: seq<string>,
                ?TextPosition: StyleParam.TextPosition,
                ?MarkerColor: Color,
                ?MarkerSymbol: StyleParam.MarkerSymbol,
                ?Marker: Marker,
                ?LineColor: Color,
                ?LineWidth: float,
                ?LineDash: StyleParam.DrawingStyle,
                ?Line: Line,
                ?Fill: StyleParam.Fill,
                ?FillColor: Color
            ) =
            let x, y = xy |> List.ofSeq |> List.unzip

            Chart.Scatter(
                x = x,
                y = y,
                mode = mode,
                ?Name = Name,
                ?ShowLegend = ShowLegend,
                ?Opacity = Opacity,
                ?Text = Text,
                ?MultiText = MultiText,
                ?TextPosition = TextPosition,
                ?MarkerColor = MarkerColor,
                ?MarkerSymbol = MarkerSymbol,
                ?Marker = Marker,
                ?LineColor = LineColor,
                ?LineWidth = LineWidth,
                ?LineDash = LineDash,
                ?Line = Line,
                ?Fill = Fill,
                ?FillColor = FillColor
            )

        /// Points at (x, y).
        static member Point
            (
                x: seq<#IConvertible>,
                y: seq<#IConvertible>,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?Text: string,
                ?MultiText: seq<string>,
                ?TextPosition: StyleParam.TextPosition,
                ?MarkerColor: Color,
                ?MarkerSymbol: StyleParam.MarkerSymbol,
                ?Marker: Marker
            ) =
            let mode =
                if Text.IsSome || MultiText.IsSome then StyleParam.Mode.Markers_Text else StyleParam.Mode.Markers

            Chart.Scatter(
                x = x,
                y = y,
                mode = mode,
                ?Name = Name,
                ?ShowLegend = ShowLegend,
                ?Opacity = Opacity,
                ?Text = Text,
                ?MultiText = MultiText,
                ?TextPosition = TextPosition,
                ?MarkerColor = MarkerColor,
                ?MarkerSymbol = MarkerSymbol,
                ?Marker = Marker
            )

        /// Points at the pairs.
        static member Point
            (
                xy: seq<#IConvertible * #IConvertible>,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?Text: string,
                ?MultiText: seq<string>,
                ?TextPosition: StyleParam.TextPosition,
                ?MarkerColor: Color,
                ?MarkerSymbol: StyleParam.MarkerSymbol,
                ?Marker: Marker
            ) =
            let x, y = xy |> List.ofSeq |> List.unzip

            Chart.Point(
                x = x,
                y = y,
                ?Name = Name,
                ?ShowLegend = ShowLegend,
                ?Opacity = Opacity,
                ?Text = Text,
                ?MultiText = MultiText,
                ?TextPosition = TextPosition,
                ?MarkerColor = MarkerColor,
                ?MarkerSymbol = MarkerSymbol,
                ?Marker = Marker
            )

        /// A line through (x, y), with points on it when ShowMarkers is true.
        static member Line
            (
                x: seq<#IConvertible>,
                y: seq<#IConvertible>,
                ?ShowMarkers: bool,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?Text: string,
                ?MultiText: seq<string>,
                ?TextPosition: StyleParam.TextPosition,
                ?MarkerColor: Color,
                ?MarkerSymbol: StyleParam.MarkerSymbol,
                ?Marker: Marker,
                ?LineColor: Color,
                ?LineWidth: float,
                ?LineDash: StyleParam.DrawingStyle,
                ?Line: Line,
                ?Fill: StyleParam.Fill,
                ?FillColor: Color
            ) =
            let mode =
                match defaultArg ShowMarkers false, Text.IsSome || MultiText.IsSome with
                | true, true -> StyleParam.Mode.Lines_Markers_Text
                | true, false -> StyleParam.Mode.Lines_Markers
                | false, true -> StyleParam.Mode.Lines_Text
                | false, false -> StyleParam.Mode.Lines

            Chart.Scatter(
                x = x,
                y = y,
                mode = mode,
                ?Name = Name,
                ?ShowLegend = ShowLegend,
                ?Opacity = Opacity,
                ?Text = Text,
                ?MultiText = MultiText,
                ?TextPosition = TextPosition,
                ?MarkerColor = MarkerColor,
                ?MarkerSymbol = MarkerSymbol,
                ?Marker = Marker,
                ?LineColor = LineColor,
                ?LineWidth = LineWidth,
                ?LineDash = LineDash,
                ?Line = Line,
                ?Fill = Fill,
                ?FillColor = FillColor
            )

        /// A line through the pairs, with points on it when ShowMarkers is true.
        static member Line
            (
                xy: seq<#IConvertible * #IConvertible>,
                ?ShowMarkers: bool,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?Text: string,
                ?MultiText: seq<string>,
                ?TextPosition: StyleParam.TextPosition,
                ?MarkerColor: Color,
                ?MarkerSymbol: StyleParam.MarkerSymbol,
                ?Marker: Marker,
                ?LineColor: Color,
                ?LineWidth: float,
                ?LineDash: StyleParam.DrawingStyle,
                ?Line: Line,
                ?Fill: StyleParam.Fill,
                ?FillColor: Color
            ) =
            let x, y = xy |> List.ofSeq |> List.unzip

            Chart.Line(
                x = x,
                y = y,
                ?ShowMarkers = ShowMarkers,
                ?Name = Name,
                ?ShowLegend = ShowLegend,
                ?Opacity = Opacity,
                ?Text = Text,
                ?MultiText = MultiText,
                ?TextPosition = TextPosition,
                ?MarkerColor = MarkerColor,
                ?MarkerSymbol = MarkerSymbol,
                ?Marker = Marker,
                ?LineColor = LineColor,
                ?LineWidth = LineWidth,
                ?LineDash = LineDash,
                ?Line = Line,
                ?Fill = Fill,
                ?FillColor = FillColor
            )

        /// A line (or points) at y with the band between lower and upper around it.
        static member Range
            (
                x: seq<#IConvertible>,
                y: seq<#IConvertible>,
                upper: seq<#IConvertible>,
                lower: seq<#IConvertible>,
                mode: StyleParam.Mode,
                ?Name: string,
                ?ShowLegend: bool,
                ?MarkerColor: Color,
                ?LineColor: Color,
                ?LineWidth: float,
                ?LineDash: StyleParam.DrawingStyle,
                ?RangeColor: Color,
                ?LowerName: string,
                ?UpperName: string
            ) =
            let x = List.ofSeq x
            let edge = Line.init (Width = 0.0)

            GenericChart.combine
                [ Chart.Line(x = x, y = lower, Name = defaultArg LowerName "lower", ShowLegend = false, Line = edge)
                  Chart.Line(
                      x = x,
                      y = upper,
                      Name = defaultArg UpperName "upper",
                      ShowLegend = false,
                      Line = edge,
                      Fill = StyleParam.Fill.ToNext_y,
                      ?FillColor = RangeColor
                  )
                  Chart.Scatter(
                      x = x,
                      y = y,
                      mode = mode,
                      ?Name = Name,
                      ?ShowLegend = ShowLegend,
                      ?MarkerColor = MarkerColor,
                      ?LineColor = LineColor,
                      ?LineWidth = LineWidth,
                      ?LineDash = LineDash
                  ) ]
