namespace Microsoft.DotNet.Interactive.Formatting

open System
open System.Collections
open System.Collections.Concurrent
open System.Collections.Generic
open System.IO
open System.Reflection
open System.Runtime.InteropServices
open System.Text.Encodings.Web
open Microsoft.AspNetCore.Html
open BoxTeacher.Kernel

/// <summary>A value in one form, ready to be shown.</summary>
/// <param name="mimeType">The form, for example <c>text/html</c> or <c>image/png</c>.</param>
/// <param name="value">The content; binary forms in base 64.</param>
type FormattedValue(mimeType: string, value: string) =
    /// The form, for example <c>text/html</c>.
    member _.MimeType = mimeType
    /// The content; binary forms in base 64.
    member _.Value = value

/// <summary>Where a formatter writes.</summary>
/// <param name="writer">Takes the formatted text.</param>
type FormatContext(writer: TextWriter) =
    /// Takes the formatted text.
    member _.Writer = writer

/// <summary>Writes a value; false leaves the value to other formatters.</summary>
type FormatDelegate<'T> = delegate of value: 'T * context: FormatContext -> bool

/// One way to write values of a type (or of the types derived from it) in one form.
type internal Entry =
    { Type: Type
      MimeType: string
      Write: obj -> TextWriter -> bool }

/// Finds formatters by the convention of a public attribute named <c>TypeFormatterSourceAttribute</c>, from any assembly.
module internal Convention =

    type Source =
        { Preferred: string list
          Entries: Entry list }

    let private read (target: obj) (name: string) =
        match target.GetType().GetProperty(name, BindingFlags.Public ||| BindingFlags.Instance) with
        | null -> None
        | property -> property.GetValue target |> Option.ofObj

    let private entry (kind: Type) (formatter: obj) =
        let signature = [| typeof<obj>; typeof<TextWriter> |]
        let format = formatter.GetType().GetMethod("Format", signature)

        match read formatter "MimeType" with
        | Some(:? string as mimeType) when not (isNull format) && format.ReturnType = typeof<bool> ->
            let call = format.CreateDelegate<Func<obj, TextWriter, bool>> formatter

            Some
                { Type =
                    match read formatter "Type" with
                    | Some(:? Type as own) -> own
                    | _ -> kind
                  MimeType = mimeType
                  Write = fun value writer -> call.Invoke(value, writer) }
        | _ -> None

    let private load (kind: Type) =
        kind.GetCustomAttributes true
        |> Seq.tryFind (fun attribute -> attribute.GetType().Name = "TypeFormatterSourceAttribute")
        |> Option.bind (fun attribute ->
            match read attribute "FormatterSourceType" with
            | Some(:? Type as sourceType) ->
                let source = Activator.CreateInstance sourceType

                match sourceType.GetMethod("CreateTypeFormatters", Type.EmptyTypes) with
                | null -> None
                | create ->
                    let formatters = create.Invoke(source, [||]) :?> IEnumerable |> Seq.cast<obj>

                    let preferred =
                        match read attribute "PreferredMimeTypes" with
                        | Some(:? (string[]) as mimeTypes) -> List.ofArray mimeTypes
                        | _ -> []

                    Some
                        { Preferred = preferred
                          Entries = formatters |> Seq.choose (entry kind) |> List.ofSeq }
            | _ -> None)

    let private known = ConcurrentDictionary<Type, Source option>()

    /// The formatters that a type (or a base type of it) names by attribute.
    let find (kind: Type) = known.GetOrAdd(kind, load)

