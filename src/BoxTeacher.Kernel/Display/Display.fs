namespace BoxTeacher.Kernel

open Microsoft.DotNet.Interactive.Formatting

/// Where displayed values go. The functions that a notebook calls are static, so the running kernel is found here;
/// it is set once, when the kernel starts.
type internal IStage =
    /// Shows a value under a new display id.
    abstract Show: id: string * forms: FormattedValue list -> unit
    /// Replaces what is shown under a display id.
    abstract Replace: id: string * forms: FormattedValue list -> unit
    /// Asks the user for a line.
    abstract Ask: prompt: string * password: bool -> string

module internal Stage =

    /// The console stands in where no kernel runs, as in a script.
    let private console =
        let print (forms: FormattedValue list) =
            forms
            |> Seq.tryFind (fun form -> form.MimeType = "text/plain")
            |> Option.iter (fun form -> System.Console.WriteLine form.Value)

        { new IStage with
            member _.Show(_, forms) = print forms
            member _.Replace(_, forms) = print forms

            member _.Ask(prompt, _) =
                System.Console.Write prompt
                System.Console.ReadLine() }

    let mutable private current = console

    let set stage = current <- stage
    let get () = current

namespace Microsoft.DotNet.Interactive

open System
open System.Threading
open System.Threading.Tasks
open System.Runtime.InteropServices
open Microsoft.AspNetCore.Html
open Microsoft.DotNet.Interactive.Formatting
open BoxTeacher.Kernel

/// A value that has been shown and can be replaced in place.
type DisplayedValue internal (id: string, mimeTypes: string list) =
    /// The name of the output, unique in the notebook.
    member _.DisplayId = id
    /// The forms that were asked for.
    member _.MimeTypes = mimeTypes |> List.toArray

    /// <summary>Shows another value in the place of this one. Any thread may call it, at any time.</summary>
    /// <param name="updatedValue">The new value.</param>
    member _.Update(updatedValue: obj) =
        Stage.get().Replace(id, Formatter.Format(updatedValue, mimeTypes))

    static member internal Show(value: obj, mimeTypes: string list) =
        let id = Guid.NewGuid().ToString "N"
        Stage.get().Show(id, Formatter.Format(value, mimeTypes))
        DisplayedValue(id, mimeTypes)

/// What a client asked for: a cell to be run.
[<AllowNullLiteral>]
type SubmitCode internal (code: string) =
    /// The cell's text.
    member _.Code = code

/// The cell that runs now. Libraries find this type by name, so that a long computation can end between two steps.
[<AllowNullLiteral>]
type KernelInvocationContext internal (code: string, token: unit -> CancellationToken) =
    let command = SubmitCode code
    static let mutable current: KernelInvocationContext = null

    /// The cell that runs now, or null between cells.
    static member Current = current

    /// The cell as it was sent.
    member _.Command = command

    /// Cancelled when the user interrupts the cell. Whoever has read it gets time to end by itself.
    member _.CancellationToken = token ()

    static member internal Enter context = current <- context

/// What a notebook calls without a qualifier.
[<AbstractClass; Sealed>]
type Kernel private () =
    /// <summary>Shows a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="mimeTypes">The forms; none for the preferred ones.</param>
    static member display(value: obj, [<ParamArray>] mimeTypes: string[]) =
        DisplayedValue.Show(value, List.ofArray mimeTypes)

    /// <summary>Markup as a value.</summary>
    /// <param name="content">The markup.</param>
    static member HTML(content: string) : IHtmlContent = HtmlString content

    /// <summary>Runs a script in the page.</summary>
    /// <param name="script">The script.</param>
    static member Javascript(script: string) : unit =
        DisplayedValue.Show(HtmlString $"<script type=\"text/javascript\">{script}</script>", []) |> ignore

    /// <summary>Adds a style sheet to the page.</summary>
    /// <param name="content">The style sheet.</param>
    static member CSS(content: string) : unit =
        DisplayedValue.Show(HtmlString $"<style>{content}</style>", []) |> ignore

    /// <summary>Asks the user for a line.</summary>
    /// <param name="prompt">What is asked.</param>
    static member GetInputAsync([<Optional; DefaultParameterValue("")>] prompt: string) =
        Task.Run(fun () -> Stage.get().Ask(prompt, false))

    /// <summary>Asks the user for a line that is not shown.</summary>
    /// <param name="prompt">What is asked.</param>
    static member GetPasswordAsync([<Optional; DefaultParameterValue("")>] prompt: string) =
        Task.Run(fun () -> Stage.get().Ask(prompt, true))

namespace System

open System.Runtime.CompilerServices
open Microsoft.AspNetCore.Html
open Microsoft.DotNet.Interactive
open Microsoft.DotNet.Interactive.Formatting
open BoxTeacher.Kernel

/// Methods that show a value.
[<Extension; AbstractClass; Sealed>]
type DisplayExtensions private () =
    /// <summary>Shows a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="mimeTypes">The forms; none for the preferred ones.</param>
    [<Extension>]
    static member Display(value: obj, [<ParamArray>] mimeTypes: string[]) =
        DisplayedValue.Show(value, List.ofArray mimeTypes)

    /// <summary>Shows text as what it is written in.</summary>
    /// <param name="value">The text, for example markup.</param>
    /// <param name="mimeType">The form it is in, for example <c>text/html</c>.</param>
    [<Extension>]
    static member DisplayAs(value: string, mimeType: string) =
        DisplayedValue.Show(FormattedValue(mimeType, value), [])

    /// <summary>Shows a sequence as a table.</summary>
    /// <param name="values">The rows.</param>
    [<Extension>]
    static member DisplayTable(values: seq<'T>) =
        DisplayedValue.Show(HtmlString(Values.html (Values.shape Int32.MaxValue (List.ofSeq values))), [])
