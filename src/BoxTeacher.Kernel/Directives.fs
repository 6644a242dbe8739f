namespace BoxTeacher.Kernel

open System
open FSharp.Compiler.Tokenization

/// A language that a line like `#!markdown` switches to.
type internal Language =
    | FSharp
    | Markdown
    | Html
    | Javascript

/// A piece of a cell.
type internal Segment =
    /// F# code, preceded by empty lines so that positions in it are positions in the cell.
    | Code of string
    /// Text to show in the form it is written in.
    | Markup of Language * string
    /// Show how long the whole cell took.
    | Time
    /// Names of the bound values; with types and values.
    | Who of details: bool
    /// Run another file here.
    | Import of file: string
    /// The list of directives.
    | Help

/// A line of a cell.
type internal Line =
    | Directive of name: string * argument: string
    | Text of string

/// An error in a directive: its line, counted from 1, and what is wrong.
type internal DirectiveError = { Line: int; Message: string }

/// Splits cells at lines that begin with `#!`.
module internal Directives =

    /// Directives with what they do, as `#!lsmagic` shows them.
    let known =
        [ "#!fsharp", "The lines below are F#."
          "#!markdown", "The lines below are Markdown."
          "#!html", "The lines below are HTML."
          "#!javascript", "The lines below are a script for the page; also #!js."
          "#!time", "Shows how long the cell took."
          "#!who", "The names of the values bound so far."
          "#!whos", "The values bound so far, with their types."
          "#!import", "Runs an .fsx, .fs or .ipynb file here."
          "#!lsmagic", "This list." ]

    let private languageOf name =
        match name with
        | "#!fsharp"
        | "#!f#" -> Some FSharp
        | "#!markdown"
        | "#!md" -> Some Markdown
        | "#!html" -> Some Html
        | "#!js"
        | "#!javascript" -> Some Javascript
        | _ -> None

    let private command name argument =
        match name, argument with
        | "#!import", "" -> Error "#!import needs a file"
        | "#!import", file -> Ok(Import(file.Trim '"'))
        | "#!time", "" -> Ok Time
        | "#!who", "" -> Ok(Who false)
        | "#!whos", "" -> Ok(Who true)
        | "#!lsmagic", "" -> Ok Help
        | "#help", _ -> Error "#help prints nothing in a notebook; Shift+Tab shows what a name is, #!lsmagic the directives"
        | name, argument when List.exists (fst >> (=) name) known -> Error $"{name} takes no argument, but here is '{argument}'"
        | name, _ ->
            let names = known |> List.map fst |> String.concat ", "
            Error $"unknown directive {name}; known are {names}"

    let private close language start (lines: string list) =
        let body = lines |> List.rev |> String.concat "\n"

        match language with
        | _ when String.IsNullOrWhiteSpace body -> []
        | FSharp -> [ Code(String('\n', start) + body) ]
        | other -> [ Markup(other, body) ]

    let private lexer = FSharpSourceTokenizer([], None, None)

    /// The lexer's state behind a line of F#.
    let private behind state (line: string) =
        let tokens = lexer.CreateLineTokenizer line

        let rec last state =
            match tokens.ScanToken state with
            | Some _, next -> last next
            | None, next -> next

        last state

    let private isBetweenTokens state =
        match FSharpLineTokenizer.ColorStateOfLexState state with
        | FSharpTokenizerColorState.InitialState
        | FSharpTokenizerColorState.Token
        | FSharpTokenizerColorState.IfDefSkip -> true
        | _ -> false

    /// The lines of a cell, directives told apart. The compiler's own "#help" is one of them, because the compiler
    /// would pass over it in silence. Within a string or a comment of F# `#!` is text like any other.
    let lines (cell: string) =
        let read (language, state) (line: string) =
            if (line.StartsWith "#!" || line.StartsWith "#help") && isBetweenTokens state then
                let name, argument =
                    match line.IndexOfAny [| ' '; '\t' |] with
                    | -1 -> line.TrimEnd(), ""
                    | space -> line.Substring(0, space), line.Substring(space).Trim()

                let next = languageOf name |> Option.defaultValue language
                Directive(name, argument), (next, FSharpTokenizerLexState.Initial)
            else
                Text line, (language, (if language = FSharp then behind state line else state))

        cell.ReplaceLineEndings("\n").Split '\n'
        |> List.ofArray
        |> List.mapFold read (FSharp, FSharpTokenizerLexState.Initial)
        |> fst

    /// The pieces of a cell in order, or the first directive that is wrong.
    let split (cell: string) : Result<Segment list, DirectiveError> =
        let rec walk index language start block segments lines =
            match lines with
            | [] -> Ok(segments @ close language start block)
            | Text line :: rest -> walk (index + 1) language start (line :: block) segments rest
            | Directive(name, argument) :: rest ->
                let segments = segments @ close language start block

                match languageOf name, argument with
                | Some next, "" -> walk (index + 1) next (index + 1) [] segments rest
                | _ ->
                    match command name argument with
                    | Ok segment -> walk (index + 1) language (index + 1) [] (segments @ [ segment ]) rest
                    | Error message -> Error { Line = index + 1; Message = message }

        walk 0 FSharp 0 [] [] (lines cell)
