namespace BoxTeacher.Workbench

open TorchSharp
open BoxTeacher.Methods

/// Which pairs of pixels ought to share a label, to be put in the place of a recipe's affinities.
[<RequireQualifiedAccess>]
module Affinity =

    /// No pair: the loss that reads this affinity is zero.
    let none =
        AffinitySource.From(fun _ masks pairs -> torch.zeros ([| masks.size 0; int64 pairs.Count; masks.size 1; masks.size 2 |], device = masks.device))

    /// Pixels that the teacher's mask puts on the same side.
    let masks: IAffinitySource = MaskAffinity(fun masks -> MaskSmoothing.None masks)

    /// The same of masks that were averaged with their 3x3 means (BoxTeacher's choice).
    let smoothedMasks: IAffinitySource = MaskAffinity(fun masks -> MaskSmoothing.Mean3x3 masks)

    /// Pixels of like color (BoxInst).
    let color: IAffinitySource = ColorAffinity()

    /// Hard affinities: 1 where the source says at least so much, else 0.
    let atLeast threshold (source: IAffinitySource) = source.AtLeast threshold
