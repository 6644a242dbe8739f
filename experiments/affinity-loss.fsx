// Which pixels should a mask treat alike: those of one color (BoxInst), or those on one side of the teacher's mask
// (BoxTeacher's noise-reduced affinity loss, Cheng et al. 2023, section 3.4)? All variants keep the loss on the pseudo
// masks' pixels. Published are hard affinities of smoothed binary masks: at least 0.5, which the same masks without
// smoothing give as well, hard or soft, so that smoothing is seen in the soft variants and at other thresholds alone.
//
//   dotnet fsi experiments/affinity-loss.fsx --quick
#load "refs.fsx"

open BoxTeacher.Methods
open BoxTeacher.Training
open BoxTeacher.Workbench

let noColor = BoxTeacherParts(ColorAffinity = Affinity.None)
let ofProbabilities = BoxTeacherParts(MaskAffinity = Affinity.Masks, Confidence = Confidence.OfBinaryMasks)

Script.run fsi.CommandLineArgs (fun options ->
    Ablation.from "Which pairs of pixels should share a label?" (Recipe.boxTeacher options.Data)
    |> Ablation.variant "color" (BoxTeacher.affinityWeight 0.0)
    |> Ablation.add (Variant.With("none", BoxTeacher.affinityWeight 0.0, noColor))
    |> Ablation.add (Variant.With("masks", id, noColor))
    |> Ablation.variant "color + masks (published)" id
    |> Ablation.sweep [ 0.25; 0.75 ] (fun t -> $"color + masks, at least {t}") (Some >> BoxTeacher.affinityThreshold)
    |> Ablation.variant "color + masks, soft" (BoxTeacher.affinityThreshold None)
    |> Ablation.add (Variant.With("color + probabilities, soft", BoxTeacher.maskThreshold None, ofProbabilities))
    |> Ablation.quickIterations 900
    |> Ablation.run options)
