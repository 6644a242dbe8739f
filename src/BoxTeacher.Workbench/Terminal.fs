namespace BoxTeacher.Workbench

open System
open Spectre.Console

/// Where scripts print.
[<RequireQualifiedAccess>]
module Terminal =

    /// Characters a line has when the output goes to a file or a log.
    let private widthOfLogs = 150

    /// The terminal; for output that goes elsewhere, a console without colors and wide enough for a table.
    let console () =
        if Console.IsOutputRedirected then
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
