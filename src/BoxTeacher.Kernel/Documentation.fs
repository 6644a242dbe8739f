namespace BoxTeacher.Kernel

open System
open System.Collections.Concurrent
open System.IO
open System.Text.RegularExpressions
open System.Xml
open System.Xml.Linq
open FSharp.Compiler.Symbols

/// Doc comments as plain text, from the code itself or from the XML file beside an assembly.
module internal Documentation =

    let private spaces = Regex(@"\s+", RegexOptions.Compiled)

    /// The text of a doc element; references are shown by their last name.
    let rec private plain (node: XNode) =
        match node with
        | :? XText as text -> spaces.Replace(text.Value, " ")
        | :? XElement as element ->
            let inner = element.Nodes() |> Seq.map plain |> String.concat ""

            match element.Name.LocalName with
            | "see"
            | "paramref"
            | "typeparamref" when inner = "" ->
                element.Attributes()
                |> Seq.tryHead
                |> Option.map (fun a -> a.Value.Split([| '.'; ':' |]) |> Array.last)
                |> Option.defaultValue ""
            | "para"
            | "br" -> "\n" + inner
            | _ -> inner
        | _ -> ""

    let private nameOf (element: XElement) =
        element.Attribute(XName.Get "name") |> Option.ofObj |> Option.map _.Value |> Option.defaultValue ""

    let private section (root: XElement) =
        let one (element: XElement) =
            let body = (plain element).Trim()

            match element.Name.LocalName with
            | "summary"
            | "remarks" -> Some body
            | "param" -> Some $"  {nameOf element}: {body}"
            | "returns" -> Some $"Returns: {body}"
            | "exception" -> Some $"Throws: {body}"
            | _ -> None

        root.Elements() |> Seq.choose one |> Seq.filter (fun text -> text <> "") |> String.concat "\n"

    let private ofText (text: string) =
        try
            let root = XElement.Parse $"<doc>{text}</doc>"
            if root.HasElements then section root else (plain root).Trim()
        with :? XmlException ->
            text.Trim()

    let private files = ConcurrentDictionary<string, Map<string, XElement>>()

    let private load (assembly: string) =
        let file = Path.ChangeExtension(assembly, ".xml")

        try
            if File.Exists file then
                XDocument.Load(file).Descendants(XName.Get "member")
                |> Seq.map (fun element -> nameOf element, element)
                |> Map.ofSeq
            else
                Map.empty
        with :? XmlException | :? IOException ->
            Map.empty

    /// The text of a doc comment, empty where there is none.
    let text (documentation: FSharpXmlDoc) =
        match documentation with
        | FSharpXmlDoc.FromXmlText doc -> doc.GetElaboratedXmlLines() |> String.concat "\n" |> ofText
        | FSharpXmlDoc.FromXmlFile(assembly, signature) ->
            files.GetOrAdd(assembly, load) |> Map.tryFind signature |> Option.map section |> Option.defaultValue ""
        | FSharpXmlDoc.None -> ""
