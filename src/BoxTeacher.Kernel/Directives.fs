namespace BoxTeacher.Kernel

open System

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
        | "#!time", _ -> Ok Time
        | "#!who", _ -> Ok(Who false)
        | "#!whos", _ -> Ok(Who true)
        | "#!lsmagic", _ -> Ok Help
        | "#!import", "" -> Error "#!import needs a file"
        | "#!import", file -> Ok(Import(file.Trim '"'))
        | name, _ ->
            let names = known |> List.map fst |> String.concat ", "
            Error $"unknown directive {name}; known are {names}"

    let private close language start (lines: string list) =
        let body = lines |> List.rev |> String.concat "\n"

        match language with
        | _ when String.IsNullOrWhiteSpace body -> []
        | FSharp -> [ Code(String('\n', start) + body) ]
        | other -> [ Markup(other, body) ]

    /// The pieces of a cell in order, or the first directive that is wrong.
    let split (cell: string) : Result<Segment list, DirectiveError> =
        let rec walk index language start block segments (lines: string list) =
            match lines with
            | [] -> Ok(segments @ close language start block)
            | line :: rest when line.StartsWith "#!" ->
                let name, argument =
                    match line.IndexOfAny [| ' '; '\t' |] with
                    | -1 -> line.TrimEnd(), ""
                    | space -> line.Substring(0, space), line.Substring(space).Trim()

                let segments = segments @ close language start block

                match languageOf name, command name argument with
                | Some next, _ -> walk (index + 1) next (index + 1) [] segments rest
                | None, Ok segment -> walk (index + 1) language (index + 1) [] (segments @ [ segment ]) rest
                | None, Error message -> Error { Line = index + 1; Message = message }
            | line :: rest -> walk (index + 1) language start (line :: block) segments rest

        cell.ReplaceLineEndings("\n").Split '\n' |> List.ofArray |> walk 0 FSharp 0 [] []
