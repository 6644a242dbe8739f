namespace Plotly.NET

open System
open BoxTeacher.Charts

/// Charts of matrices: heat maps and pictures.
[<AutoOpen>]
module ChartMatrix =

    let private rows (z: seq<#seq<'a>> when 'a :> IConvertible) =
        JsonValue.Array [| for row in z -> JsonValue.Array [| for cell in row -> Json.ofConvertible cell |] |]

    let private downwards = Build.object [ "yaxis", Some(Build.object [ "autorange", Some(JsonValue.Text "reversed") ]) ]

    type Chart with

        /// A matrix as coloured cells, rows from below unless ReverseYAxis is true; X and Y name columns and rows.
        static member Heatmap
            (
                zData: seq<#seq<#IConvertible>>,
                ?X: seq<#IConvertible>,
                ?Y: seq<#IConvertible>,
                ?Name: string,
                ?Opacity: float,
                ?ColorScale: StyleParam.Colorscale,
                ?ShowScale: bool,
                ?ReverseScale: bool,
                ?ReverseYAxis: bool
            ) =
            let trace =
                Compose.trace
                    "heatmap"
                    [ "z", Some(rows zData)
                      "x", Build.listOf X
                      "y", Build.listOf Y
                      "name", Build.text Name
                      "opacity", Build.number Opacity
                      "colorscale", Build.scale ColorScale
                      "showscale", Build.flag ShowScale
                      "reversescale", Build.flag ReverseScale ]

            if defaultArg ReverseYAxis false then Compose.chartWithLayout trace downwards else Compose.chart trace

        /// A matrix as coloured cells with a text in each.
        static member AnnotatedHeatmap
            (
                zData: seq<#seq<#IConvertible>>,
                annotationText: seq<#seq<string>>,
                ?X: seq<#IConvertible>,
                ?Y: seq<#IConvertible>,
                ?Name: string,
                ?Opacity: float,
                ?ColorScale: StyleParam.Colorscale,
                ?ShowScale: bool,
                ?ReverseScale: bool,
                ?ReverseYAxis: bool
            ) =
            Chart.Heatmap(
                zData = zData,
                ?X = X,
                ?Y = Y,
                ?Name = Name,
                ?Opacity = Opacity,
                ?ColorScale = ColorScale,
                ?ShowScale = ShowScale,
                ?ReverseScale = ReverseScale,
                ?ReverseYAxis = ReverseYAxis
            )
            |> Compose.mergeTraces [ "text", Some(rows annotationText); "texttemplate", Some(JsonValue.Text "%{text}") ]

        /// A picture: Source is a data URI, or Z has an [r, g, b] for each pixel, rows from above.
        static member Image(?Z: seq<#seq<#seq<int>>>, ?Source: string, ?Name: string, ?ShowLegend: bool, ?Opacity: float) =
            let pixels =
                Z
                |> Option.map (fun rows ->
                    JsonValue.Array
                        [| for row in rows ->
                               JsonValue.Array [| for pixel in row -> JsonValue.Array [| for part in pixel -> JsonValue.Number(float part) |] |] |])

            Compose.trace
                "image"
                [ "z", pixels
                  "source", Build.text Source
                  "name", Build.text Name
                  "showlegend", Build.flag ShowLegend
                  "opacity", Build.number Opacity ]
            |> Compose.chart

        /// A picture of colours, rows from above.
        static member Image(z: seq<#seq<ARGB>>, ?Name: string, ?ShowLegend: bool, ?Opacity: float) =
            let parts = [ for row in z -> [ for pixel in row -> [ int pixel.R; int pixel.G; int pixel.B ] ] ]
            Chart.Image(Z = parts, ?Name = Name, ?ShowLegend = ShowLegend, ?Opacity = Opacity)
