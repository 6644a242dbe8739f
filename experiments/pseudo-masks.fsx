// Where should pseudo masks come from? (Cheng et al. 2023, section 3.1 and the ablation of its parts)
// All variants have the same number of steps; self-training shares them between its two stages.
//
//   dotnet fsi experiments/pseudo-masks.fsx --quick
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

let weak = Recipe.set "augmentation.strong" "null"
let noAverage = Recipe.set "teaching.teacher.momentumCap" "0"
let afterFirstStage = Recipe.confidence ConfidenceForm.Off >> Recipe.set "teaching.pseudoMasks.warmUpIterations" "0" >> Recipe.set "teaching.teacher.evaluate" "student"

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "Where should pseudo masks come from?" (Recipe.boxTeacher options.Data)
    |> Ablation.variant "BoxInst" (Recipe.asBoxInst >> weak)
    |> Ablation.add (Variant.Of("self-training in two stages", afterFirstStage >> weak, Method.selfTraining))
    |> Ablation.variant "end to end, no average" (noAverage >> weak)
    |> Ablation.variant "end to end, EMA teacher" weak
    |> Ablation.variant "end to end, EMA teacher, strong colors" id
    |> Ablation.quickIterations 900
    |> Ablation.run options)
