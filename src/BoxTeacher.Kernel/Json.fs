namespace BoxTeacher.Kernel

open System.IO
open System.Text.Encodings.Web
open System.Text.Json
open System.Text.Json.Nodes

/// Words for building and reading the JSON of messages.
module internal Json =

    let private options = JsonWriterOptions(Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping)

    let text (value: string) : JsonNode = JsonValue.Create value
    let number (value: int) : JsonNode = JsonValue.Create value
    let flag (value: bool) : JsonNode = JsonValue.Create value
    let list (items: JsonNode seq) : JsonNode = JsonArray(Seq.toArray items)
    let texts (items: string seq) = items |> Seq.map text |> list

    let fields (pairs: (string * JsonNode) seq) =
        let node = JsonObject()
        for name, value in pairs do
            node.Add(name, value)
        node

    let node (pairs: (string * JsonNode) seq) : JsonNode = fields pairs

    let utf8 (node: JsonNode) =
        use bytes = new MemoryStream()
        use writer = new Utf8JsonWriter(bytes, options)
        node.WriteTo writer
        writer.Flush()
        bytes.ToArray()

    let private property (name: string) (element: JsonElement) =
        match element.ValueKind with
        | JsonValueKind.Object ->
            match element.TryGetProperty name with
            | true, value -> Some value
            | _ -> None
        | _ -> None

    /// The string under a name, unless it is absent, of another kind, or half of a surrogate pair.
    let tryText name element =
        match property name element with
        | Some value when value.ValueKind = JsonValueKind.String ->
            try
                Some(value.GetString())
            with :? System.InvalidOperationException ->
                None
        | _ -> None

    /// The string under a name, or the fallback where there is none.
    let textOr (fallback: string) name element =
        tryText name element |> Option.defaultValue fallback

    /// The strings under the names of an object.
    let textsOf name element =
        match property name element with
        | Some value when value.ValueKind = JsonValueKind.Object ->
            [ for field in value.EnumerateObject() do
                  match tryText field.Name value with
                  | Some text -> field.Name, text
                  | None -> () ]
        | _ -> []

    /// The truth value under a name, or the fallback where it is absent or of another kind.
    let flagOr fallback name element =
        match property name element |> Option.map _.ValueKind with
        | Some JsonValueKind.True -> true
        | Some JsonValueKind.False -> false
        | _ -> fallback

    /// The whole number under a name, or the fallback where it is absent or of another kind.
    let intOr fallback name element =
        match property name element with
        | Some value when value.ValueKind = JsonValueKind.Number ->
            match value.TryGetInt32() with
            | true, number -> number
            | _ -> fallback
        | _ -> fallback
