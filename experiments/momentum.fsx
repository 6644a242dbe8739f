// How fast should the teacher follow the student? (Cheng et al. 2023, section 3.2; Tarvainen and Valpola 2017)
// A cap of 0 is no average at all: the student teaches itself.
//
//   dotnet fsi experiments/momentum.fsx --quick
#load "refs.fsx"

open BoxTeacher.Methods
open BoxTeacher.Training
open BoxTeacher.Workbench

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "How fast should the teacher follow?" (Recipe.boxTeacher options.Data)
    |> Ablation.sweep [ 0.99; 0.0; 0.9; 0.999 ] (fun m -> $"at most {m}, rising") BoxTeacher.momentumCap
    |> Ablation.variant "0.99 from the start" (BoxTeacher.momentumCap 0.99 >> BoxTeacher.momentum MomentumForm.Constant)
    |> Ablation.variant "at most 0.99, student evaluated" (BoxTeacher.evaluate Network.Student)
    |> Ablation.quickIterations 900
    |> Ablation.run options)
