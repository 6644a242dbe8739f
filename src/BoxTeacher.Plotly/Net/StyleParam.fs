namespace Plotly.NET

/// Values that plotly attributes take, by Plotly.NET's names. The words are plotly's own
/// (https://plotly.com/javascript/reference): each case's text is what stands in the JSON.
[<RequireQualifiedAccess>]
module StyleParam =

    /// How a scatter trace is drawn.
    [<RequireQualifiedAccess>]
    type Mode =
        | None
        | Lines
        | Lines_Markers
        | Lines_Text
        | Lines_Markers_Text
        | Markers
        | Markers_Text
        | Text

        /// plotly's word for it.
        static member toString mode =
            match mode with
            | None -> "none"
            | Lines -> "lines"
            | Lines_Markers -> "lines+markers"
            | Lines_Text -> "lines+text"
            | Lines_Markers_Text -> "lines+markers+text"
            | Markers -> "markers"
            | Markers_Text -> "markers+text"
            | Text -> "text"

    /// Dashes of a line.
    [<RequireQualifiedAccess>]
    type DrawingStyle =
        | Solid
        | Dash
        | Dot
        | DashDot
        | LongDash
        | LongDashDot
        | User of seq<int>

        /// plotly's word for it.
        static member toString style =
            match style with
            | Solid -> "solid"
            | Dash -> "dash"
            | Dot -> "dot"
            | DashDot -> "dashdot"
            | LongDash -> "longdash"
            | LongDashDot -> "longdashdot"
            | User lengths -> lengths |> Seq.map (fun px -> $"{px}px") |> String.concat ","

    /// How a line goes from point to point.
    [<RequireQualifiedAccess>]
    type Shape =
        | Linear
        | Spline
        | Hv
        | Vh
        | Hvh
        | Vhv

        /// plotly's word for it.
        static member toString(shape: Shape) = (string shape).ToLowerInvariant()

    /// Scale of an axis.
    [<RequireQualifiedAccess>]
    type AxisType =
        | Auto
        | Linear
        | Log
        | Date
        | Category
        | MultiCategory

        /// plotly's word for it.
        static member toString axisType =
            match axisType with
            | Auto -> "-"
            | MultiCategory -> "multicategory"
            | _ -> (string axisType).ToLowerInvariant()

    /// Whether an axis finds its own range, and which way round.
    [<RequireQualifiedAccess>]
    type AutoRange =
        | True
        | False
        | Reversed

    /// Direction of bars, boxes and legends.
    [<RequireQualifiedAccess>]
    type Orientation =
        | Horizontal
        | Vertical

        /// plotly's word for it.
        static member toString orientation =
            match orientation with
            | Horizontal -> "h"
            | Vertical -> "v"

    /// What a trace fills with its colour.
    [<RequireQualifiedAccess>]
    type Fill =
        | None
        | ToZero_y
        | ToZero_x
        | ToNext_y
        | ToNext_x
        | ToSelf
        | ToNext

        /// plotly's word for it.
        static member toString fill =
            match fill with
            | None -> "none"
            | ToZero_y -> "tozeroy"
            | ToZero_x -> "tozerox"
            | ToNext_y -> "tonexty"
            | ToNext_x -> "tonextx"
            | ToSelf -> "toself"
            | ToNext -> "tonext"

    /// Scales from numbers to colours.
    [<RequireQualifiedAccess>]
    type Colorscale =
        | Custom of seq<float * Color>
        | Greys
        | Blues
        | Viridis
        | Cividis
        | RdBu

    /// Kinds of shapes drawn over a chart.
    [<RequireQualifiedAccess>]
    type ShapeType =
        | Circle
        | Rectangle
        | Line

        /// plotly's word for it.
        static member toString shapeType =
            match shapeType with
            | Circle -> "circle"
            | Rectangle -> "rect"
            | Line -> "line"

    /// Whether a grid's charts share axes along rows and columns.
    [<RequireQualifiedAccess>]
    type LayoutGridPattern =
        | Independent
        | Coupled

        /// plotly's word for it.
        static member toString(pattern: LayoutGridPattern) = (string pattern).ToLowerInvariant()

    /// How bars at one place stand together.
    [<RequireQualifiedAccess>]
    type BarMode =
        | Stack
        | Group
        | Overlay
        | Relative

        /// plotly's word for it.
        static member toString(mode: BarMode) = (string mode).ToLowerInvariant()

    /// Where the lengths of error bars come from.
    [<RequireQualifiedAccess>]
    type ErrorType =
        | Data
        | Percent
        | Constant
        | Sqrt

        /// plotly's word for it.
        static member toString(errorType: ErrorType) = (string errorType).ToLowerInvariant()

    /// What the height of a histogram's bars counts.
    [<RequireQualifiedAccess>]
    type HistNorm =
        | None
        | Percent
        | Probability
        | Density
        | ProbabilityDensity

        /// plotly's word for it.
        static member toString norm =
            match norm with
            | None -> ""
            | Percent -> "percent"
            | Probability -> "probability"
            | Density -> "density"
            | ProbabilityDensity -> "probability density"

    /// Shapes of markers.
    [<RequireQualifiedAccess>]
    type MarkerSymbol =
        | Circle
        | Square
        | Diamond
        | Cross
        | X
        | TriangleUp
        | TriangleDown

        /// plotly's word for it.
        static member toString symbol =
            match symbol with
            | TriangleUp -> "triangle-up"
            | TriangleDown -> "triangle-down"
            | _ -> (string symbol).ToLowerInvariant()

    /// Where a point's text stands.
    [<RequireQualifiedAccess>]
    type TextPosition =
        | TopLeft
        | TopCenter
        | TopRight
        | MiddleLeft
        | MiddleCenter
        | MiddleRight
        | BottomLeft
        | BottomCenter
        | BottomRight
        | Auto
        | Inside
        | Outside
        | None

        /// plotly's word for it.
        static member toString position =
            match position with
            | TopLeft -> "top left"
            | TopCenter -> "top center"
            | TopRight -> "top right"
            | MiddleLeft -> "middle left"
            | MiddleCenter -> "middle center"
            | MiddleRight -> "middle right"
            | BottomLeft -> "bottom left"
            | BottomCenter -> "bottom center"
            | BottomRight -> "bottom right"
            | _ -> (string position).ToLowerInvariant()

    /// Whether a trace is drawn.
    [<RequireQualifiedAccess>]
    type Visible =
        | True
        | False
        | LegendOnly

    /// An axis or another part of a layout, by its number; 1 for the first.
    [<RequireQualifiedAccess>]
    type SubPlotId =
        | XAxis of int
        | YAxis of int

        /// plotly's word for it: "x", "x2", ...
        static member toString id =
            match id with
            | XAxis 1 -> "x"
            | YAxis 1 -> "y"
            | XAxis number -> $"x{number}"
            | YAxis number -> $"y{number}"

    /// Horizontal anchors.
    [<RequireQualifiedAccess>]
    type XAnchorPosition =
        | Auto
        | Left
        | Center
        | Right

        /// plotly's word for it.
        static member toString(anchor: XAnchorPosition) = (string anchor).ToLowerInvariant()

    /// Vertical anchors.
    [<RequireQualifiedAccess>]
    type YAnchorPosition =
        | Auto
        | Top
        | Middle
        | Bottom

        /// plotly's word for it.
        static member toString(anchor: YAnchorPosition) = (string anchor).ToLowerInvariant()
