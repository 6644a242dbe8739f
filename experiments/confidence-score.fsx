// What does BoxTeacher's confidence score bring? (Cheng et al. 2023, section 3.3 and table 4)
//
//   dotnet fsi experiments/confidence-score.fsx --quick
//   dotnet fsi experiments/confidence-score.fsx --data pennfudan --source DIR --seeds 1
//
// `-- --help` lists the options (fsi keeps a bare --help for itself). An interrupted experiment goes on where it stopped.
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "What does weighting pseudo masks by their confidence bring?" (Recipe.boxTeacher options.Data)
    |> Ablation.variant "BoxInst" Recipe.asBoxInst
    |> Ablation.variant "BoxTeacher, confidence off" (BoxTeacher.confidence ConfidenceForm.Off)
    |> Ablation.variant "BoxTeacher, confidence on" (BoxTeacher.confidence ConfidenceForm.Published)
    |> Ablation.quickIterations 900
    |> Ablation.run options)
