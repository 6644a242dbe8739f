namespace BoxTeacher.Workbench

open System
open System.IO
open BoxTeacher.Data
open BoxTeacher.Training

/// Experiments as scripts.
[<RequireQualifiedAccess>]
module Script =

    /// The command line of a script whose data are the photos unless it names others.
    let onPhotos (commandLine: string array) =
        if Array.contains "--data" commandLine then commandLine else Array.append commandLine [| "--data"; "pennfudan" |]

    /// Runs a script's experiment under the options of its command line (fsi.CommandLineArgs), prints its table and where the
    /// report lies, and ends the process: 0, 1 after an error, 2 for a wrong command line, 130 when it was stopped.
    let run (commandLine: string array) (experiment: ExperimentOptions -> AblationResult) =
        let complain (message: string) = eprintfn "%s" message

        let code =
            try
                match List.ofArray commandLine with
                | _ :: arguments when List.contains "--help" arguments ->
                    printfn "%s" ExperimentOptions.help
                    0
                | script :: arguments ->
                    let options = ExperimentOptions.parse script arguments
                    let result = experiment options
                    let files = Report.write options.Out result
                    Terminal.print (AblationResult.table result)
                    AblationResult.verdicts result |> List.iter (printfn "%s")
                    printfn "report   %s\nresults  %s" (Path.GetFullPath files.Page) (Path.GetFullPath files.Results)
                    0
                | [] -> invalidArg (nameof commandLine) "a script's command line begins with its name"
            with
            | :? OperationCanceledException as stopped ->
                complain stopped.Message
                130
            | :? ArgumentException as error when error.ParamName |> Option.ofObj |> Option.exists _.StartsWith("-") ->
                // ArgumentException adds the parameter's name in brackets, which the message has already.
                complain (error.Message.Replace($" (Parameter '{error.ParamName}')", ""))
                complain ExperimentOptions.help
                2
            | :? RecipeException
            | :? DataFormatException
            | :? InvalidDataException
            | :? IOException as error ->
                complain error.Message
                1
            | :? AblationException as error ->
                complain (string (error.InnerException |> Option.ofObj |> Option.map string |> Option.defaultValue error.Message))
                complain error.Message
                1

        exit code
