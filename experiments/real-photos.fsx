// Do the methods keep their order on photos? Penn-Fudan pedestrians, from the unpacked archive.
//
//   dotnet fsi experiments/real-photos.fsx --source DIR --quick
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

Script.run (Script.onPhotos fsi.CommandLineArgs) (fun options ->
    Ablation.from "Do the methods keep their order on photos?" (Recipe.boxTeacher options.Data)
    |> Ablation.variant "BoxInst" Recipe.asBoxInst
    |> Ablation.variant "BoxTeacher, confidence off" (BoxTeacher.confidence ConfidenceForm.Off)
    |> Ablation.variant "BoxTeacher" id
    |> Ablation.variant "CondInst, full masks" Recipe.asCondInst
    |> Ablation.run options)
