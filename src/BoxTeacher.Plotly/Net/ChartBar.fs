namespace Plotly.NET

open System
open BoxTeacher.Charts
open Plotly.NET.TraceObjects

/// Charts of bars, histograms and boxes.
[<AutoOpen>]
module ChartBar =

    let private marker (marker: Marker option) (colour: Color option) =
        let own = (Marker.init (?Color = colour)).Json

        match marker, own with
        | None, JsonValue.Object [] -> None
        | None, own -> Some own
        | Some given, own -> Some(Json.merge given.Json own)

    let private bars (orientation: StyleParam.Orientation) values keys name showLegend opacity multiText markerColor given ``base`` width =
        let valueAxis, keyAxis =
            match orientation with
            | StyleParam.Orientation.Vertical -> "y", "x"
            | StyleParam.Orientation.Horizontal -> "x", "y"

        Compose.trace
            "bar"
            [ keyAxis, keys
              valueAxis, Some values
              "orientation", Build.word StyleParam.Orientation.toString (Some orientation)
              "name", Build.text name
              "showlegend", Build.flag showLegend
              "opacity", Build.number opacity
              "text", Build.listOf (multiText: string seq option)
              "marker", marker given markerColor
              "base", Build.number ``base``
              "width", Build.number width ]
        |> Compose.chart

    type Chart with

        /// Upright bars, one a key.
        static member Column
            (
                values: seq<#IConvertible>,
                ?Keys: seq<#IConvertible>,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?MultiText: seq<string>,
                ?MarkerColor: Color,
                ?Marker: Marker,
                ?Base: float,
                ?Width: float
            ) =
            bars StyleParam.Orientation.Vertical (Build.list values) (Build.listOf Keys) Name ShowLegend Opacity MultiText MarkerColor Marker Base Width

        /// Upright bars, one a pair of key and value.
        static member Column
            (
                keysValues: seq<#IConvertible * #IConvertible>,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?MultiText: seq<string>,
                ?MarkerColor: Color,
                ?Marker: Marker,
                ?Base: float,
                ?Width: float
            ) =
            let keys, values = keysValues |> List.ofSeq |> List.unzip
            bars StyleParam.Orientation.Vertical (Build.list values) (Some(Build.list keys)) Name ShowLegend Opacity MultiText MarkerColor Marker Base Width

        /// Lying bars, one a key.
        static member Bar
            (
                values: seq<#IConvertible>,
                ?Keys: seq<#IConvertible>,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?MultiText: seq<string>,
                ?MarkerColor: Color,
                ?Marker: Marker,
                ?Base: float,
                ?Width: float
            ) =
            bars StyleParam.Orientation.Horizontal (Build.list values) (Build.listOf Keys) Name ShowLegend Opacity MultiText MarkerColor Marker Base Width

        /// Lying bars, one a pair of key and value.
        static member Bar
            (
                keysValues: seq<#IConvertible * #IConvertible>,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?MultiText: seq<string>,
                ?MarkerColor: Color,
                ?Marker: Marker,
                ?Base: float,
                ?Width: float
            ) =
            let keys, values = keysValues |> List.ofSeq |> List.unzip
            bars StyleParam.Orientation.Horizontal (Build.list values) (Some(Build.list keys)) Name ShowLegend Opacity MultiText MarkerColor Marker Base Width

        /// Counts of values in bins along x (X) or along y (Y).
        static member Histogram
            (
                ?X: seq<#IConvertible>,
                ?Y: seq<#IConvertible>,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?MarkerColor: Color,
                ?Marker: Marker,
                ?HistNorm: StyleParam.HistNorm,
                ?NBinsX: int,
                ?NBinsY: int
            ) =
            let orientation =
                if X.IsSome then StyleParam.Orientation.Vertical else StyleParam.Orientation.Horizontal

            Compose.trace
                "histogram"
                [ "x", Build.listOf X
                  "y", Build.listOf Y
                  "orientation", Build.word StyleParam.Orientation.toString (Some orientation)
                  "name", Build.text Name
                  "showlegend", Build.flag ShowLegend
                  "opacity", Build.number Opacity
                  "marker", marker Marker MarkerColor
                  "histnorm", Build.word StyleParam.HistNorm.toString HistNorm
                  "nbinsx", Build.count NBinsX
                  "nbinsy", Build.count NBinsY ]
            |> Compose.chart

        /// Quartiles, whiskers and outliers of Y (upright) or X (lying), grouped by the other when it is given.
        static member BoxPlot
            (
                ?X: seq<#IConvertible>,
                ?Y: seq<#IConvertible>,
                ?Name: string,
                ?ShowLegend: bool,
                ?Opacity: float,
                ?MarkerColor: Color,
                ?Marker: Marker,
                ?Orientation: StyleParam.Orientation
            ) =
            let orientation =
                match Orientation, Y with
                | Some given, _ -> given
                | None, Some _ -> StyleParam.Orientation.Vertical
                | None, None -> StyleParam.Orientation.Horizontal

            Compose.trace
                "box"
                [ "x", Build.listOf X
                  "y", Build.listOf Y
                  "orientation", Build.word StyleParam.Orientation.toString (Some orientation)
                  "name", Build.text Name
                  "showlegend", Build.flag ShowLegend
                  "opacity", Build.number Opacity
                  "marker", marker Marker MarkerColor ]
            |> Compose.chart
