namespace Plotly.NET

open System
open BoxTeacher.Charts

/// Members of plotly objects from optional arguments.
module internal Build =

    let object (members: (string * JsonValue option) list) =
        JsonValue.Object [ for name, value in members do match value with Some json -> name, json | None -> () ]

    let text (value: string option) = value |> Option.map JsonValue.Text
    let flag value = value |> Option.map JsonValue.Bool
    let number (value: float option) = value |> Option.map JsonValue.Number
    let count (value: int option) = value |> Option.map (float >> JsonValue.Number)
    let any (value: 'a option when 'a :> IConvertible) = value |> Option.map (fun v -> Json.ofConvertible v)
    let list (values: seq<'a> when 'a :> IConvertible) = JsonValue.Array [| for v in values -> Json.ofConvertible v |]
    let listOf (values: seq<'a> option when 'a :> IConvertible) = values |> Option.map list
    let word toString value = value |> Option.map (fun v -> JsonValue.Text(toString v))
    let colour (value: Color option) = value |> Option.map _.Json

    let scale (value: StyleParam.Colorscale option) =
        value
        |> Option.map (function
            | StyleParam.Colorscale.Custom stops ->
                JsonValue.Array [| for at, colour in stops -> JsonValue.Array [| JsonValue.Number at; colour.Json |] |]
            | named -> JsonValue.Text(string named))

/// A font of a text.
type Font internal (json: JsonValue) =
    member internal _.Json = json

    /// Family is a CSS font family, Size is in pixels.
    static member init(?Family: string, ?Size: float, ?Color: Color) =
        Font(Build.object [ "family", Build.text Family; "size", Build.number Size; "color", Build.colour Color ])

/// A title of a chart, an axis or a colour bar.
type Title internal (json: JsonValue) =
    member internal _.Json = json

    /// X and Y are shares of the chart's size.
    static member init(?Text: string, ?Font: Font, ?Standoff: int, ?X: float, ?Y: float) =
        Title(
            Build.object
                [ "text", Build.text Text
                  "font", Font |> Option.map _.Json
                  "standoff", Build.count Standoff
                  "x", Build.number X
                  "y", Build.number Y ]
        )

/// A line of a trace, a marker's outline or a shape.
type Line internal (json: JsonValue) =
    member internal _.Json = json

    /// Width is in pixels.
    static member init(?Color: Color, ?Dash: StyleParam.DrawingStyle, ?Shape: StyleParam.Shape, ?Width: float) =
        Line(
            Build.object
                [ "color", Build.colour Color
                  "dash", Build.word StyleParam.DrawingStyle.toString Dash
                  "shape", Build.word StyleParam.Shape.toString Shape
                  "width", Build.number Width ]
        )

namespace Plotly.NET.TraceObjects

open System
open BoxTeacher.Charts
open Plotly.NET

/// Markers of a trace: points of a scatter, bars of a bar chart.
type Marker internal (json: JsonValue) =
    member internal _.Json = json

    /// Size is the diameter in pixels.
    static member init
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
        Marker(
            Build.object
                [ "color", Build.colour Color
                  "colorscale", Build.scale Colorscale
                  "showscale", Build.flag ShowScale
                  "opacity", Build.number Opacity
                  "line", Outline |> Option.map _.Json
                  "size", MultiSize |> Option.map Build.list |> Option.orElse (Build.count Size)
                  "symbol", Build.word StyleParam.MarkerSymbol.toString Symbol ]
        )

/// Error bars of a trace along one axis.
type Error internal (json: JsonValue) =
    member internal _.Json = json

    /// Array (and Arrayminus, when Symmetric is false) are lengths, point by point.
    static member init
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
        Error(
            Build.object
                [ "visible", Build.flag Visible
                  "type", Build.word StyleParam.ErrorType.toString Type
                  "symmetric", Build.flag Symmetric
                  "array", Build.listOf Array
                  "arrayminus", Build.listOf Arrayminus
                  "value", Build.number Value
                  "valueminus", Build.number Valueminus
                  "color", Build.colour Color
                  "thickness", Build.number Thickness
                  "width", Build.number Width ]
        )

namespace Plotly.NET.LayoutObjects

open System
open BoxTeacher.Charts
open Plotly.NET

