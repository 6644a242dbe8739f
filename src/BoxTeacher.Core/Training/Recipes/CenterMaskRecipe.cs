using BoxTeacher.Augmentation;
using BoxTeacher.Detectors;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>What masks of labelled objects become in a box.</summary>
public enum MaskTargetForm
{
    /// <summary>Published: outlines rasterized in the box; where an object has none, its bitmap.</summary>
    Outlines,

    /// <summary>The bitmap of the image, by RoIAlign, also where there are outlines.</summary>
    Bitmaps,
}

/// <summary>A CenterMask.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
public abstract record CenterMaskRecipe(PixelNormalization Pixels) : DetectorRecipe(Pixels)
{
    /// <summary>Smallest class probability of a detection; published: 0.05.</summary>
    public double ScoreThreshold { get; init; } = 0.05;

    /// <summary>Detections per image in inference; published for Polite Teacher: 50, CenterMask2's default: 100.</summary>
    public int DetectionsPerImage { get; init; } = 50;

    /// <summary>What masks learn.</summary>
    public MaskTargetForm MaskTargets { get; init; } = MaskTargetForm.Outlines;

    /// <inheritdoc/>
    public override Supervision Reads => Supervision.Masks;

    /// <summary>Stages with the targets of this recipe.</summary>
    protected CenterMaskStages WithTargets(CenterMaskStages stages) => stages with
    {
        MaskTargets = MaskTargets == MaskTargetForm.Outlines ? RoiMaskForms.Outlines : RoiMaskForms.Bitmaps,
    };

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(
            ScoreThreshold is >= 0 and < 1 ? null : FormattableString.Invariant($"scoreThreshold: must be in 0..1 and below 1, not {ScoreThreshold}"),
            RecipeProblems.Positive("detectionsPerImage", DetectionsPerImage)),
    ];
}

/// <summary>The published CenterMask2: a pyramid at strides 8 to 128 over a backbone.</summary>
/// <param name="Pixels">How it wants its pixels; published: BGR, not scaled.</param>
/// <param name="Backbone">The network below the pyramid.</param>
[RecipeKind("centerMask")]
public sealed record PublishedCenterMask(PixelNormalization Pixels, BackboneRecipe Backbone) : CenterMaskRecipe(Pixels)
{
    /// <summary>Channels of the pyramid and all convolutions; published: 256.</summary>
    public int Channels { get; init; } = 256;

    /// <summary>Width of the mask IoU's hidden layers; published: 1024.</summary>
    public int Hidden { get; init; } = 1024;

    /// <inheritdoc/>
    public override Detector Build(int classes) => CenterMask.Published(
        Backbone.Build(), classes, Channels, Hidden,
        WithTargets(CenterMaskStages.Published(perImage: DetectionsPerImage, scoreThreshold: ScoreThreshold)));

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. base.Problems(),
        .. RecipeProblems.Of(RecipeProblems.Grouped("channels", Channels), RecipeProblems.Positive("hidden", Hidden)),
        .. RecipeProblems.In(("backbone", Backbone.Problems())),
    ];
}

/// <summary>A CenterMask that learns from scratch on a CPU: a small residual network with batch normalization, strides 4 to 32.</summary>
/// <param name="Pixels">How it wants its pixels.</param>
[RecipeKind("smallCenterMask")]
public sealed record SmallCenterMask(PixelNormalization Pixels) : CenterMaskRecipe(Pixels)
{
    /// <inheritdoc/>
    public override Detector Build(int classes) => CenterMask.Small(
        classes, WithTargets(CenterMaskStages.Small(perImage: DetectionsPerImage, scoreThreshold: ScoreThreshold)));
}
