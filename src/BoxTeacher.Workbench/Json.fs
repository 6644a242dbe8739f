namespace BoxTeacher.Workbench

open System
open System.Collections.Generic
open System.Text.Json
open System.Text.Json.Nodes

/// What results need beside System.Text.Json: short words to write with, and reading by paths of member names parted by dots
/// ("mask.size").
[<RequireQualifiedAccess>]
module internal Json =

    let private indented = JsonSerializerOptions(WriteIndented = true)

    let object (members: (string * JsonNode | null) seq) = JsonObject(members |> Seq.map KeyValuePair)

    let array (items: (JsonNode | null) seq) = JsonArray(Array.ofSeq items)

    let text (value: string) : JsonNode | null = JsonValue.Create value

    let count (value: int64) : JsonNode | null = JsonValue.Create value

    /// A number; null where it is not finite, for which JSON has no word.
    let number (value: float) : JsonNode | null = if Double.IsFinite value then JsonValue.Create value else null

    let texts values = values |> Seq.map text |> array

    let numbers values = values |> Seq.map number |> array

    /// Parses a text; raises JsonException, with line and position, when it is no JSON.
    let parse (text: string) =
        use document = JsonDocument.Parse text
        document.RootElement.Clone()

    let toIndentedText (json: JsonElement) = JsonSerializer.Serialize(json, indented)

    let ofNode (node: JsonNode) = node.ToJsonString indented

    /// The value at a path; None where it is absent or null.
    let tryPath (path: string) (json: JsonElement) =
        (Some json, path.Split '.')
        ||> Array.fold (fun found name ->
            match found with
            | Some json when json.ValueKind = JsonValueKind.Object ->
                match json.TryGetProperty name with
                | true, item when item.ValueKind <> JsonValueKind.Null -> Some item
                | _ -> None
            | _ -> None)

    /// A number as it is; NaN for anything else.
    let toNumber (json: JsonElement) = if json.ValueKind = JsonValueKind.Number then json.GetDouble() else nan

    let tryNumber path json =
        tryPath path json |> Option.filter (fun item -> item.ValueKind = JsonValueKind.Number) |> Option.map _.GetDouble()

    let tryText path json =
        tryPath path json
        |> Option.filter (fun item -> item.ValueKind = JsonValueKind.String)
        |> Option.bind (fun item -> Option.ofObj (item.GetString()))

    /// The items of the array at a path; none where there is no array.
    let items path json =
        match tryPath path json with
        | Some found when found.ValueKind = JsonValueKind.Array -> List.ofSeq (found.EnumerateArray())
        | _ -> []

    /// The members of the object at a path; None where there is no object.
    let tryMembers path json =
        tryPath path json
        |> Option.filter (fun found -> found.ValueKind = JsonValueKind.Object)
        |> Option.map (fun found -> [ for property in found.EnumerateObject() -> property.Name, property.Value ])
