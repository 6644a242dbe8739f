// What do full masks bring over boxes? BoxInst and BoxTeacher learn from boxes alone; CondInst sees every mask and is the
// upper bound (Cheng et al. 2023, table 1, and Tian et al. 2021).
//
//   dotnet fsi experiments/supervision.fsx --quick
//   dotnet fsi experiments/supervision.fsx --data pennfudan --source DIR --seeds 1
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "What do full masks bring over boxes?" (Recipe.boxTeacher options.Data)
    |> Ablation.variant "BoxInst" Recipe.asBoxInst
    |> Ablation.variant "BoxTeacher, confidence on" (BoxTeacher.confidence ConfidenceForm.Published)
    |> Ablation.variant "CondInst, full masks" Recipe.asCondInst
    |> Ablation.quickIterations 900
    |> Ablation.run options)
