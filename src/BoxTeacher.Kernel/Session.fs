namespace BoxTeacher.Kernel

open System
open System.IO
open System.Threading
open FSharp.Compiler.CodeAnalysis
open FSharp.Compiler.Diagnostics
open FSharp.Compiler.Interactive.Shell
open FSharp.Compiler.Symbols

/// What a piece of F# code has come to.
type internal Evaluation =
    { /// The value of the last expression with its static type, unless that is unit.
      Value: Result<(obj * Type) option, Failure>
      /// The compiler's warnings as text.
      Warnings: string list }

/// A value bound by an earlier cell.
type internal Binding =
    { Name: string
      Type: string
      Value: obj }

/// Writes to the console of the moment: cells may redirect it.
type private ConsoleOut() =
    inherit TextWriter()
    override _.Encoding = Console.Out.Encoding
    override _.Write(value: char) = Console.Out.Write value
    override _.Write(value: string) = Console.Out.Write value

/// An F# interactive session: the compiler with all that has been defined so far.
type internal Session(directory: string) =

    let options =
        [| "boxteacher-kernel"
           "--noninteractive"
           "--quiet"
           "--nologo"
           "--targetprofile:netcore"
           "--langversion:preview"
           "/usesdkrefs-"
           // Each cell becomes an assembly of its own, with debug information: exceptions name lines.
           "--multiemit+"
           "--debug:portable"
           $"-r:{typeof<Session>.Assembly.Location}" |]

    let prelude =
        String.concat
            "\n"
            [ "open System"
              "open System.IO"
              "open System.Text"
              "open Microsoft.DotNet.Interactive"
              "open Microsoft.DotNet.Interactive.Formatting"
              "open Microsoft.DotNet.Interactive.FSharp.FSharpKernelHelpers"
              "open type Microsoft.DotNet.Interactive.Kernel"
              "0" ]

    let displayContext = FSharpDisplayContext.Empty.WithShortTypeNames true

    let fsi =
        FsiEvaluationSession.Create(
            FsiEvaluationSession.GetDefaultConfiguration(),
            options,
            TextReader.Null,
            new ConsoleOut(),
            TextWriter.Null
        )

    let fileOf (name: string) = Path.Combine(directory, name + ".fsx")

    do
        match fsi.EvalInteractionNonThrowing(prelude, fileOf "prelude") with
        | Choice1Of2 _, _ -> ()
        | Choice2Of2 problem, diagnostics ->
            let messages = diagnostics |> Seq.map string |> String.concat "\n"
            raise (InvalidOperationException($"The F# session did not start. {messages}", problem))

    /// <summary>Compiles and runs code.</summary>
    /// <param name="name">What messages call the code, for example <c>cell-3</c>.</param>
    /// <param name="code">The code.</param>
    /// <param name="token">Ends the compiler's work; running code is interrupted by other means.</param>
    member _.Evaluate(name: string, code: string, token: CancellationToken) : Evaluation =
        let outcome, diagnostics = fsi.EvalInteractionNonThrowing(code, fileOf name, token)
        let diagnostics = List.ofArray diagnostics

        let value =
            match outcome with
            // The compiler reports some errors beside an outcome: a package that is not there, a stray symbol.
            | _ when List.exists Diagnostics.isError diagnostics ->
                Error(Diagnostics.compilerErrors name code diagnostics)
            | Choice1Of2(Some value) when value.ReflectionType = typeof<unit> -> Ok None
            | Choice1Of2(Some value) -> Ok(Some(value.ReflectionValue, value.ReflectionType))
            | Choice1Of2 None -> Ok None
            | Choice2Of2 problem -> Error(Diagnostics.thrown problem)

        { Value = value
          Warnings =
            diagnostics
            |> List.filter Diagnostics.isWarning
            |> List.map (Diagnostics.warning name code) }

    /// Parses and checks code against what is defined, without running it.
    member _.Check(code: string) : FSharpParseFileResults * FSharpCheckFileResults =
        let parsed, checkedFile, _ = fsi.ParseAndCheckInteraction code
        parsed, checkedFile

    /// The values bound so far, the newest last.
    member _.Bindings =
        fsi.GetBoundValues()
        |> List.filter (fun bound -> bound.Name <> "it")
        |> List.map (fun bound ->
            { Name = bound.Name
              Type = bound.Value.FSharpType.Format displayContext
              Value = bound.Value.ReflectionValue })
