// What does each part of Polite Teacher bring? (Filipiak et al. 2024: about 8 points of mask AP over the labelled images alone.) All
// variants take the same number of steps with the same labelled images in them, in one run with a first stage on labelled images
// alone; with --weights, of a run of shapes-center-mask say, they begin with these instead. The last variant is a filter of one's
// own: whose masks teach masks, by the mask's predicted IoU and the score together.
//
//   dotnet fsi experiments/polite-teacher.fsx --quick
//   dotnet fsi experiments/polite-teacher.fsx --weights runs/shapes-center-mask-1/model.safetensors
#load "refs.fsx"

open BoxTeacher.Methods
open BoxTeacher.Training
open BoxTeacher.Workbench
open TorchSharp

let sure (labels: PseudoLabels) = (labels.Quality * labels.Scores).gt(0.7.ToScalar()).nonzero().squeeze 1L

Script.run fsi.CommandLineArgs (fun options ->
    let stages = if options.Weights.IsSome then PoliteTeacher.mutualAlone else id

    Ablation.from "What does each part of Polite Teacher bring?" (Recipe.politeTeacher options.Data |> stages)
    |> Ablation.variant "supervised" PoliteTeacher.asSupervised
    |> Ablation.variant "boxes alone" PoliteTeacher.boxesAlone
    |> Ablation.variant "boxes and masks, without mask scoring" PoliteTeacher.withoutMaskScoring
    |> Ablation.variant "boxes and masks, mask scoring" id
    |> Ablation.variant "the same, empty images left out" PoliteTeacher.withoutEmptyImages
    |> Ablation.add (Variant.With("boxes and masks, quality times score", id, PoliteTeacherParts(MaskFilter = sure)))
    |> Ablation.run options)
