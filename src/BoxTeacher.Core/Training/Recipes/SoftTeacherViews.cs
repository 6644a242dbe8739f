using BoxTeacher.Augmentation;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>
/// Soft Teacher's views (Xu et al. 2021). A labelled image has one: resize, mirror, one color operation. An unlabelled one has two, each
/// with a geometry of its own: the weak one is resized and mirrored, the strong one gets colors and geometry in random order too, then
/// cut-out.
/// </summary>
/// <param name="Resize">Resize and mirror image of all views.</param>
/// <param name="Colors">The color operation of the labelled and of the strong views; null: none.</param>
/// <param name="Geometry">The geometric operation of the strong view; null: none.</param>
/// <param name="CutOut">Gray patches over the strong view; null: none.</param>
/// <param name="Padding">How the images of a batch come to one size.</param>
/// <param name="TestShortEdge">Short side for inference, in pixels; published: 800.</param>
/// <param name="TestMaxSize">Limit of the long side for inference, in pixels; published: 1333.</param>
[RecipeKind("softTeacher")]
public sealed record SoftTeacherViews(
    ResizeRange Resize,
    ColorChoiceRecipe? Colors,
    GeometryChoiceRecipe? Geometry,
    CutOut? CutOut,
    ImagePadding Padding,
    int TestShortEdge,
    int TestMaxSize) : AugmentationRecipe(TestShortEdge, TestMaxSize)
{
    // What is longer, or more, is a slip of the hand.
    private const int MostPixels = 100_000;
    private const int MostPatches = 10_000;

    // The mean area over all short sides is taken at so many of them.
    private const int MeasuredEdges = 17;

    /// <summary>As the authors' code, microsoft/SoftTeacher.</summary>
    public static SoftTeacherViews Published { get; } = new(
        ResizeRange.Published,
        new WholeMagnitudes(Least: 1, Most: 9),
        new FourOperations(Translation: 0.1, Rotation: 30, Shear: 30, Fill: 125),
        CutOut.Published,
        ImagePadding.BeforeNormalizing,
        TestShortEdge: 800,
        TestMaxSize: 1333);

    /// <summary>As mmdetection 3.</summary>
    public static SoftTeacherViews MmDetection3 { get; } = Published with
    {
        Colors = new ContinuousMagnitudes(),
        Geometry = new FiveOperations(Translation: 0.1, Rotation: 30, Shear: 30, Fill: 128),
        CutOut = CutOut.MmDetection3,
        Padding = ImagePadding.AfterNormalizing,
    };

    /// <inheritdoc/>
    public override bool SharesGeometry => false;

    /// <inheritdoc/>
    public override SampleMaker Labelled() => SampleMakers.OneView(ViewOperations.InOrder(Resize.Apply, Colored));

    /// <inheritdoc/>
    public override SampleMaker Unlabelled() => SampleMakers.TwoViews(
        Resize.Apply,
        ViewOperations.InOrder(
            Resize.Apply,
            ViewOperations.InRandomOrder(Colored, Geometry?.Operation() ?? ViewOperations.Identity),
            CutOut is { } patches ? ViewOperations.Pixels(patches.Apply) : ViewOperations.Identity));

    /// <inheritdoc/>
    public override ImagePadding BatchPadding() => Padding;

    /// <inheritdoc/>
    public override AugmentationRecipe Resized(int shortEdge, int maxSize) => this with
    {
        Resize = Resize with { MinShortEdge = shortEdge, MaxShortEdge = shortEdge, MaxSize = maxSize },
        TestShortEdge = shortEdge,
        TestMaxSize = maxSize,
    };

    /// <inheritdoc/>
    public override AugmentationRecipe WithoutStrongColors() => this with { Colors = null };

    /// <inheritdoc/>
    public override double MeanPixels(ImageSize image) => Enumerable.Range(0, MeasuredEdges)
        .Average(i => image.Rescaled(
            Resize.MinShortEdge + (Resize.MaxShortEdge - Resize.MinShortEdge) * i / (MeasuredEdges - 1), Resize.MaxSize).Area);

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
    [
        .. RecipeProblems.Of(
            RecipeProblems.Positive("resize.minShortEdge", Resize.MinShortEdge),
            RecipeProblems.Within("resize.maxShortEdge", Resize.MaxShortEdge, "minShortEdge", Resize.MinShortEdge, MostPixels),
            RecipeProblems.Positive("resize.maxSize", Resize.MaxSize),
            RecipeProblems.Fraction("resize.flipProbability", Resize.FlipProbability)),
        .. RecipeProblems.In(
            ("colors", Colors?.Problems() ?? []), ("geometry", Geometry?.Problems() ?? []), ("cutOut", In(CutOut))),
        .. RecipeProblems.Of(
            RecipeProblems.Positive("padding.divisor", Padding.Divisor),
            Padding.Divisor <= MostPixels ? null : FormattableString.Invariant($"padding.divisor: is more than {MostPixels}")),
        .. base.Problems(),
    ];

    private ViewOperation Colored => Colors?.Operation() ?? ViewOperations.Identity;

    private static IEnumerable<string> In(CutOut? patches) => patches is null ? [] : RecipeProblems.Of(
        RecipeProblems.NotNegative("leastPatches", patches.LeastPatches),
        RecipeProblems.Within("mostPatches", patches.MostPatches, "leastPatches", patches.LeastPatches, MostPatches),
        RecipeProblems.Fraction("maxShare", patches.MaxShare));
}

