namespace BoxTeacher.Charts

open System
open System.Globalization
open System.IO
open System.Text
open System.Text.Json

/// A JSON value. Numbers are doubles; the order of an object's members is kept.
[<RequireQualifiedAccess>]
type JsonValue =
    | Null
    | Bool of bool
    | Number of float
    | Text of string
    | Array of JsonValue array
    | Object of (string * JsonValue) list

/// Reading, writing and looking into JSON values.
[<RequireQualifiedAccess>]
module Json =

    let rec private ofElement (element: JsonElement) =
        match element.ValueKind with
        | JsonValueKind.True -> JsonValue.Bool true
        | JsonValueKind.False -> JsonValue.Bool false
        | JsonValueKind.Number -> JsonValue.Number(element.GetDouble())
        | JsonValueKind.String -> JsonValue.Text(element.GetString() |> Option.ofObj |> Option.defaultValue "")
        | JsonValueKind.Array -> JsonValue.Array [| for item in element.EnumerateArray() -> ofElement item |]
        | JsonValueKind.Object ->
            JsonValue.Object [ for property in element.EnumerateObject() -> property.Name, ofElement property.Value ]
        | _ -> JsonValue.Null

    /// Parses a JSON text; raises JsonException, with line and position, when it is not one.
    let parse (text: string) =
        use document = JsonDocument.Parse text
        ofElement document.RootElement

    let rec private write (writer: Utf8JsonWriter) value =
        match value with
        | JsonValue.Null -> writer.WriteNullValue()
        | JsonValue.Bool flag -> writer.WriteBooleanValue flag
        // JSON has no word for these three; plotly reads null as a missing point.
        | JsonValue.Number number when not (Double.IsFinite number) -> writer.WriteNullValue()
        | JsonValue.Number number when number = Math.Floor number && abs number < 1e15 -> writer.WriteNumberValue(int64 number)
        | JsonValue.Number number -> writer.WriteNumberValue number
        | JsonValue.Text text -> writer.WriteStringValue text
        | JsonValue.Array items ->
            writer.WriteStartArray()
            items |> Array.iter (write writer)
            writer.WriteEndArray()
        | JsonValue.Object members ->
            writer.WriteStartObject()

            for name, item in members do
                writer.WritePropertyName name
                write writer item

            writer.WriteEndObject()

    let private render indented value =
        use stream = new MemoryStream()

        do
            // The default encoder escapes '<', '>' and '&', so the text is safe inside a script element.
            use writer = new Utf8JsonWriter(stream, JsonWriterOptions(Indented = indented))
            write writer value

        Encoding.UTF8.GetString(stream.ToArray())

    /// The value as JSON on one line, safe inside an HTML script element.
    let toText value = render false value

    /// The value as indented JSON.
    let toIndentedText value = render true value

    /// The member of an object by name; None for other values, absent members and null.
    let tryMember name value =
        match value with
        | JsonValue.Object members ->
            members
            |> List.tryFind (fun (key, _) -> key = name)
            |> Option.map snd
            |> Option.filter (fun item -> item <> JsonValue.Null)
        | _ -> None

    /// The value at a path of member names parted by dots ("marker.line.color").
    let tryPath (path: string) value =
        (Some value, path.Split '.')
        ||> Array.fold (fun found name -> found |> Option.bind (tryMember name))

    /// The number at a path, if there is one.
    let tryNumber path value =
        match tryPath path value with
        | Some(JsonValue.Number number) -> Some number
        | _ -> None

    /// The string at a path, if there is one.
    let tryText path value =
        match tryPath path value with
        | Some(JsonValue.Text text) -> Some text
        | _ -> None

    /// The boolean at a path, if there is one.
    let tryBool path value =
        match tryPath path value with
        | Some(JsonValue.Bool flag) -> Some flag
        | _ -> None

    /// The items of the array at a path; empty when there is none.
    let items path value =
        match tryPath path value with
        | Some(JsonValue.Array items) -> items
        | _ -> [||]

    /// The value with one member replaced, or added at the end.
    let withMember name item value =
        match value with
        | JsonValue.Object members when members |> List.exists (fun (key, _) -> key = name) ->
            JsonValue.Object [ for key, old in members -> key, (if key = name then item else old) ]
        | JsonValue.Object members -> JsonValue.Object(members @ [ name, item ])
        | _ -> JsonValue.Object [ name, item ]

    /// Both objects' members; where both have one, objects are merged and otherwise the second wins.
    let rec merge first second =
        match first, second with
        | JsonValue.Object _, JsonValue.Object members ->
            (first, members)
            ||> List.fold (fun merged (name, item) ->
                match tryMember name merged with
                | Some old -> withMember name (merge old item) merged
                | None -> withMember name item merged)
        | _ -> second

    /// Any primitive (numbers, strings, booleans, dates) as JSON.
    let ofConvertible (value: IConvertible) =
        match value.GetTypeCode() with
        | TypeCode.String
        | TypeCode.Char -> JsonValue.Text(value.ToString CultureInfo.InvariantCulture)
        | TypeCode.Boolean -> JsonValue.Bool(value.ToBoolean CultureInfo.InvariantCulture)
        | TypeCode.DateTime -> JsonValue.Text((value.ToDateTime CultureInfo.InvariantCulture).ToString "O")
        | _ -> JsonValue.Number(value.ToDouble CultureInfo.InvariantCulture)
