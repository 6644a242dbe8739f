namespace BoxTeacher.Workbench

open System
open System.IO
open BoxTeacher.Files

/// The report of an ablation that several processes may have trained: one of them writes it. To be made before the runs begin.
type internal SharedReport(options: ExperimentOptions) =

    let file = Path.Combine(options.Out, "results.json")
    let fingerprint () = if File.Exists file then RunStore.Fingerprint [ File.ReadAllText file ] else ""
    let before = fingerprint ()

    let runsOf (result: AblationResult) = set [ for result in result.Runs -> result.Run.Variant, result.Run.Seed, result.Run.Key ]

    let isReported result =
        fingerprint () <> before
        && (try
                Set.isSubset (runsOf result) (runsOf (ResultJson.read file))
            with :? InvalidDataException ->
                false)

    /// Writes the report, unless another process has written one of these runs since this object was made; returns whether it did, and
    /// the files.
    member _.Write(result: AblationResult) =
        use claims = new Claims(options.Takeover)
        use _ = claims.Take(Path.Combine(options.Out, "runs", "report"), Action<Holder> ignore)

        if isReported result then
            false, { Page = Path.Combine(options.Out, "report.html"); Results = file }
        else
            true, Report.write options.Out result
