namespace BoxTeacher.Workbench

open System
open System.IO
open BoxTeacher.Data
open BoxTeacher.Methods
open BoxTeacher.Torch
open BoxTeacher.Training

/// Experiments as scripts.
[<RequireQualifiedAccess>]
module Script =

    /// The command line of a script whose data are the photos unless it names others.
    let onPhotos (commandLine: string array) =
        if Array.contains "--data" commandLine then commandLine else Array.append commandLine [| "--data"; "pennfudan" |]

    let private complain (message: string) = eprintfn "%s" message

    let private filesOf (files: ReportFiles) =
        printfn "report   %s\nresults  %s" (Path.GetFullPath files.Page) (Path.GetFullPath files.Results)

    let private report out (result: AblationResult) =
        let files = Report.write out result
        Terminal.print (AblationResult.table result)
        AblationResult.verdicts result |> List.iter (printfn "%s")
        filesOf files

    /// Errors that a person can mend.
    let private isOfInput (error: exn) =
        match error with
        | :? RecipeException
        | :? PartException
        | :? DataFormatException
        | :? DataCheckException
        | :? InvalidDataException
        | :? IOException
        | :? NotFiniteNumberException -> true
        | _ -> false

    /// The exit code of some work, with a plain message for what a person can mend: 2 for a wrong command line, whose help is
    /// printed, 1 for what is wrong with files.
    let private guarded (help: string) (work: unit -> int) =
        try
            work ()
        with
        | :? ArgumentException as error when error.ParamName |> Option.ofObj |> Option.exists _.StartsWith("-") ->
            // ArgumentException adds the parameter's name in brackets, which the message has already.
            complain (error.Message.Replace($" (Parameter '{error.ParamName}')", ""))
            complain help
            2
        | error when isOfInput error ->
            complain error.Message
            1

    /// What scripts and notebooks begin with, in refs.fsx: libtorch is loaded, and charts have the looks of this project. Where LIBTORCH
    /// names a libtorch that does not fit, a script ends with one line that says so, and a notebook's cell fails with it.
    let start () =
        let load () = TorchRuntime.Load() |> ignore
        if Notebook.isRunning () then load ()
        else match guarded "" (fun () -> load (); 0) with 0 -> () | code -> exit code
        ChartStyle.useEverywhere ()

    let private runExperiment options (experiment: ExperimentOptions -> AblationResult) =
        let reportFinished (finished: AblationResult) = if not finished.Runs.IsEmpty then report options.Out finished

        try
            report options.Out (experiment options)
            0
        with
        | :? AblationStoppedException as stopped ->
            reportFinished stopped.Finished
            complain stopped.Message
            130
        | :? AblationException as failed ->
            reportFinished failed.Finished
            // A defect keeps its stack trace.
            failed.InnerException |> Option.ofObj |> Option.filter (isOfInput >> not) |> Option.iter (string >> complain)
            complain failed.Message
            1

    /// Runs a script's experiment under the options of its command line (fsi.CommandLineArgs), prints its table and where the
    /// report lies, and ends the process: 0, 1 after an error, 2 for a wrong command line, 130 when it was stopped. After an error
    /// or a stop the report is of the runs that finished.
    let run (commandLine: string array) (experiment: ExperimentOptions -> AblationResult) =
        guarded ExperimentOptions.help (fun () ->
            match List.ofArray commandLine with
            | _ :: arguments when List.contains "--help" arguments ->
                printfn "%s" ExperimentOptions.help
                0
            | script :: arguments -> runExperiment (ExperimentOptions.parse script arguments) experiment
            | [] -> invalidArg (nameof commandLine) "a script's command line begins with its name")
        |> exit

    let private reportHelp =
        """usage: dotnet fsi experiments/report.fsx RESULTS.json          makes an experiment's report again
       dotnet fsi experiments/report.fsx RUN_FOLDER [DATA]    reports a finished run, whose data are under DATA (default: data)"""

    /// Makes the report that a command line asks for, prints where it lies, and ends the process: 0, 1 after an error, 2 for a
    /// wrong command line.
    let reportOf (commandLine: string array) =
        guarded reportHelp (fun () ->
            match List.ofArray commandLine with
            | [ _; folder ] when Directory.Exists folder -> report folder (RunReport.ofFolder "data" folder); 0
            | [ _; folder; data ] -> report folder (RunReport.ofFolder data folder); 0
            | [ _; results ] -> filesOf (Report.rebuild results); 0
            | _ ->
                complain reportHelp
                2)
        |> exit
