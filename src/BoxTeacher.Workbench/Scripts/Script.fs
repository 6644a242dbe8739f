namespace BoxTeacher.Workbench

open System
open System.IO
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

    let private show (result: AblationResult) files =
        Terminal.print (AblationResult.table result)
        AblationResult.verdicts result |> List.iter (printfn "%s")
        filesOf files

    let private complainOfFault (fault: exn) =
        complain (string fault)
        complain $"a fault of the script or of the program; if it is the program's, {InputError.Report}"

    /// The exit code of some work, with a plain message for what a person can mend: 2 for a wrong command line, whose help is
    /// printed, 1 for what is wrong with files, 3 after a fault, which keeps its stack trace.
    let private guarded (help: string) (work: unit -> int) =
        try
            work ()
        with
        | :? CommandLineException as error ->
            complain error.Message
            complain help
            2
        | error when InputError.Is error ->
            complain (InputError.Text error)
            1
        | fault ->
            complainOfFault fault
            3

    /// What scripts and notebooks begin with, in refs.fsx: libtorch is loaded, and charts have the looks of this project. Where LIBTORCH
    /// names a libtorch that does not fit, a script ends with one line that says so, and a notebook's cell fails with it.
    let start () =
        let load () = TorchRuntime.Load() |> ignore
        if Notebook.isRunning () then load ()
        else match guarded "" (fun () -> load (); 0) with 0 -> () | code -> exit code
        ChartStyle.useEverywhere ()

    let private runExperiment options (experiment: ExperimentOptions -> AblationResult) =
        let shared = SharedReport options

        let report (result: AblationResult) =
            match shared.Write result with
            | true, files -> show result files
            | false, files -> printfn "report   %s, by another process" (Path.GetFullPath files.Page)

        let reportFinished (finished: AblationResult) = if not finished.Runs.IsEmpty then report finished

        try
            report (experiment options)
            0
        with
        | :? AblationStoppedException as stopped ->
            reportFinished stopped.Finished
            complain stopped.Message
            130
        | :? AblationException as failed ->
            reportFinished failed.Finished
            complain failed.Message

            match Option.ofObj failed.InnerException with
            | Some fault when not (InputError.Is fault) ->
                complainOfFault fault
                3
            | _ -> 1

    /// Runs a script's experiment under the options of its command line (fsi.CommandLineArgs), prints its table and where the
    /// report lies, and ends the process: 0, 1 after an error, 2 for a wrong command line, 3 after a fault, 130 when it was stopped.
    /// After an error or a stop the report is of the runs that finished.
    let run (commandLine: string array) (experiment: ExperimentOptions -> AblationResult) =
        guarded ExperimentOptions.help (fun () ->
            match List.ofArray commandLine with
            | _ :: arguments when List.contains "--help" arguments ->
                printfn "%s" ExperimentOptions.help
                0
            | script :: arguments -> runExperiment (ExperimentOptions.parse script arguments) experiment
            | [] -> raise (CommandLineException "a script's command line begins with its name"))
        |> exit

    let private reportHelp =
        """usage: dotnet fsi experiments/report.fsx RESULTS.json          makes an experiment's report again
       dotnet fsi experiments/report.fsx RUN_FOLDER [DATA]    reports a finished run, whose data are under DATA (default: data)"""

    let private reportOfRun data folder =
        use _ = RunFolder(folder).Lock()
        let result = RunReport.ofFolder data folder
        show result (Report.write folder result)

    /// Makes the report that a command line asks for, prints where it lies, and ends the process: 0, 1 after an error, 2 for a
    /// wrong command line.
    let reportOf (commandLine: string array) =
        guarded reportHelp (fun () ->
            match List.ofArray commandLine with
            | [ _; folder ] when Directory.Exists folder -> reportOfRun "data" folder; 0
            | [ _; folder; data ] -> reportOfRun data folder; 0
            | [ _; results ] -> filesOf (Report.rebuild results); 0
            | _ ->
                complain reportHelp
                2)
        |> exit
