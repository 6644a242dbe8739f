namespace Microsoft.DotNet.Interactive.FSharp.FSharpKernelHelpers

open System.IO
open System.Text.Encodings.Web
open Microsoft.AspNetCore.Html
open Microsoft.DotNet.Interactive
open Microsoft.DotNet.Interactive.Formatting

/// Functions that every cell sees.
[<AutoOpen>]
module DisplayFunctions =
    /// Shows a value; the result can be updated in place.
    let display (value: obj) = Kernel.display value
    /// Markup as a value.
    let HTML (value: string) = Kernel.HTML value
    /// Adds a style sheet to the page.
    let CSS (styles: string) = Kernel.CSS styles
    /// Runs a script in the page.
    let Javascript (content: string) = Kernel.Javascript content

/// Markup as F# lists: <c>div [ _class "note" ] [ str "text" ]</c>.
module Html =

    type private Node =
        | Element of name: string * attributes: (string * obj) list * children: obj list
        | Text of string

        interface IHtmlContent with
            member node.WriteTo(writer, encoder) =
                match node with
                | Text text -> encoder.Encode(writer, text)
                | Element(name, attributes, children) ->
                    writer.Write $"<{name}"

                    for key, value in attributes do
                        match value with
                        | :? bool as present ->
                            if present then
                                writer.Write $" {key}"
                        | value ->
                            writer.Write $" {key}=\""
                            encoder.Encode(writer, System.String.Format(System.Globalization.CultureInfo.InvariantCulture, "{0}", value))
                            writer.Write '"'

                    writer.Write ">"

                    if not (Node.IsVoid name) then
                        children |> List.iter (Node.Write writer encoder)
                        writer.Write $"</{name}>"

        static member private IsVoid name =
            List.contains name [ "area"; "br"; "hr"; "img"; "input"; "link"; "meta"; "source" ]

        static member private Write (writer: TextWriter) (encoder: HtmlEncoder) (child: obj) =
            match child with
            | :? IHtmlContent as content -> content.WriteTo(writer, encoder)
            | :? string as text -> encoder.Encode(writer, text)
            | :? seq<IHtmlContent> as several -> several |> Seq.iter _.WriteTo(writer, encoder)
            | value -> writer.Write(Formatter.ToDisplayString(value, "text/html"))

        override node.ToString() =
            use writer = new StringWriter()
            (node :> IHtmlContent).WriteTo(writer, HtmlEncoder.Default)
            writer.ToString()

    /// An attribute of an element.
    type HtmlAttribute = string * obj

    let private element name (attributes: HtmlAttribute list) (children: obj list) : IHtmlContent =
        Element(name, attributes, children)

    /// Elements, each of its attributes and its children.
    [<AutoOpen>]
    module HtmlElements =
        /// The element <c>a</c>.
        let a attributes children = element "a" attributes children
        /// The element <c>b</c>.
        let b attributes children = element "b" attributes children
        /// The element <c>br</c>.
        let br attributes children = element "br" attributes children
        /// The element <c>button</c>.
        let button attributes children = element "button" attributes children
        /// The element <c>caption</c>.
        let caption attributes children = element "caption" attributes children
        /// The element <c>code</c>.
        let code attributes children = element "code" attributes children
        /// The element <c>colgroup</c>.
        let colgroup attributes children = element "colgroup" attributes children
        /// The element <c>dd</c>.
        let dd attributes children = element "dd" attributes children
        /// The element <c>details</c>.
        let details attributes children = element "details" attributes children
        /// The element <c>div</c>.
        let div attributes children = element "div" attributes children
        /// The element <c>dl</c>.
        let dl attributes children = element "dl" attributes children
        /// The element <c>dt</c>.
        let dt attributes children = element "dt" attributes children
        /// The element <c>em</c>.
        let em attributes children = element "em" attributes children
        /// The element <c>figure</c>.
        let figure attributes children = element "figure" attributes children
        /// The element <c>footer</c>.
        let footer attributes children = element "footer" attributes children
        /// The element <c>h1</c>.
        let h1 attributes children = element "h1" attributes children
        /// The element <c>h2</c>.
        let h2 attributes children = element "h2" attributes children
        /// The element <c>h3</c>.
        let h3 attributes children = element "h3" attributes children
        /// The element <c>h4</c>.
        let h4 attributes children = element "h4" attributes children
        /// The element <c>h5</c>.
        let h5 attributes children = element "h5" attributes children
        /// The element <c>h6</c>.
        let h6 attributes children = element "h6" attributes children
        /// The element <c>header</c>.
        let header attributes children = element "header" attributes children
        /// The element <c>hr</c>.
        let hr attributes children = element "hr" attributes children
        /// The element <c>i</c>.
        let i attributes children = element "i" attributes children
        /// The element <c>iframe</c>.
        let iframe attributes children = element "iframe" attributes children
        /// The element <c>img</c>.
        let img attributes children = element "img" attributes children
        /// The element <c>input</c>.
        let input attributes children = element "input" attributes children
        /// The element <c>label</c>.
        let label attributes children = element "label" attributes children
        /// The element <c>li</c>.
        let li attributes children = element "li" attributes children
        /// The element <c>main</c>.
        let main attributes children = element "main" attributes children
        /// The element <c>meter</c>.
        let meter attributes children = element "meter" attributes children
        /// The element <c>nav</c>.
        let nav attributes children = element "nav" attributes children
        /// The element <c>ol</c>.
        let ol attributes children = element "ol" attributes children
        /// The element <c>option</c>.
        let option attributes children = element "option" attributes children
        /// The element <c>p</c>.
        let p attributes children = element "p" attributes children
        /// The element <c>pre</c>.
        let pre attributes children = element "pre" attributes children
        /// The element <c>progress</c>.
        let progress attributes children = element "progress" attributes children
        /// The element <c>q</c>.
        let q attributes children = element "q" attributes children
        /// The element <c>script</c>.
        let script attributes children = element "script" attributes children
        /// The element <c>section</c>.
        let section attributes children = element "section" attributes children
        /// The element <c>select</c>.
        let select attributes children = element "select" attributes children
        /// The element <c>small</c>.
        let small attributes children = element "small" attributes children
        /// The element <c>source</c>.
        let source attributes children = element "source" attributes children
        /// The element <c>span</c>.
        let span attributes children = element "span" attributes children
        /// The element <c>strong</c>.
        let strong attributes children = element "strong" attributes children
        /// The element <c>style</c>.
        let style attributes children = element "style" attributes children
        /// The element <c>sub</c>.
        let sub attributes children = element "sub" attributes children
        /// The element <c>sup</c>.
        let sup attributes children = element "sup" attributes children
        /// The element <c>svg</c>.
        let svg attributes children = element "svg" attributes children
        /// The element <c>table</c>.
        let table attributes children = element "table" attributes children
        /// The element <c>tbody</c>.
        let tbody attributes children = element "tbody" attributes children
        /// The element <c>td</c>.
        let td attributes children = element "td" attributes children
        /// The element <c>textarea</c>.
        let textarea attributes children = element "textarea" attributes children
        /// The element <c>tfoot</c>.
        let tfoot attributes children = element "tfoot" attributes children
        /// The element <c>th</c>.
        let th attributes children = element "th" attributes children
        /// The element <c>thead</c>.
        let thead attributes children = element "thead" attributes children
        /// The element <c>title</c>.
        let title attributes children = element "title" attributes children
        /// The element <c>tr</c>.
        let tr attributes children = element "tr" attributes children
        /// The element <c>u</c>.
        let u attributes children = element "u" attributes children
        /// The element <c>ul</c>.
        let ul attributes children = element "ul" attributes children
        /// The element <c>video</c>.
        let video attributes children = element "video" attributes children
        /// Any other element.
        let custom tag attributes children = element tag attributes children
        /// Text; what looks like markup in it is shown, not interpreted.
        let encodedText (text: string) : IHtmlContent = Text text
        /// Text; what looks like markup in it is shown, not interpreted.
        let str (text: string) = encodedText text
        /// Markup, taken as it is.
        let rawText (markup: string) : IHtmlContent = HtmlString markup
        /// Any value in its HTML form.
        let embedNoContext (value: obj) : IHtmlContent =
            match value with
            | :? IHtmlContent as content -> content
            | value -> HtmlString(Formatter.ToDisplayString(value, "text/html"))

    /// Attributes of elements.
    [<AutoOpen>]
    module HtmlAttributes =
        /// The attribute <c>alt</c>.
        let _alt (value: string) : HtmlAttribute = "alt", box value
        /// The attribute <c>class</c>.
        let _class (value: string) : HtmlAttribute = "class", box value
        /// The attribute <c>colspan</c>.
        let _colSpan (value: float) : HtmlAttribute = "colspan", box value
        /// The attribute <c>height</c>.
        let _height (value: string) : HtmlAttribute = "height", box value
        /// The attribute <c>href</c>.
        let _href (value: string) : HtmlAttribute = "href", box value
        /// The attribute <c>id</c>.
        let _id (value: string) : HtmlAttribute = "id", box value
        /// The attribute <c>max</c>.
        let _max (value: string) : HtmlAttribute = "max", box value
        /// The attribute <c>min</c>.
        let _min (value: string) : HtmlAttribute = "min", box value
        /// The attribute <c>name</c>.
        let _name (value: string) : HtmlAttribute = "name", box value
        /// The attribute <c>placeholder</c>.
        let _placeholder (value: string) : HtmlAttribute = "placeholder", box value
        /// The attribute <c>rel</c>.
        let _rel (value: string) : HtmlAttribute = "rel", box value
        /// The attribute <c>rowspan</c>.
        let _rowSpan (value: float) : HtmlAttribute = "rowspan", box value
        /// The attribute <c>src</c>.
        let _src (value: string) : HtmlAttribute = "src", box value
        /// The attribute <c>style</c>.
        let _style (value: string) : HtmlAttribute = "style", box value
        /// The attribute <c>target</c>.
        let _target (value: string) : HtmlAttribute = "target", box value
        /// The attribute <c>title</c>.
        let _title (value: string) : HtmlAttribute = "title", box value
        /// The attribute <c>type</c>.
        let _type (value: string) : HtmlAttribute = "type", box value
        /// The attribute <c>value</c>.
        let _value (value: string) : HtmlAttribute = "value", box value
        /// The attribute <c>width</c>.
        let _width (value: string) : HtmlAttribute = "width", box value
        /// The attribute <c>checked</c>, present or not.
        let _checked (value: bool) : HtmlAttribute = "checked", box value
        /// The attribute <c>disabled</c>, present or not.
        let _disabled (value: bool) : HtmlAttribute = "disabled", box value
        /// The attribute <c>hidden</c>, present or not.
        let _hidden (value: bool) : HtmlAttribute = "hidden", box value
        /// The attribute <c>open</c>, present or not.
        let _open (value: bool) : HtmlAttribute = "open", box value
        /// Any other attribute.
        let attr (name: string) (value: obj) : HtmlAttribute = name, value