/// <summary>
/// Unbiased Teacher's views, which Polite Teacher takes over: one geometry for both, the strong one's colors changed and parts of it
/// erased. Labelled and unlabelled images have both.
/// </summary>
/// <param name="Geometry">Shared by the weak and the strong view.</param>
/// <param name="Strong">Colors of the student's view; null: the weak view itself.</param>
/// <param name="TestShortEdge">Short side for inference, in pixels; published: 800.</param>
/// <param name="TestMaxSize">Limit of the long side for inference, in pixels; published: 1333.</param>
[RecipeKind("unbiasedTeacher")]
public sealed record UnbiasedTeacherViews(
    GeometryAugmentation Geometry, UnbiasedTeacherColors? Strong, int TestShortEdge, int TestMaxSize)
    : AugmentationRecipe(TestShortEdge, TestMaxSize)
{
    /// <summary>As facebookresearch/unbiased-teacher, with the sizes of its COCO configurations.</summary>
    public static UnbiasedTeacherViews Published { get; } =
        new(GeometryAugmentation.MultiScale, UnbiasedTeacherColors.Published, TestShortEdge: 800, TestMaxSize: 1333);

    /// <inheritdoc/>
    public override bool Erases => Strong is { Erasings.Count: > 0 };

    /// <inheritdoc/>
    public override SampleMaker Labelled() => Strong is { } colors
        ? SampleMakers.Recolored(Geometry, colors.Apply)
        : SampleMakers.SharedGeometry(Geometry, null);

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
    public override IEnumerable<string> Problems() => [.. In(Geometry), .. base.Problems(), .. Strong is null ? [] : Problems(Strong)];

    private static IEnumerable<string> Problems(UnbiasedTeacherColors strong) =>
    [
        .. In(strong.Jitter),
        .. RecipeProblems.Of(
            RecipeProblems.Fraction("strong.grayscale", strong.Grayscale),
            RecipeProblems.Fraction("strong.blurProbability", strong.BlurProbability),
            RecipeProblems.NotNegative("strong.minSigma", strong.MinSigma),
            strong.MaxSigma >= strong.MinSigma ? null : "strong.maxSigma: must not be below minSigma"),
        .. RecipeProblems.In([.. strong.Erasings.Select((erasing, index) => ($"strong.erasings.{index}", RecipeProblems.Of(
            RecipeProblems.Fraction("probability", erasing.Probability),
            RecipeProblems.PositiveFraction("minArea", erasing.MinArea),
            RecipeProblems.PositiveFraction("maxArea", erasing.MaxArea),
            erasing.MaxArea >= erasing.MinArea ? null : "maxArea: must not be below minArea",
            RecipeProblems.Positive("minAspect", erasing.MinAspect),
            RecipeProblems.Positive("maxAspect", erasing.MaxAspect),
            erasing.MaxAspect >= erasing.MinAspect ? null : "maxAspect: must not be below minAspect")))]),
    ];
}

