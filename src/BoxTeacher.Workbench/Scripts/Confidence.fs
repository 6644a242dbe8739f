namespace BoxTeacher.Workbench

open BoxTeacher.Methods

/// Confidence scores for ablations, beside those of the core.
[<RequireQualifiedAccess>]
module Confidence =

    /// The published score of the masks cut at 0.5, also where the recipe keeps masks soft: soft masks may then be compared
    /// with binary ones under the same weights.
    let ofBinaryMasks =
        ConfidenceScore.From(fun masks ->
            ConfidenceScore.Published.Confidence(TeacherMasks(masks.Boxes, masks.Scores, masks.Probabilities, 0.5)))
