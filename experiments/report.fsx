// Makes the report of an experiment again, from its results alone.
//
//   dotnet fsi experiments/report.fsx runs/NAME/results.json
#load "refs.fsx"

open BoxTeacher.Workbench

match List.ofArray fsi.CommandLineArgs with
| [ _; results ] -> printfn "%s" (Report.rebuild results).Page
| _ ->
    eprintfn "usage: dotnet fsi experiments/report.fsx RESULTS.json"
    exit 2
