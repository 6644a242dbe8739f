namespace BoxTeacher.Workbench

open System
open BoxTeacher.Data

/// Tells a person how the check of a data set goes, on the error stream: results go to the other one.
[<RequireQualifiedAccess>]
module DataNews =

    let private progress (checking: PicturesChecked) =
        let line = $"{checking.File}: {checking.Done} of {checking.Count} pictures checked"
        // In a terminal a line takes the place of the one before.
        if Console.IsErrorRedirected then eprintfn "%s" line else eprintf "\r%s" line

    /// How far it is, where it takes more than a second, and what is no error but should be known. Errors are raised by who reads the data.
    [<CompiledName "Tell">]
    let tell =
        Action<DataEvent>(function
            | :? PicturesChecked as checking -> progress checking
            | :? DataChecked as found ->
                for warning in found.Report.Warnings do
                    eprintfn "%s: %s" found.Report.File warning.What
            | _ -> ())