/// An axis of numbers, logarithms or names.
type LinearAxis internal (json: JsonValue) =
    member internal _.Json = json

    /// Range is in axis units: on a log axis, in powers of ten. Domain is a share of the plot's size.
    static member init
        (
            ?Title: Title,
            ?AxisType: StyleParam.AxisType,
            ?AutoRange: StyleParam.AutoRange,
            ?Range: float * float,
            ?ShowGrid: bool,
            ?ShowLine: bool,
            ?ShowTickLabels: bool,
            ?ZeroLine: bool,
            ?Visible: bool,
            ?TickVals: seq<#IConvertible>,
            ?TickText: seq<#IConvertible>,
            ?TickFormat: string,
            ?Domain: float * float,
            ?Anchor: StyleParam.SubPlotId,
            ?ScaleAnchor: StyleParam.SubPlotId
        ) =
        let pair (low: float, high: float) = JsonValue.Array [| JsonValue.Number low; JsonValue.Number high |]

        LinearAxis(
            Build.object
                [ "title", Title |> Option.map _.Json
                  "type", Build.word StyleParam.AxisType.toString AxisType
                  "autorange",
                  AutoRange
                  |> Option.map (function
                      | StyleParam.AutoRange.True -> JsonValue.Bool true
                      | StyleParam.AutoRange.False -> JsonValue.Bool false
                      | StyleParam.AutoRange.Reversed -> JsonValue.Text "reversed")
                  "range", Range |> Option.map pair
                  "showgrid", Build.flag ShowGrid
                  "showline", Build.flag ShowLine
                  "showticklabels", Build.flag ShowTickLabels
                  "zeroline", Build.flag ZeroLine
                  "visible", Build.flag Visible
                  "tickvals", Build.listOf TickVals
                  "ticktext", Build.listOf TickText
                  "tickformat", Build.text TickFormat
                  "domain", Domain |> Option.map pair
                  "anchor", Build.word StyleParam.SubPlotId.toString Anchor
                  "scaleanchor", Build.word StyleParam.SubPlotId.toString ScaleAnchor ]
        )

/// A line, rectangle or circle drawn over a chart.
type Shape internal (json: JsonValue) =
    member internal _.Json = json

    /// Xref and Yref are an axis ("x", "y2", "x domain") or "paper"; coordinates refer to them.
    static member init
        (
            ?ShapeType: StyleParam.ShapeType,
            ?X0: #IConvertible,
            ?X1: #IConvertible,
            ?Y0: #IConvertible,
            ?Y1: #IConvertible,
            ?Xref: string,
            ?Yref: string,
            ?Fillcolor: Color,
            ?Line: Line,
            ?Opacity: float
        ) =
        Shape(
            Build.object
                [ "type", Build.word StyleParam.ShapeType.toString ShapeType
                  "x0", Build.any X0
                  "x1", Build.any X1
                  "y0", Build.any Y0
                  "y1", Build.any Y1
                  "xref", Build.text Xref
                  "yref", Build.text Yref
                  "fillcolor", Build.colour Fillcolor
                  "line", Line |> Option.map _.Json
                  "opacity", Build.number Opacity ]
        )

/// A text at a place, with an arrow to it unless ShowArrow is false.
type Annotation internal (json: JsonValue) =
    member internal _.Json = json

    /// XRef and YRef are an axis ("x", "y2", "x domain") or "paper"; AX and AY are the arrow's length in pixels.
    static member init
        (
            ?X: #IConvertible,
            ?Y: #IConvertible,
            ?Text: string,
            ?XRef: string,
            ?YRef: string,
            ?ShowArrow: bool,
            ?AX: float,
            ?AY: float,
            ?Font: Font,
            ?XAnchor: StyleParam.XAnchorPosition,
            ?YAnchor: StyleParam.YAnchorPosition
        ) =
        Annotation(
            Build.object
                [ "x", Build.any X
                  "y", Build.any Y
                  "text", Build.text Text
                  "xref", Build.text XRef
                  "yref", Build.text YRef
                  "showarrow", Build.flag ShowArrow
                  "ax", Build.number AX
                  "ay", Build.number AY
                  "font", Font |> Option.map _.Json
                  "xanchor", Build.word StyleParam.XAnchorPosition.toString XAnchor
                  "yanchor", Build.word StyleParam.YAnchorPosition.toString YAnchor ]
        )

/// The legend.
type Legend internal (json: JsonValue) =
    member internal _.Json = json

    /// X and Y are shares of the plot's size.
    static member init(?Orientation: StyleParam.Orientation, ?X: float, ?Y: float, ?Title: Title, ?Font: Font) =
        Legend(
            Build.object
                [ "orientation", Build.word StyleParam.Orientation.toString Orientation
                  "x", Build.number X
                  "y", Build.number Y
                  "title", Title |> Option.map _.Json
                  "font", Font |> Option.map _.Json ]
        )
