namespace BoxTeacher.Workbench

open System
open System.Diagnostics
open System.IO
open BoxTeacher.Data

/// Tells a person how the check of a data set goes, on the error stream: results go to the other one.
[<RequireQualifiedAccess>]
module DataNews =

    // Smaller files are read in less than a second.
    let private large = 50_000_000L

    let private reading (file: string) =
        let info = FileInfo file
        if info.Exists && info.Length > large then eprintfn "%s: reading %d MB" file (info.Length / 1_000_000L)
        elif Directory.Exists file then eprintfn "%s: looking for pictures" file

    let private soFar (file: string) finished count what =
        let line = $"{file}: {finished} of {count} {what}"
        // In a terminal a line takes the place of the one before.
        if Console.IsErrorRedirected then eprintfn "%s" line
        elif finished < count then eprintf "\r%s" line
        else eprintfn "\r%s" line

    let private progress (checking: PicturesChecked) =
        soFar checking.File checking.Done checking.Count "pictures checked"

    /// Tells about once a second, and at the end, how many of a file's images a detector has looked at.
    [<CompiledName "Detecting">]
    let detecting file count =
        let sinceTold = Stopwatch.StartNew()

        Action<int>(fun finished ->
            if finished = count || sinceTold.Elapsed.TotalSeconds >= 1.0 then
                sinceTold.Restart()
                soFar file finished count "images looked at")

    /// How far it is, where it takes more than a second, and what is no error but should be known. Errors are raised by who reads the data.
    [<CompiledName "Tell">]
    let tell =
        Action<DataEvent>(function
            | :? ReadingAnnotations as next -> reading next.File
            | :? PicturesChecked as checking -> progress checking
            | :? DataChecked as found ->
                for warning in found.Report.Warnings do
                    eprintfn "%s: %s" found.Report.File warning.What
            | _ -> ())
