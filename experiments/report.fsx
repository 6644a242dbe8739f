// Makes a report: of an experiment again, from its results alone, or of a run of `boxteacher train`.
//
//   dotnet fsi experiments/report.fsx runs/NAME/results.json
//   dotnet fsi experiments/report.fsx runs/NAME-SEED
#load "refs.fsx"

open BoxTeacher.Workbench

Script.reportOf fsi.CommandLineArgs
