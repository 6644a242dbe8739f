namespace BoxTeacher.Charts

open System
open System.Text.RegularExpressions

/// A place on an axis: a number, or a name on an axis of categories.
[<RequireQualifiedAccess>]
type internal Place =
    | At of float
    | Named of string
    | Missing

/// What a trace draws.
[<RequireQualifiedAccess>]
type internal Mark =
    | Scatter
    | Bar
    | Histogram
    | Heatmap
    | Image
    | Box

/// One trace of a figure, with what every kind of trace has; the rest is read from Json where it is drawn.
type internal Trace =
    { Mark: Mark
      X: Place array
      Y: Place array
      XAxis: string
      YAxis: string
      Name: string option
      InLegend: bool
      Opacity: float
      Colour: string
      Json: JsonValue }

    /// Bars, histograms and boxes that lie along x.
    member trace.IsHorizontal = Json.tryText "orientation" trace.Json = Some "h"

/// A plotly figure: traces and layout.
type internal Figure =
    { Traces: Trace list
      Layout: JsonValue
      Width: float
      Height: float }

module internal Figure =

    /// A plotly text without its HTML tags.
    let plain (text: string) =
        Regex.Replace(text.Replace("<br>", " "), "</?[a-zA-Z][^>]*>", "")

    /// A title, which plotly writes as a string or as an object with a text.
    let tryTitle path json =
        Json.tryText path json |> Option.orElse (Json.tryText (path + ".text") json) |> Option.map plain

    let private place =
        function
        | JsonValue.Number number when Double.IsFinite number -> Place.At number
        | JsonValue.Text text -> Place.Named text
        | JsonValue.Bool flag -> Place.Named(if flag then "true" else "false")
        | _ -> Place.Missing

    let private places name json = Json.items name json |> Array.map place

    let private tryMark json =
        match Json.tryText "type" json |> Option.defaultValue "scatter" with
        | "scatter"
        | "scattergl" -> Some Mark.Scatter
        | "bar" -> Some Mark.Bar
        | "histogram" -> Some Mark.Histogram
        | "heatmap"
        | "heatmapgl" -> Some Mark.Heatmap
        | "image" -> Some Mark.Image
        | "box"
        | "violin" -> Some Mark.Box
        | _ -> None

    /// The colour a trace's lines or, failing that, its markers are drawn in.
    let private ownColour json =
        [ "line.color"; "marker.color"; "fillcolor" ] |> List.tryPick (fun path -> Json.tryText path json)

    let private trace (colourway: string array) index json =
        tryMark json
        |> Option.map (fun mark ->
            let name = Json.tryText "name" json |> Option.map plain
            let x, y = places "x" json, places "y" json

            // A box without positions stands at its trace's name.
            let byName (values: Place array) =
                Array.replicate values.Length (Place.Named(name |> Option.defaultValue $"trace {index}"))

            { Mark = mark
              X = if mark = Mark.Box && x.Length = 0 then byName y else x
              Y = if mark = Mark.Box && y.Length = 0 then byName x else y
              XAxis = Json.tryText "xaxis" json |> Option.defaultValue "x"
              YAxis = Json.tryText "yaxis" json |> Option.defaultValue "y"
              Name = name
              InLegend =
                mark <> Mark.Heatmap
                && mark <> Mark.Image
                && name.IsSome
                && Json.tryBool "showlegend" json <> Some false
              Opacity = Json.tryNumber "opacity" json |> Option.defaultValue 1.0
              Colour = ownColour json |> Option.defaultValue colourway[index % colourway.Length]
              Json = json })

    let private isVisible json =
        match Json.tryPath "visible" json with
        | Some(JsonValue.Bool false)
        | Some(JsonValue.Text "legendonly") -> false
        | _ -> true

    /// The figure of {"data": [...], "layout": {...}}. Traces of kinds that have no picture here are left out.
    let ofJson json =
        let layout = Json.tryPath "layout" json |> Option.defaultValue (JsonValue.Object [])

        let colourway =
            match Json.items "colorway" layout |> Array.choose (function JsonValue.Text c -> Some c | _ -> None) with
            | [||] -> Colour.colourway
            | colours -> colours

        { Traces =
            Json.items "data" json
            |> Array.filter isVisible
            |> Array.mapi (trace colourway)
            |> Array.choose id
            |> List.ofArray
          Layout = layout
          Width = Json.tryNumber "width" layout |> Option.defaultValue 700.0
          Height = Json.tryNumber "height" layout |> Option.defaultValue 450.0 }

    /// Whether the legend is shown: as the layout says, else when there are two or more named traces.
    let showsLegend figure =
        let named = figure.Traces |> List.filter _.InLegend
        Json.tryBool "showlegend" figure.Layout |> Option.defaultValue (named.Length > 1) && not named.IsEmpty

    /// The rows of a matrix such as a heat map's z, all as long as the longest; missing cells are NaN.
    let matrix name json =
        let rows = Json.items name json |> Array.map (function JsonValue.Array cells -> cells | _ -> [||])
        let width = rows |> Array.fold (fun width cells -> max width cells.Length) 0
        let number cell = match cell with Some(JsonValue.Number number) -> number | _ -> nan
        [| for cells in rows -> Array.init width (fun column -> number (Array.tryItem column cells)) |]

    /// Lower and upper lengths of a trace's error bars along "error_x" or "error_y", point by point.
    let errors axis (trace: Trace) (values: Place array) =
        match Json.tryPath axis trace.Json with
        | Some error when Json.tryBool "visible" error <> Some false ->
            let lengths name =
                Json.items name error |> Array.map (function JsonValue.Number number -> number | _ -> 0.0)

            let constant = Json.tryNumber "value" error |> Option.defaultValue 0.0
            let upper = lengths "array"
            let lower = if Json.tryBool "symmetric" error = Some false then lengths "arrayminus" else upper

            let length (given: float array) i =
                match Json.tryText "type" error, values[i] with
                | Some "percent", Place.At value -> abs value * constant / 100.0
                | Some "constant", _ -> constant
                | Some "sqrt", Place.At value -> sqrt (abs value)
                | _ -> if i < given.Length then given[i] else 0.0

            Array.init values.Length (fun i -> length lower i, length upper i)
        | _ -> [||]
