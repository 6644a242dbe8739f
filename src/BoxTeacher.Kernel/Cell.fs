namespace BoxTeacher.Kernel

open System
open System.Diagnostics
open System.IO
open System.Text.Json
open Microsoft.AspNetCore.Html
open Microsoft.DotNet.Interactive
open Microsoft.DotNet.Interactive.Formatting

/// Runs the pieces of a cell in order.
module internal Cell =

    /// What a running cell needs from its kernel.
    type Surroundings =
        { Session: Session
          Interruption: Interruption
          /// Notebook folder, where relative names begin.
          Directory: string
          Warn: string -> unit }

    let private show forms =
        Stage.get().Show(Guid.NewGuid().ToString "N", forms)

    let private markup language body =
        match language with
        | Markdown -> [ FormattedValue("text/markdown", body) ]
        | Javascript -> [ FormattedValue("text/html", $"<script type=\"text/javascript\">{body}</script>") ]
        | Html
        | FSharp -> [ FormattedValue("text/html", body) ]

    let private bindings details (session: Session) : obj =
        let newest = session.Bindings |> List.rev |> List.distinctBy _.Name |> List.rev

        if details then
            HtmlString(Values.html (Table([ "name"; "type"; "value" ], newest |> List.map (fun b -> [ b.Name; b.Type; b.Value ]), Some 0)))
        else
            newest |> List.map _.Name |> String.concat ", " |> box

    /// The code cells of a notebook file that are F#.
    let private notebookCode (file: string) =
        use document = JsonDocument.Parse(File.ReadAllText file)

        let source (cell: JsonElement) =
            match cell.GetProperty "source" with
            | lines when lines.ValueKind = JsonValueKind.Array ->
                lines.EnumerateArray() |> Seq.map _.GetString() |> String.concat ""
            | text -> text.GetString()

        document.RootElement.GetProperty("cells").EnumerateArray()
        |> Seq.filter (fun cell -> Json.textOr "" "cell_type" cell = "code")
        |> Seq.map source
        |> List.ofSeq

    let private failure name message =
        { Name = name; Value = message; Traceback = [ message ] }

    /// A cell's value in the forms that are shown; nothing for what stands in the notebook already.
    let private forms (value: (obj * Type) option) =
        match value with
        | None
        | Some((:? DisplayedValue), _) -> []
        | Some(null, kind) when kind.IsGenericType && kind.GetGenericTypeDefinition() = typedefof<_ option> ->
            [ FormattedValue("text/plain", "None") ]
        | Some(value, _) -> Formatter.Format(value, [])

    let private evaluate (around: Surroundings) name code =
        let evaluation = around.Session.Evaluate(name, code, around.Interruption.CompilerToken)
        evaluation.Warnings |> List.iter around.Warn
        evaluation.Value |> Result.map forms

    /// The values of named expressions in the forms that are shown. One that throws leaves the others alone.
    let expressions (around: Surroundings) (named: (string * string) list) =
        let value code =
            try
                evaluate around "expression" code
            with problem when not around.Interruption.IsRequested ->
                Error(Diagnostics.thrown problem)

        named |> List.map (fun (name, code) -> name, value code)

    /// Runs a cell. The value of its last piece comes back formatted; values of earlier pieces are displayed.
    let rec run (around: Surroundings) (name: string) (code: string) : Result<FormattedValue list, Failure> =
        let clock = Stopwatch.StartNew()

        let segment piece =
            match piece with
            | Code code -> evaluate around name code
            | Markup(language, body) ->
                show (markup language body)
                Ok []
            | Who details ->
                show (Formatter.Format(bindings details around.Session, []))
                Ok []
            | Help ->
                let rows = Directives.known |> List.map (fun (name, purpose) -> [ box name; box purpose ])
                show [ FormattedValue("text/html", Values.html (Table([ "directive"; "purpose" ], rows, Some 0))) ]
                Ok []
            | Import file -> import around file
            | Time -> Ok []

        let rec walk pieces =
            match pieces with
            | [] -> Ok []
            | [ last ] -> segment last
            | piece :: rest ->
                match segment piece with
                | Error problem -> Error problem
                | Ok [] -> walk rest
                | Ok forms ->
                    show forms
                    walk rest

        match Directives.split code with
        | Error problem -> Error(failure "DirectiveError" $"{name}({problem.Line},1): {problem.Message}")
        | Ok pieces ->
            let result = walk pieces

            if List.contains Time pieces then
                let time = FormattedValue("text/plain", $"Wall time: {clock.Elapsed.TotalMilliseconds:F1} ms")

                match result with
                | Ok(_ :: _ as forms) ->
                    show forms
                    show [ time ]
                    Ok []
                | other ->
                    show [ time ]
                    other
            else
                result

    and private import around file =
        let path = Path.Combine(around.Directory, file)
        let name = Path.GetFileNameWithoutExtension file

        let runAll cells =
            cells
            |> List.fold (fun state code -> state |> Result.bind (fun _ -> run around name code)) (Ok [])

        try
            match Path.GetExtension(path).ToLowerInvariant() with
            | ".fsx"
            | ".fs" -> runAll [ File.ReadAllText path ]
            | ".ipynb" -> runAll (notebookCode path)
            | other -> Error(failure "DirectiveError" $"#!import {file}: files of type '{other}' are not known; .fsx, .fs and .ipynb are.")
        with
        | :? IOException
        | :? JsonException
        | :? System.Collections.Generic.KeyNotFoundException as problem ->
            Error(failure "DirectiveError" $"#!import {file}: {problem.Message}")
