using BoxTeacher.Augmentation;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>
/// How images become views. Each way has a record of its own that makes them; a record is found by its <see cref="RecipeKindAttribute"/>,
/// so that a new one is written nowhere else.
/// </summary>
/// <param name="TestShortEdge">Short side for inference, in pixels; published: 800.</param>
/// <param name="TestMaxSize">Limit of the long side for inference, in pixels; published: 1333.</param>
public abstract record AugmentationRecipe(int TestShortEdge, int TestMaxSize)
{
    /// <summary>Makes the views of a labelled image.</summary>
    public abstract SampleMaker Labelled();

    /// <summary>Makes the views of an unlabelled image.</summary>
    public abstract SampleMaker Unlabelled();

    /// <summary>Whether the weak and the strong view of an unlabelled image have one geometry.</summary>
    public virtual bool SharesGeometry => true;

    /// <summary>Whether parts of the strong view are erased, and which is on record.</summary>
    public virtual bool Erases => false;

    /// <summary>How the images of a training batch come to one size.</summary>
    public virtual ImagePadding BatchPadding() => ImagePadding.AfterNormalizing;

    /// <summary>The same with images of another size, in training and in tests.</summary>
    /// <param name="shortEdge">Short side in pixels.</param>
    /// <param name="maxSize">Limit of the long side in pixels.</param>
    public abstract AugmentationRecipe Resized(int shortEdge, int maxSize);

    /// <summary>The same with a strong view in the weak one's colors.</summary>
    public abstract AugmentationRecipe WithoutStrongColors();

    /// <summary>Mean number of pixels of an image in training.</summary>
    /// <param name="image">Size of its file.</param>
    public abstract double MeanPixels(ImageSize image);

    /// <summary>What is wrong with the values, each with its key.</summary>
    public virtual IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Positive("testShortEdge", TestShortEdge), RecipeProblems.Positive("testMaxSize", TestMaxSize));

    /// <summary>What is wrong with a resize to one of several lengths.</summary>
    private protected static IEnumerable<string> In(GeometryAugmentation geometry) => RecipeProblems.Of(
        geometry.ShortEdges.Count > 0 && geometry.ShortEdges.All(edge => edge > 0)
            ? null
            : "geometry.shortEdges: needs at least one length, all positive",
        RecipeProblems.Positive("geometry.maxSize", geometry.MaxSize),
        RecipeProblems.Fraction("geometry.flipProbability", geometry.FlipProbability));

    /// <summary>What is wrong with a color jitter.</summary>
    private protected static IEnumerable<string> In(ColorJitter jitter) => RecipeProblems.Of(
        RecipeProblems.Fraction("strong.jitter.probability", jitter.Probability),
        RecipeProblems.NotNegative("strong.jitter.brightness", jitter.Brightness),
        RecipeProblems.NotNegative("strong.jitter.contrast", jitter.Contrast),
        RecipeProblems.NotNegative("strong.jitter.saturation", jitter.Saturation),
        jitter.Hue is >= 0 and <= 0.5 ? null : FormattableString.Invariant($"strong.jitter.hue: must be in 0..0.5, not {jitter.Hue}"));
}

/// <summary>BoxTeacher's views: one geometry for both, colors changed in the strong one alone.</summary>
/// <param name="Geometry">Shared by the weak and the strong view of training.</param>
/// <param name="Strong">Colors of the student's view; null: the weak view itself.</param>
/// <param name="TestShortEdge">Short side for inference, in pixels; published: 800.</param>
/// <param name="TestMaxSize">Limit of the long side for inference, in pixels; published: 1333.</param>
[RecipeKind("sharedGeometry")]
public sealed record SharedGeometryViews(GeometryAugmentation Geometry, ColorAugmentation? Strong, int TestShortEdge, int TestMaxSize)
    : AugmentationRecipe(TestShortEdge, TestMaxSize)
{
    /// <inheritdoc/>
    public override SampleMaker Labelled() => SampleMakers.SharedGeometry(Geometry, Strong);

    /// <inheritdoc/>
    public override SampleMaker Unlabelled() => Labelled();

    /// <inheritdoc/>
    public override AugmentationRecipe Resized(int shortEdge, int maxSize) => this with
    {
        Geometry = Geometry with { ShortEdges = [shortEdge], MaxSize = maxSize }, TestShortEdge = shortEdge, TestMaxSize = maxSize,
    };

    /// <inheritdoc/>
    public override AugmentationRecipe WithoutStrongColors() => this with { Strong = null };

    /// <inheritdoc/>
    public override double MeanPixels(ImageSize image) =>
        Geometry.ShortEdges.Average(edge => image.Resized(edge, Geometry.MaxSize).Area);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
        [.. In(Geometry), .. base.Problems(), .. Strong is null ? [] : StrongProblems(Strong)];

    private static IEnumerable<string> StrongProblems(ColorAugmentation strong) =>
    [
        .. In(strong.Jitter),
        .. RecipeProblems.Of(
            RecipeProblems.Fraction("strong.grayscale", strong.Grayscale),
            strong.Blur is not { } blur ? null
            : blur.Probability is < 0 or > 1 or double.NaN ? RecipeProblems.Fraction("strong.blur.probability", blur.Probability)
            : blur.Kernel <= 0 || blur.Kernel % 2 == 0 ? $"strong.blur.kernel: must be odd, not {blur.Kernel}"
            : RecipeProblems.Positive("strong.blur.minSigma", blur.MinSigma)
                ?? (blur.MaxSigma >= blur.MinSigma ? null : "strong.blur.maxSigma: must not be below minSigma")),
    ];
}
