namespace BoxTeacher.Kernel

open System
open System.IO
open System.Text.RegularExpressions
open FSharp.Compiler.Diagnostics

/// Compiler messages and exceptions as text with positions in the cell.
module internal Diagnostics =

    let private red (text: string) = $"\u001b[31m{text}\u001b[0m"

    let isError (diagnostic: FSharpDiagnostic) =
        diagnostic.Severity = FSharpDiagnosticSeverity.Error

    let isWarning (diagnostic: FSharpDiagnostic) =
        diagnostic.Severity = FSharpDiagnosticSeverity.Warning

    let private place cellFile (diagnostic: FSharpDiagnostic) =
        let position = $"({diagnostic.StartLine},{diagnostic.StartColumn + 1})"

        match Path.GetFileNameWithoutExtension diagnostic.FileName with
        | name when name = cellFile -> cellFile + position
        // A package that is not there is held against the session's first package, whichever cell that was in.
        | name when Regex.IsMatch(name, @"^cell-\d+$") -> cellFile
        | _ -> diagnostic.FileName + position

    let private title (diagnostic: FSharpDiagnostic) =
        let severity = if isError diagnostic then "error" else "warning"
        $"{severity} {diagnostic.ErrorNumberText}: {diagnostic.Message}"

    /// The line of the cell that a message is about, with a mark below the place.
    let private excerpt cellFile (code: string) (diagnostic: FSharpDiagnostic) =
        let lines = code.ReplaceLineEndings("\n").Split '\n'
        let inCell = Path.GetFileNameWithoutExtension diagnostic.FileName = cellFile

        if inCell && diagnostic.StartLine >= 1 && diagnostic.StartLine <= lines.Length then
            let line = lines[diagnostic.StartLine - 1]
            let first = min diagnostic.StartColumn line.Length

            let width =
                if diagnostic.EndLine = diagnostic.StartLine then
                    diagnostic.EndColumn - first |> max 1
                else
                    line.Length - first |> max 1

            [ "    " + line; "    " + String(' ', first) + String('^', width) ]
        else
            []

    /// A warning as one text: position, message, excerpt.
    let warning cellFile code diagnostic =
        $"{place cellFile diagnostic}: {title diagnostic}" :: excerpt cellFile code diagnostic
        |> String.concat "\n"
        |> fun text -> text + "\n"

    // "Parse error", which repeats that there is a syntax error, at the place of that error.
    let private repeats (diagnostic: FSharpDiagnostic) = diagnostic.ErrorNumber = 192

    /// What the compiler says against a cell.
    let compilerErrors cellFile code (diagnostics: FSharpDiagnostic list) =
        let distinct =
            diagnostics
            |> List.filter (fun diagnostic -> isError diagnostic && not (repeats diagnostic))
            |> List.distinctBy (fun d -> d.StartLine, d.StartColumn, d.ErrorNumber, d.Message)

        let lines diagnostic =
            $"{place cellFile diagnostic}: {red (title diagnostic)}" :: excerpt cellFile code diagnostic

        match distinct with
        | [] -> { Name = "CompilerError"; Value = "The cell does not compile."; Traceback = [ "The cell does not compile." ] }
        | first :: _ ->
            { Name = "CompilerError"
              Value = $"{place cellFile first}: {title first}"
              Traceback = distinct |> List.collect lines }

    // Around the cell's own code lie calls of the kernel, the compiler and the runtime, which tell a user nothing.
    let private isPlumbing (frame: string) =
        [ "at System.RuntimeMethodHandle."
          "at System.Runtime.ControlledExecution."
          "at System.Reflection."
          "at InvokeStub_"
          "at FSharp.Compiler."
          "at BoxTeacher.Kernel."
          "at <StartupCode$boxteacher-kernel>."
          "at Microsoft.DotNet.Interactive."
          "at System.DisplayExtensions." ]
        |> List.exists (fun start -> frame.TrimStart().StartsWith(start, StringComparison.Ordinal))

    let private ownFile = Regex(@" in [^\n]*[/\\](cell-\d+)\.fsx:line ", RegexOptions.Compiled)
    let private buildMachine = Regex(@" in [A-Z]:\\[^\n]*", RegexOptions.Compiled)

    /// A frame of a cell names the cell and its line; the paths of the machine that built F#'s library say nothing.
    let private shorten (frame: string) =
        buildMachine.Replace(ownFile.Replace(frame, " in $1, line "), "")

    /// A recursion as one turn and how often it was taken. A turn may go through several functions.
    let private foldTurns (frames: string[]) =
        let turns first length =
            Seq.initInfinite (fun i -> first + i)
            |> Seq.takeWhile (fun i -> i + length < frames.Length && frames[i] = frames[i + length])
            |> Seq.length
            |> fun same -> 1 + same / length

        let step first =
            match [ 1..4 ] |> List.tryFind (fun length -> turns first length > 2) with
            | _ when first >= frames.Length -> None
            | None -> Some([ frames[first] ], first + 1)
            | Some length ->
                let count = turns first length
                let above = if length = 1 then "the line" else $"the {length} lines"
                let turn = frames[first .. first + length - 1] |> List.ofArray
                Some(turn @ [ $"   ({above} above {count} times)" ], first + count * length)

        List.unfold step 0 |> List.concat

    /// What a cell has thrown, with the frames of the user's code.
    let thrown (problem: exn) =
        let rec root (problem: exn) =
            match problem with
            | :? AggregateException as several when several.InnerExceptions.Count = 1 -> root several.InnerException
            | :? Reflection.TargetInvocationException
            | :? TypeInitializationException when not (isNull problem.InnerException) -> root problem.InnerException
            | problem -> problem

        let problem = root problem
        let text = problem.ToString().ReplaceLineEndings("\n").Split '\n'
        let frames = text |> Array.filter (isPlumbing >> not) |> Array.map shorten |> foldTurns
        let shown, rest = List.splitAt (min 60 frames.Length) frames
        let cut = if rest.IsEmpty then [] else [ $"   ({rest.Length} more lines)" ]

        { Name = problem.GetType().FullName
          Value = problem.Message
          Traceback =
            match shown with
            | first :: others -> red first :: others @ cut
            | [] -> [ red problem.Message ] }

    /// Whether a failure is what a wait or a computation throws when it is told to end.
    let isCancellation (failure: Failure) =
        [ typeof<OperationCanceledException>
          typeof<Threading.Tasks.TaskCanceledException>
          typeof<Threading.ThreadInterruptedException> ]
        |> List.exists (fun kind -> kind.FullName = failure.Name)

    /// How an interrupted cell is reported.
    let interrupted =
        { Name = "Interrupted"
          Value = "The cell was interrupted."
          Traceback = [ red "The cell was interrupted." ] }
