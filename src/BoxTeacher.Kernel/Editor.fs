namespace BoxTeacher.Kernel

open System
open System.Text
open FSharp.Compiler.Diagnostics
open FSharp.Compiler.EditorServices
open FSharp.Compiler.Text
open FSharp.Compiler.Tokenization

/// Whether code can be run as it stands, for clients that ask line by line.
type internal Completeness =
    | Complete
    | Incomplete of indent: string
    | Invalid

/// What an editor asks about code: completion, documentation, completeness. Positions count Unicode code points, as
/// Jupyter does.
module internal Editor =

    let private toUtf16 (code: string) points =
        let rec walk index points =
            if points <= 0 || index >= code.Length then index
            elif Char.IsHighSurrogate code[index] && index + 1 < code.Length then walk (index + 2) (points - 1)
            else walk (index + 1) (points - 1)

        walk 0 points

    let private toPoints (code: string) index =
        code.Substring(0, index).EnumerateRunes() |> Seq.length

    /// The code without directives, which the compiler does not know; lines keep their numbers.
    let private withoutDirectives (code: string) =
        Directives.lines code
        |> List.map (function
            | Directive _ -> ""
            | Text line -> line)
        |> String.concat "\n"

    /// The 1-based line and the 0-based column of an index, with the text of the line.
    let private locate (code: string) index =
        let before = code.Substring(0, index)
        let line = before |> Seq.filter (fun c -> c = '\n') |> Seq.length
        let column = index - (before.LastIndexOf '\n' + 1)
        line + 1, column, (code.Split '\n')[line]

    let private kindOf (glyph: FSharpGlyph) =
        match glyph with
        | FSharpGlyph.Class
        | FSharpGlyph.Struct
        | FSharpGlyph.Interface
        | FSharpGlyph.Type
        | FSharpGlyph.Typedef
        | FSharpGlyph.Union
        | FSharpGlyph.Enum
        | FSharpGlyph.Delegate
        | FSharpGlyph.Exception -> "class"
        | FSharpGlyph.Module
        | FSharpGlyph.NameSpace -> "module"
        | FSharpGlyph.Method
        | FSharpGlyph.OverridenMethod
        | FSharpGlyph.ExtensionMethod -> "function"
        | FSharpGlyph.Property
        | FSharpGlyph.Field
        | FSharpGlyph.Event -> "property"
        | FSharpGlyph.Constant
        | FSharpGlyph.EnumMember -> "constant"
        | _ -> "variable"

    let private directives (lineText: string) column =
        let start = lineText.Substring(0, column)

        if start.StartsWith "#!" && not (start.Contains ' ') then
            Directives.known
            |> List.map fst
            |> List.filter (fun name -> name.StartsWith(start, StringComparison.Ordinal))
            |> List.map (fun name -> name, "keyword")
            |> Some
        else
            None

    /// Names that fit at the cursor, with their kinds, and the range of the text that they replace.
    let complete (session: Session) (code: string) cursor =
        let code = code.ReplaceLineEndings "\n"
        let index = toUtf16 code cursor
        let cursor = toPoints code index // within the code, wherever the client says it is
        let line, column, lineText = locate code index

        match directives lineText column with
        | Some names -> names, cursor - column, cursor
        | None ->
            let parsed, checkedFile = session.Check(withoutDirectives code)
            let partial = QuickParse.GetPartialLongNameEx(lineText, column - 1)
            let found = checkedFile.GetDeclarationListInfo(Some parsed, line, lineText, partial)
            let start = toPoints code (index - partial.PartialIdent.Length)

            let fits (item: DeclarationListItem) =
                item.NameInList.StartsWith(partial.PartialIdent, StringComparison.OrdinalIgnoreCase)

            let names =
                found.Items
                |> Seq.filter fits
                |> Seq.map (fun item -> item.NameInCode, kindOf item.Glyph)
                |> Seq.distinctBy fst
                |> List.ofSeq

            names, start, cursor

    let private element (tip: ToolTipElement) =
        match tip with
        | ToolTipElement.Group items ->
            items
            |> List.map (fun item ->
                let signature = item.MainDescription.Text
                let remarks = item.Remarks |> Option.map _.Text |> Option.defaultValue ""

                [ signature; Documentation.text item.XmlDoc; remarks ]
                |> List.filter (fun text -> text <> "")
                |> String.concat "\n\n")
        | ToolTipElement.CompositionError _
        | ToolTipElement.None -> []

    /// Signature and documentation of the name at the cursor, or nothing.
    let inspect (session: Session) (code: string) cursor =
        let code = code.ReplaceLineEndings "\n"
        let line, column, lineText = locate code (toUtf16 code cursor)

        let island =
            // At the opening bracket of a call the name before it is meant.
            [ column; column - 1 ]
            |> List.filter (fun column -> column >= 0)
            |> List.tryPick (fun column -> QuickParse.GetCompleteIdentifierIsland true lineText column)

        match island with
        | None -> None
        | Some(name, last, _) ->
            let _, checkedFile = session.Check(withoutDirectives code)
            let names = name.Split '.' |> List.ofArray
            let (ToolTipText elements) = checkedFile.GetToolTip(line, last, lineText, names, FSharpTokenTag.Identifier)

            match elements |> List.collect element with
            | [] -> None
            | texts -> Some(String.concat "\n\n----\n\n" texts)

    /// Whether code is complete: it parses, or what is wrong with it lies before its end.
    let completeness (session: Session) (code: string) =
        let code = withoutDirectives code
        let lines = code.Split '\n'
        let last = Array.last lines
        let indent = String(' ', last.Length - last.TrimStart().Length)
        let parsed, _ = session.Check code
        let errors = parsed.Diagnostics |> Array.filter Diagnostics.isError
        // What closes nothing cannot be mended by more lines.
        let closesNothing (error: FSharpDiagnostic) =
            error.ErrorNumber = 10
            && error.StartLine <= lines.Length
            && [ ")"; "]"; "}" ] |> List.exists (lines[error.StartLine - 1].Substring error.StartColumn).StartsWith

        let opensBlock =
            [ "="; "->"; "then"; "else"; "do"; "("; "["; "{"; "|>" ]
            |> List.exists (fun ending -> last.TrimEnd().EndsWith(ending, StringComparison.Ordinal))

        if opensBlock then Incomplete(indent + "    ")
        elif errors.Length = 0 && indent <> "" && last.Trim() <> "" then Incomplete indent
        elif errors.Length = 0 then Complete
        elif Array.exists closesNothing errors then Invalid
        elif errors |> Array.exists (fun error -> error.EndLine >= lines.Length) then Incomplete indent
        else Invalid
