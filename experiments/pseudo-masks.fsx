// Where should pseudo masks come from? (Cheng et al. 2023, section 3.1 and the ablation of its parts)
// All variants have the same number of steps; self-training shares them between its two stages.
//
//   dotnet fsi experiments/pseudo-masks.fsx --quick
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

let weak = Recipe.withoutStrongColors
let selfTraining = BoxTeacher.confidence ConfidenceForm.Off >> BoxTeacher.warmUp 0 >> BoxTeacher.asSelfTraining

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "Where should pseudo masks come from?" (Recipe.boxTeacher options.Data)
    |> Ablation.variant "BoxInst" (Recipe.asBoxInst >> weak)
    |> Ablation.variant "self-training in two stages" (selfTraining >> weak)
    |> Ablation.variant "end to end, no average" (BoxTeacher.momentumCap 0.0 >> weak)
    |> Ablation.variant "end to end, EMA teacher" weak
    |> Ablation.variant "end to end, EMA teacher, strong colors" id
    |> Ablation.quickIterations 900
    |> Ablation.run options)
