namespace BoxTeacher.Charts

open System
open System.IO

/// A value that shows itself as HTML.
type IHtml =
    /// A fragment that stands anywhere in a page's body and needs no network.
    abstract ToHtml: unit -> string

/// Names the source of a type's notebook formatters. .NET Interactive finds any attribute of this name, so no reference to it is needed.
[<AttributeUsage(AttributeTargets.Class ||| AttributeTargets.Struct ||| AttributeTargets.Interface, Inherited = true)>]
[<Sealed>]
type TypeFormatterSourceAttribute(formatterSourceType: Type) =
    inherit Attribute()

    /// The type whose CreateTypeFormatters gives the formatters.
    member _.FormatterSourceType = formatterSourceType

    /// The mime types to show a value in.
    member val PreferredMimeTypes: string array = [| "text/html" |] with get, set

/// Writes a value that is IHtml as text/html.
type HtmlFormatter() =
    /// Always text/html.
    member _.MimeType = "text/html"

    /// Writes the value and returns true, or returns false when it does not show itself as HTML.
    member _.Format(instance: obj, writer: TextWriter) =
        match instance with
        | :? IHtml as html ->
            writer.Write(html.ToHtml())
            true
        | _ -> false

/// The formatters of every type that is IHtml.
type HtmlFormatterSource() =
    /// One formatter, for text/html.
    member _.CreateTypeFormatters() : obj seq = [ HtmlFormatter() ]
