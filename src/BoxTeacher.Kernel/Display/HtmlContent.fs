namespace Microsoft.AspNetCore.Html

open System.IO
open System.Text.Encodings.Web

/// Content that writes itself as HTML.
[<AllowNullLiteral>]
type IHtmlContent =
    /// <summary>Writes the content, encoding text with the encoder.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="encoder">Encodes text that is not markup.</param>
    abstract WriteTo: writer: TextWriter * encoder: HtmlEncoder -> unit

/// <summary>Markup that is written as it is.</summary>
/// <param name="value">The markup.</param>
type HtmlString(value: string) =
    /// The markup.
    member _.Value = value
    override _.ToString() = value

    interface IHtmlContent with
        member _.WriteTo(writer, _) = writer.Write value
