// Do 8 bits of a number do? BoxTeacher in float32, in bfloat16, and with a teacher in bfloat16 beside a student in float32; on images of
// 96 pixels, which differ as well and are faster.
//
//   dotnet fsi experiments/precision.fsx --quick
//   dotnet fsi experiments/precision.fsx --seeds 3 --iterations 500 --parallel 2
#load "refs.fsx"

open BoxTeacher.Torch
open BoxTeacher.Workbench

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "Do 8 bits of a number do?" (Recipe.boxTeacher options.Data |> Recipe.resized 96)
    |> Ablation.variant "float32" id
    |> Ablation.variant "bfloat16" (Recipe.precision Precision.Bfloat16)
    |> Ablation.variant "teacher alone in bfloat16" (Recipe.teacherPrecision Precision.Bfloat16)
    |> Ablation.quickIterations 600
    |> Ablation.run options)