/// <summary>One of nine color operations, by chance.</summary>
public abstract record ColorChoiceRecipe
{
    /// <summary>The choice.</summary>
    public abstract ViewOperation Operation();

    /// <summary>What is wrong with the values, each with its key.</summary>
    public virtual IEnumerable<string> Problems() => [];
}

/// <summary>Strengths by a whole magnitude on a scale of ten, see <see cref="ColorStrengths.Whole"/> (microsoft/SoftTeacher).</summary>
/// <param name="Least">Smallest magnitude; published: 1.</param>
/// <param name="Most">Largest magnitude; published: 9.</param>
[RecipeKind("wholeMagnitudes")]
public sealed record WholeMagnitudes(int Least, int Most) : ColorChoiceRecipe
{
    /// <inheritdoc/>
    public override ViewOperation Operation() => ColorChoices.OneOfNine(ColorStrengths.Whole(Least, Most));

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
        RecipeProblems.Of(Least >= 0 && Least <= Most && Most <= 10 ? null : $"least: least and most must rise within 0..10, not {Least}, {Most}");
}

/// <summary>Uniform strengths, see <see cref="ColorStrengths.Continuous"/> (mmdetection 3).</summary>
[RecipeKind("continuousMagnitudes")]
public sealed record ContinuousMagnitudes : ColorChoiceRecipe
{
    /// <inheritdoc/>
    public override ViewOperation Operation() => ColorChoices.OneOfNine(ColorStrengths.Continuous);
}

/// <summary>One of some geometric operations, by chance.</summary>
/// <param name="Translation">Largest shift, a share of the side; published: 0.1.</param>
/// <param name="Rotation">Largest angle in degrees; published: 30.</param>
/// <param name="Shear">Largest angle in degrees; published: 30.</param>
/// <param name="Fill">Value of what comes from outside of the image.</param>
public abstract record GeometryChoiceRecipe(double Translation, double Rotation, double Shear, byte Fill)
{
    /// <summary>The choice.</summary>
    public abstract ViewOperation Operation();

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Fraction("translation", Translation),
        Rotation is >= 0 and <= 180 ? null : FormattableString.Invariant($"rotation: must be in 0..180, not {Rotation}"),
        Shear is >= 0 and < 45 ? null : FormattableString.Invariant($"shear: must be in 0..45, not {Shear}"));
}

/// <summary>See <see cref="GeometryChoices.OneOfFour"/> (microsoft/SoftTeacher).</summary>
/// <param name="Translation">Largest shift, a share of the side.</param>
/// <param name="Rotation">Largest angle in degrees.</param>
/// <param name="Shear">Largest angle in degrees.</param>
/// <param name="Fill">Value of what comes from outside of the image; published: 125.</param>
[RecipeKind("fourOperations")]
public sealed record FourOperations(double Translation, double Rotation, double Shear, byte Fill)
    : GeometryChoiceRecipe(Translation, Rotation, Shear, Fill)
{
    /// <inheritdoc/>
    public override ViewOperation Operation() => GeometryChoices.OneOfFour(Translation, Rotation, Shear, Fill);
}

/// <summary>See <see cref="GeometryChoices.OneOfFive"/> (mmdetection 3).</summary>
/// <param name="Translation">Largest shift, a share of the side.</param>
/// <param name="Rotation">Largest angle in degrees.</param>
/// <param name="Shear">Largest angle in degrees.</param>
/// <param name="Fill">Value of what comes from outside of the image; published: 128.</param>
[RecipeKind("fiveOperations")]
public sealed record FiveOperations(double Translation, double Rotation, double Shear, byte Fill)
    : GeometryChoiceRecipe(Translation, Rotation, Shear, Fill)
{
    /// <inheritdoc/>
    public override ViewOperation Operation() => GeometryChoices.OneOfFive(Translation, Rotation, Shear, Fill);
}
