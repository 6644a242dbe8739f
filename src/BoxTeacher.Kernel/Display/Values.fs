namespace BoxTeacher.Kernel

open System
open System.Collections
open System.Collections.Generic
open System.Globalization
open System.Net
open System.Reflection
open FSharp.Reflection

/// What a value looks like to a reader, before any markup.
type internal Shape =
    /// A line or a block of text.
    | Plain of string
    /// Names with values: a record, an object of a C# record type.
    | Fields of (string * obj) list
    /// Rows under column names; how many rows were left out, where that is known.
    | Table of columns: string list * rows: obj list list * more: int option

/// The default appearance of values: tables for sequences of records, text for the rest.
module internal Values =

    let private invariant = CultureInfo.InvariantCulture

    let private structured (value: obj) =
        try
            sprintf "%120A" value
        with problem ->
            // A property of the user's type threw while it was printed.
            $"{value.GetType().FullName} ({problem.GetBaseException().Message})"

    /// The text of a value: strings as they are, the rest in F#'s own notation.
    let text (value: obj) =
        match value with
        | null -> "null"
        | :? string as text -> text
        | :? DateTime as time -> time.ToString("yyyy-MM-dd HH:mm:ss", invariant)
        | :? DateTimeOffset as time -> time.ToString("yyyy-MM-dd HH:mm:ss zzz", invariant)
        | :? TimeSpan as span -> span.ToString("c", invariant)
        | :? int as number -> number.ToString invariant // the most frequent value, without starting up %A
        | :? bool as truth -> if truth then "true" else "false"
        | :? char as letter -> string letter
        | :? exn as problem -> problem.ToString()
        | value -> structured value

    let private cellText (value: obj) =
        match value with
        | :? float as number -> number.ToString("G6", invariant)
        | :? float32 as number -> number.ToString("G6", invariant)
        | :? IFormattable as number when value.GetType().IsPrimitive -> number.ToString(null, invariant)
        | value ->
            let whole = text value
            if whole.Length > 400 then whole.Substring(0, 400) + "…" else whole

    // Private types of a cell are shown like public ones.
    let private everything = BindingFlags.Public ||| BindingFlags.NonPublic

    let private isCSharpRecord (kind: Type) =
        not (isNull (kind.GetMethod("<Clone>$", BindingFlags.Public ||| BindingFlags.Instance)))

    /// How to take a value of this type apart, if it has named fields.
    let private fieldsOf (kind: Type) : (string list * (obj -> obj list)) option =
        // F#'s own types, such as an asynchronous computation, are records for nobody but their authors.
        if FSharpType.IsRecord(kind, everything) && kind.Assembly <> typeof<unit>.Assembly then
            let names = FSharpType.GetRecordFields(kind, everything) |> Seq.map _.Name |> List.ofSeq
            Some(names, FSharpValue.PreComputeRecordReader(kind, everything) >> List.ofArray)
        elif FSharpType.IsTuple kind then
            let names = List.init (FSharpType.GetTupleElements kind).Length (fun i -> $"Item{i + 1}")
            Some(names, FSharpValue.GetTupleFields >> List.ofArray)
        elif isCSharpRecord kind then
            let properties =
                kind.GetProperties(BindingFlags.Public ||| BindingFlags.Instance)
                |> Array.filter (fun p -> p.CanRead && p.GetIndexParameters().Length = 0)
                |> List.ofArray

            Some(properties |> List.map _.Name, fun value -> properties |> List.map _.GetValue(value))
        else
            None

    let private keyAndValue (item: obj) =
        match item with
        | null -> None
        | item ->
            let kind = item.GetType()

            if kind.IsGenericType && kind.GetGenericTypeDefinition() = typedefof<KeyValuePair<_, _>> then
                Some [ kind.GetProperty("Key").GetValue item; kind.GetProperty("Value").GetValue item ]
            else
                None

    /// A table of the first items, if they are all of one type that has fields.
    let private table limit (head: obj list) (count: int option) : Shape option =
        let shown = List.truncate limit head

        let more =
            match count with
            | Some count -> Some(count - shown.Length)
            | None when head.Length = shown.Length -> Some 0
            | None -> None

        let sameType =
            match shown with
            | first :: rest when not (isNull first) ->
                let kind = first.GetType()
                if rest |> List.forall (fun item -> not (isNull item) && item.GetType() = kind) then Some kind else None
            | _ -> None

        match sameType with
        | None -> None
        | Some kind ->
            match List.map keyAndValue shown with
            | Some _ :: _ as pairs -> Some(Table([ "key"; "value" ], List.choose id pairs, more))
            | _ -> fieldsOf kind |> Option.map (fun (names, read) -> Table(names, List.map read shown, more))

    let private sequence limit (items: IEnumerable) =
        // One more than is shown tells whether anything is left out.
        let head = items |> Seq.cast<obj> |> Seq.truncate (limit + 1) |> List.ofSeq

        match items with
        | :? ICollection as whole -> table limit head (Some whole.Count) |> Option.defaultWith (fun () -> Plain(text items))
        | _ when FSharpType.IsUnion(items.GetType()) -> // an F# list
            table limit head None |> Option.defaultWith (fun () -> Plain(text items))
        | _ ->
            // Lazy: it may be endless, and each item may be an hour of training. What was read is not read again.
            table limit head None |> Option.defaultWith (fun () -> Plain(text (Seq.readonly head)))

    /// Classifies a value. A lazy sequence is read once, up to one more than `limit` items.
    let shape limit (value: obj) =
        match value with
        | null
        | :? string -> Plain(text value)
        | :? IEnumerable as items -> sequence limit items
        | value ->
            match fieldsOf (value.GetType()) with
            | Some(names, read) when not (FSharpType.IsTuple(value.GetType())) -> Fields(List.zip names (read value))
            | _ -> Plain(text value)

    let private isNumber (value: obj) =
        match value with
        | :? decimal -> true
        | :? bool
        | :? char
        | null -> false
        | value -> value.GetType().IsPrimitive

    let private cell (value: obj) =
        let alignment = if isNumber value then "right" else "left"
        let encoded = WebUtility.HtmlEncode(cellText value)

        let body =
            if encoded.Contains '\n' then $"<pre style=\"margin:0\">{encoded}</pre>" else encoded

        $"<td style=\"text-align:{alignment}\">{body}</td>"

    let private tableHtml head (rows: string seq) foot =
        String.concat "" [ "<table>"; head; "<tbody>"; String.concat "" rows; "</tbody></table>"; foot ]

    let private heading name = $"<th>{WebUtility.HtmlEncode(name: string)}</th>"

    /// A shape as HTML. Numbers stand at the right, and nothing of a value is taken for markup.
    let html shape =
        match shape with
        | Plain text -> $"<pre>{WebUtility.HtmlEncode text}</pre>"
        | Fields fields ->
            let row (name, value) = $"<tr>{heading name}{cell value}</tr>"
            tableHtml "" (Seq.map row fields) ""
        | Table(columns, rows, more) ->
            let head = columns |> List.map heading |> String.concat ""
            let row cells = cells |> List.map cell |> String.concat "" |> sprintf "<tr>%s</tr>"

            let foot =
                match more with
                | Some 0 -> ""
                | Some count -> $"<div><i>{count} more</i></div>"
                | None -> "<div><i>more follow</i></div>"

            tableHtml $"<thead><tr>{head}</tr></thead>" (Seq.map row rows) foot

    let private firstLine (value: obj) =
        let whole = (cellText value).ReplaceLineEndings("\n")

        match whole.IndexOf '\n' with
        | -1 -> whole
        | length -> whole.Substring(0, length) + " …"

    /// Columns of text, numbers at the right.
    let private aligned (rows: (string * bool) list list) =
        let widths = rows |> List.transpose |> List.map (List.map (fst >> String.length) >> List.max)

        let pad width (text: string, right) =
            if right then text.PadLeft width else text.PadRight width

        rows
        |> List.map (fun row -> (List.map2 pad widths row |> String.concat "  ").TrimEnd())
        |> String.concat "\n"

    let private textCell value = firstLine value, isNumber value

    /// A shape as text for clients that show no markup.
    let plain shape =
        match shape with
        | Plain text -> text
        | Fields fields -> fields |> List.map (fun (name, value) -> [ name, false; textCell value ]) |> aligned
        | Table(columns, rows, more) ->
            let right index =
                match rows with
                | first :: _ -> isNumber (List.item index first)
                | [] -> false

            let head = columns |> List.mapi (fun index name -> name, right index)
            let body = aligned (head :: (rows |> List.map (List.map textCell)))

            match more with
            | Some 0 -> body
            | Some count -> $"{body}\n({count} more)"
            | None -> $"{body}\n(more follow)"
