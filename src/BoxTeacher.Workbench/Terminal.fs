namespace BoxTeacher.Workbench

open System
open System.IO
open Spectre.Console

/// Passes texts on to a terminal; what it does not take since it was closed is dropped.
type private TerminalWriter(terminal: TextWriter) =
    inherit TextWriter(terminal.FormatProvider)

    let pass write = try write () with :? IOException -> ()

    override _.Encoding = terminal.Encoding
    override _.Write(value: char) = pass (fun () -> terminal.Write value)
    override _.Write(value: string | null) = pass (fun () -> terminal.Write value)
    override _.Write(buffer: char array, index: int, count: int) = pass (fun () -> terminal.Write(buffer, index, count))
    override _.Flush() = pass terminal.Flush

/// Where scripts print.
[<RequireQualifiedAccess>]
module Terminal =

    /// Characters a line has when the output goes to a file or a log.
    let private widthOfLogs = 150

    let private outlived =
        lazy
            (if not Console.IsOutputRedirected then Console.SetOut(new TerminalWriter(Console.Out))
             if not Console.IsErrorRedirected then Console.SetError(new TerminalWriter(Console.Error)))

    /// From here on the process outlives its terminal: what is printed on a closed one is lost, and no error.
    let outlive () = outlived.Force()

    /// The terminal; for output that goes elsewhere, or that several processes write to one terminal, a console without colors and wide
    /// enough for a table.
    let console () =
        // mpirun gives each process a terminal of its own, and prints them as one.
        if Console.IsOutputRedirected || Peers.own.Value.Count > 1 then
            let noColors, notInteractive = ColorSystemSupport.NoColors, InteractionSupport.No
            let settings = AnsiConsoleSettings(Ansi = AnsiSupport.No, ColorSystem = noColors, Interactive = notInteractive)
            let console = AnsiConsole.Create settings
            console.Profile.Width <- widthOfLogs
            console
        else
            AnsiConsole.Console

    /// Prints a table.
    let print (table: BoxTeacher.Workbench.Table) =
        let console = console ()
        console.Write(Table.toTerminal console.Profile.Width table)
