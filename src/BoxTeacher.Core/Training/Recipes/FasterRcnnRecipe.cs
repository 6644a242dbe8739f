using BoxTeacher.Augmentation;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>Whose Faster R-CNN it is, where the published ones differ.</summary>
public enum RcnnForm
{
    /// <summary>mmdetection's, which Soft Teacher and its baselines use; see <see cref="RcnnStages.Published"/>.</summary>
    MmDetection,

    /// <summary>detectron2's, which Unbiased Teacher uses; see <see cref="RcnnStages.Detectron2"/>.</summary>
    Detectron2,
}

/// <summary>A Faster R-CNN.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
public abstract record FasterRcnnRecipe(PixelNormalization Pixels) : DetectorRecipe(Pixels)
{
    /// <summary>Whether it has a mask head, and learns from full masks: Mask R-CNN.</summary>
    public bool Masks { get; init; }

    /// <summary>Smallest probability of a detection; 0.05 as published, 0.001 in Soft Teacher's second table.</summary>
    public double ScoreThreshold { get; init; } = 0.05;

    /// <summary>Exponent of a focal loss of classes; 1.5 in Unbiased Teacher. Null, as published otherwise: cross entropy.</summary>
    public double? FocalGamma { get; init; }

    /// <inheritdoc/>
    public override Supervision Reads => Masks ? Supervision.Masks : Supervision.Boxes;

    /// <summary>Stages with the losses of this recipe.</summary>
    protected RcnnStages WithLosses(RcnnStages stages) =>
        FocalGamma is { } gamma ? stages with { RoiLoss = new RoiLoss(SoftmaxLosses.Focal(gamma)) } : stages;

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(
            ScoreThreshold is >= 0 and < 1 ? null : FormattableString.Invariant($"scoreThreshold: must be in 0..1 and below 1, not {ScoreThreshold}"),
            FocalGamma is { } gamma ? RecipeProblems.NotNegative("focalGamma", gamma) : null),
    ];
}

/// <summary>
/// The published Faster R-CNN: a pyramid at strides 4 to 64 over a backbone; Mask R-CNN with masks.
/// </summary>
/// <param name="Pixels">How it wants its pixels; published: BGR, not scaled.</param>
/// <param name="Backbone">The network below the pyramid.</param>
[RecipeKind("fasterRcnn")]
public sealed record PublishedFasterRcnn(PixelNormalization Pixels, BackboneRecipe Backbone) : FasterRcnnRecipe(Pixels)
{
    /// <summary>Whose it is.</summary>
    public RcnnForm Form { get; init; } = RcnnForm.MmDetection;

    /// <summary>Largest share of positives among the anchors that learn; 0.5 as published, 0.25 in Unbiased Teacher.</summary>
    public double PositiveAnchors { get; init; } = 0.5;

    /// <summary>Channels of the pyramid; published: 256.</summary>
    public int Channels { get; init; } = 256;

    /// <summary>Width of the box head; published: 1024.</summary>
    public int Hidden { get; init; } = 1024;

    /// <inheritdoc/>
    public override Detector Build(int classes) => FasterRcnn.Published(
        Backbone.Build(outputs: 4),
        classes,
        Channels,
        Hidden,
        WithLosses(Form == RcnnForm.MmDetection
            ? RcnnStages.Published(scoreThreshold: ScoreThreshold, positiveAnchors: PositiveAnchors)
            : RcnnStages.Detectron2(scoreThreshold: ScoreThreshold, positiveAnchors: PositiveAnchors)),
        Masks);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(
            RecipeProblems.Positive("channels", Channels),
            RecipeProblems.Positive("hidden", Hidden),
            PositiveAnchors is > 0 and <= 1
                ? null
                : FormattableString.Invariant($"positiveAnchors: must be above 0 and at most 1, not {PositiveAnchors}")),
        .. RecipeProblems.In(("backbone", Backbone.Problems())),
    ];
}

/// <summary>A Faster R-CNN that learns from scratch on a CPU: a small residual network with batch normalization, strides 4 to 64.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
[RecipeKind("smallFasterRcnn")]
public sealed record SmallFasterRcnn(PixelNormalization Pixels) : FasterRcnnRecipe(Pixels)
{
    /// <inheritdoc/>
    public override Detector Build(int classes) =>
        FasterRcnn.Small(classes, WithLosses(RcnnStages.Small(scoreThreshold: ScoreThreshold)), Masks);
}
