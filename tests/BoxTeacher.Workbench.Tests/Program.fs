module BoxTeacher.Workbench.Tests.Program

/// What the tests start as further processes: an ablation, as a script runs it.
[<EntryPoint>]
let main arguments =
    match List.ofArray arguments with
    | "ablation" :: options -> SharedRunsTests.script options
    | other -> failwith $"{other}"
