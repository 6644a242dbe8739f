// What do photos need beside boxes? Penn-Fudan pedestrians on a pretrained ResNet-18. Boxes come in 200 steps, and masks from masks; masks
// from boxes do not yet.
//
//   make backbone
//   dotnet fsi experiments/pretrained-photos.fsx --source DIR --quick
#load "refs.fsx"

open BoxTeacher.Training
open BoxTeacher.Workbench

Script.run (Script.onPhotos fsi.CommandLineArgs) (fun options ->
    Ablation.from "What do boxes and masks teach on a pretrained backbone?" (Recipe.boxTeacher options.Data |> Recipe.onResNet18)
    |> Ablation.variant "BoxInst" Recipe.asBoxInst
    |> Ablation.variant "BoxTeacher" id
    |> Ablation.variant "CondInst, full masks" Recipe.asCondInst
    |> Ablation.quickIterations 300
    |> Ablation.run options)
