// What does each part of Soft Teacher bring? (Xu et al. 2021, tables 5 and 6: with a tenth of COCO labelled 27.1, 28.7, 30.0,
// 31.2, 33.6 and 34.2 box AP.) All variants take the same number of steps with the same labelled images in them; multi-stage
// training shares its steps between the stages.
//
//   dotnet fsi experiments/soft-teacher.fsx --quick
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "What does each part of Soft Teacher bring?" (Recipe.softTeacher options.Data)
    |> Ablation.variant "supervised" SoftTeacher.asSupervised
    |> Ablation.variant "multi-stage" SoftTeacher.asMultiStage
    |> Ablation.variant "end to end" (SoftTeacher.asEndToEnd >> SoftTeacher.momentumCap 0.0)
    |> Ablation.variant "end to end + EMA" SoftTeacher.asEndToEnd
    |> Ablation.variant "+ soft teacher" SoftTeacher.withoutJitter
    |> Ablation.variant "+ box jittering" id
    |> Ablation.run options)
