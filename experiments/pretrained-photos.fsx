// The same as real-photos.fsx on a pretrained ResNet-18. Boxes come in 300 steps; masks that are learned from boxes do not yet.
//
//   make backbone
//   dotnet fsi experiments/pretrained-photos.fsx --source DIR --quick
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

Script.run (Script.onPhotos fsi.CommandLineArgs) (fun options ->
    Ablation.from "Do the methods keep their order on photos, on a pretrained backbone?" (Recipe.boxTeacher options.Data |> Recipe.onResNet18)
    |> Ablation.variant "BoxInst" Recipe.asBoxInst
    |> Ablation.variant "BoxTeacher, confidence off" (BoxTeacher.confidence ConfidenceForm.Off)
    |> Ablation.variant "BoxTeacher" id
    |> Ablation.variant "CondInst, full masks" Recipe.asCondInst
    |> Ablation.quickIterations 300
    |> Ablation.run options)