/// <summary>How values are shown. The notebook's user registers formatters here; the newest that fits closest wins.</summary>
[<AbstractClass; Sealed>]
type Formatter private () =

    static let entries = ConcurrentStack<Entry>()
    static let preferred = ConcurrentDictionary<Type, string list>()
    static let htmlType = "text/html"
    static let plainType = "text/plain"

    // How far a registered type is from a value's type: itself, its open generic form, an interface, a base type.
    static let distance (kind: Type) (registered: Type) =
        let openForm (candidate: Type) = candidate.IsGenericType && candidate.GetGenericTypeDefinition() = registered
        let rec steps count (current: Type) =
            match current with
            | null -> None
            | current when current = registered -> Some(2 * count)
            | current when openForm current -> Some(2 * count + 1)
            | current -> steps (count + 1) current.BaseType

        match steps 0 kind with
        | Some steps when registered <> typeof<obj> -> Some steps
        | _ when registered = typeof<obj> -> Some Int32.MaxValue
        | _ when kind.GetInterfaces() |> Array.exists (fun face -> face = registered || openForm face) -> Some 1000
        | _ -> None

    static let closest (kind: Type) (candidates: Entry seq) =
        candidates
        |> Seq.choose (fun entry -> distance kind entry.Type |> Option.map (fun steps -> steps, entry))
        |> Seq.sortBy fst // stable: among equals the newest stays first
        |> Seq.map snd
        |> List.ofSeq

    static let write (value: obj) (entry: Entry) =
        use writer = new StringWriter()
        if entry.Write value writer then Some(FormattedValue(entry.MimeType, writer.ToString())) else None

    static let builtIn (value: obj) mimeType =
        match value, mimeType with
        | (:? IHtmlContent as content), "text/html" ->
            use writer = new StringWriter()
            content.WriteTo(writer, HtmlEncoder.Default)
            writer.ToString()
        | value, "text/html" -> Values.html (Values.shape Formatter.ListExpansionLimit value)
        | (:? IHtmlContent as content), _ -> content.ToString()
        | value, "application/json" -> System.Text.Json.JsonSerializer.Serialize value
        | value, _ -> Values.text value

    static let preferredFor (kind: Type) =
        preferred
        |> Seq.choose (fun pair -> distance kind pair.Key |> Option.map (fun steps -> steps, pair.Value))
        |> Seq.sortBy fst
        |> Seq.tryHead
        |> Option.map snd

    /// <summary>The items of a sequence that a table shows; 20 unless set.</summary>
    static member val ListExpansionLimit = 20 with get, set

    /// <summary>Registers a formatter for a type and the types derived from it.</summary>
    /// <param name="formatter">Writes the value.</param>
    /// <param name="mimeType">The form it writes.</param>
    static member Register<'T>
        (formatter: Action<'T, TextWriter>, [<Optional; DefaultParameterValue("text/plain")>] mimeType: string)
        =
        let write (value: obj) writer =
            formatter.Invoke(unbox<'T> value, writer)
            true

        entries.Push { Type = typeof<'T>; MimeType = mimeType; Write = write }

    /// <summary>Registers a formatter for a type and the types derived from it.</summary>
    /// <param name="formatter">Returns the text of the value.</param>
    /// <param name="mimeType">The form it writes.</param>
    static member Register<'T>
        (formatter: Func<'T, string>, [<Optional; DefaultParameterValue("text/plain")>] mimeType: string)
        =
        let write (value: obj) (writer: TextWriter) =
            writer.Write(formatter.Invoke(unbox<'T> value))
            true

        entries.Push { Type = typeof<'T>; MimeType = mimeType; Write = write }

    /// <summary>Registers a formatter for a type and the types derived from it.</summary>
    /// <param name="formatter">Writes the value, or returns false to leave it to others.</param>
    /// <param name="mimeType">The form it writes.</param>
    static member Register<'T>
        (formatter: FormatDelegate<'T>, [<Optional; DefaultParameterValue("text/plain")>] mimeType: string)
        =
        let write (value: obj) writer = formatter.Invoke(unbox<'T> value, FormatContext writer)
        entries.Push { Type = typeof<'T>; MimeType = mimeType; Write = write }

    /// <summary>Registers a formatter for a type known at run time; an open generic type stands for all its instances.</summary>
    /// <param name="type">The type.</param>
    /// <param name="formatter">Writes the value.</param>
    /// <param name="mimeType">The form it writes.</param>
    static member Register
        (
            ``type``: Type,
            formatter: Action<obj, TextWriter>,
            [<Optional; DefaultParameterValue("text/plain")>] mimeType: string
        ) =
        let write value writer =
            formatter.Invoke(value, writer)
            true

        entries.Push { Type = ``type``; MimeType = mimeType; Write = write }

    /// <summary>Sets the forms in which values of a type are shown when none is asked for.</summary>
    /// <param name="type">The type.</param>
    /// <param name="preferredMimeTypes">The forms, all of which are sent.</param>
    static member SetPreferredMimeTypesFor(``type``: Type, [<ParamArray>] preferredMimeTypes: string[]) =
        preferred[``type``] <- List.ofArray preferredMimeTypes

    /// Forgets every registration.
    static member ResetToDefault() =
        entries.Clear()
        preferred.Clear()
        Formatter.ListExpansionLimit <- 20

    static member private One(value: obj, kind: Type, mimeType: string) =
        let named = Convention.find kind |> Option.map _.Entries |> Option.defaultValue []
        let fitting source = source |> Seq.filter (fun entry -> entry.MimeType = mimeType) |> closest kind

        fitting entries @ fitting named
        |> Seq.tryPick (write value)
        |> Option.defaultWith (fun () -> FormattedValue(mimeType, builtIn value mimeType))

    /// The forms chosen for a type, by the user or by its author; none where nobody has chosen.
    static member private Chosen(kind: Type) =
        let own = closest kind entries |> List.map _.MimeType |> List.distinct
        let named = Convention.find kind

        match preferredFor kind, named, own with
        | Some mimeTypes, _, _ -> mimeTypes
        | None, Some source, _ when not source.Preferred.IsEmpty -> source.Preferred
        | None, Some source, [] when not source.Entries.IsEmpty -> source.Entries |> List.map _.MimeType |> List.distinct
        | None, _, (_ :: _ as own) -> own
        | None, _, [] -> []

    /// <summary>A value in the forms asked for, or in those preferred for its type.</summary>
    /// <param name="value">The value.</param>
    /// <param name="mimeTypes">The forms; none for the preferred ones.</param>
    /// <returns>One formatted value per form. What is formatted already is returned as it is.</returns>
    static member internal Format(value: obj, mimeTypes: string list) : FormattedValue list =
        match value with
        | :? FormattedValue as single -> [ single ]
        | :? seq<FormattedValue> as several -> List.ofSeq several
        | null -> [ FormattedValue(plainType, Values.text null) ]
        | value ->
            let kind = value.GetType()

            match (if mimeTypes.IsEmpty then Formatter.Chosen kind else mimeTypes), value with
            | [], (:? IHtmlContent) -> [ Formatter.One(value, kind, htmlType) ]
            | [], _ ->
                match Values.shape Formatter.ListExpansionLimit value with
                | Plain text -> [ FormattedValue(plainType, text) ]
                | shape -> [ FormattedValue(htmlType, Values.html shape); FormattedValue(plainType, Values.plain shape) ]
            | forms, _ -> forms |> List.map (fun mimeType -> Formatter.One(value, kind, mimeType))

    /// <summary>A value as text in one form.</summary>
    /// <param name="value">The value.</param>
    /// <param name="mimeType">The form.</param>
    static member ToDisplayString(value: obj, [<Optional; DefaultParameterValue("text/plain")>] mimeType: string) =
        match Formatter.Format(value, [ mimeType ]) with
        | first :: _ -> first.Value
        | [] -> ""

/// The names of the HTML form.
[<AbstractClass; Sealed>]
type HtmlFormatter private () =
    /// <c>text/html</c>
    static member MimeType = "text/html"

/// The names of the plain text form.
[<AbstractClass; Sealed>]
type PlainTextFormatter private () =
    /// <c>text/plain</c>
    static member MimeType = "text/plain"
