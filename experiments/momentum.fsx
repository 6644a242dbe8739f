// How fast should the teacher follow the student? (Cheng et al. 2023, section 3.2; Tarvainen and Valpola 2017)
// A cap of 0 is no average at all: the student teaches itself.
//
//   dotnet fsi experiments/momentum.fsx --quick
#load "refs.fsx"

open BoxTeacher.Methods
open BoxTeacher.Training
open BoxTeacher.Workbench

let cap momentum = Recipe.set "teaching.teacher.momentumCap" (string momentum)

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "How fast should the teacher follow?" (Recipe.boxTeacher options.Data)
    |> Ablation.sweep [ 0.99; 0.0; 0.9; 0.999 ] (fun m -> $"at most {m}, rising") cap
    |> Ablation.add (Variant.With("0.99 from the start", id, MethodParts(Momentum = Momentum.Constant 0.99)))
    |> Ablation.variant "at most 0.99, student evaluated" (Recipe.set "teaching.teacher.evaluate" "student")
    |> Ablation.quickIterations 900
    |> Ablation.run options)
