namespace BoxTeacher.Properties

/// HTML.
[<RequireQualifiedAccess>]
module Html =

    /// A text as HTML shows it.
    let escape (text: string) = string (System.Net.WebUtility.HtmlEncode text)
