using BoxTeacher.Augmentation;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>
/// The Penn-Fudan recipes of <see cref="Recipes"/> on a pretrained backbone: the published detectors, 64 channels wide, over the ResNet-18
/// of a NuGet package, which <c>make backbone</c> fetches. Their constants are ours.
/// </summary>
public static class ResNet18Recipes
{
    /// <summary>The weights, relative to the data root.</summary>
    public const string Weights = "pretrained/ResNet18.onnx";

    private const int Channels = 64;
    private const int Hidden = 256;
    private const int TestShortEdge = 224;
    private const int MaxSize = 448;

    private static readonly int[] ShortEdges = [192, 224, 256];

    /// <summary>BoxInst.</summary>
    public static Recipe BoxInst => OnCondInst(Recipes.PennFudanBoxInst);

    /// <summary>BoxTeacher.</summary>
    public static Recipe BoxTeacher => OnCondInst(Recipes.PennFudanBoxTeacher);

    /// <summary>CondInst with full masks.</summary>
    public static Recipe CondInst => OnCondInst(Recipes.PennFudanCondInst);

    /// <summary>Soft Teacher, a tenth of the photos labelled.</summary>
    public static Recipe SoftTeacher => Tuned(Recipes.PennFudanSoftTeacher) with
    {
        Detector = new PublishedFasterRcnn(PixelNormalization.ResNet18Bgr, R18) { Channels = Channels, Hidden = Hidden, Weights = Weights },
        Augmentation = SoftTeacherViews.Published with
        {
            Resize = new ResizeRange(ShortEdges[0], ShortEdges[^1], MaxSize, FlipProbability: 0.5),
            TestShortEdge = TestShortEdge,
            TestMaxSize = MaxSize,
        },
    };

    /// <summary>Faster R-CNN on the labelled tenth alone, as many labelled photos in each step.</summary>
    public static Recipe FasterRcnn => LabelledAlone(SoftTeacher, "faster-rcnn", new SupervisedRecipe(Supervision.Boxes));

    /// <summary>Polite Teacher in one run, a tenth of the photos labelled with masks.</summary>
    public static Recipe PoliteTeacher => Tuned(Recipes.PennFudanPoliteTeacher) with
    {
        Detector = new PublishedCenterMask(PixelNormalization.ResNet18Bgr, R18) { Channels = Channels, Hidden = Hidden, Weights = Weights },
        Augmentation = UnbiasedTeacherViews.Published with
        {
            Geometry = new GeometryAugmentation(ShortEdges, MaxSize, 0.5), TestShortEdge = TestShortEdge, TestMaxSize = MaxSize,
        },
    };

    /// <summary>CenterMask on the labelled tenth alone, as many labelled photos in each step.</summary>
    public static Recipe CenterMask => LabelledAlone(PoliteTeacher, "center-mask", Recipes.MaskSupervised);

    /// <summary>A method that teaches CondInst, on photos of this size and the pretrained backbone.</summary>
    /// <param name="recipe">Its data, method and budget stay.</param>
    public static Recipe OnCondInst(Recipe recipe) => Tuned(recipe) with
    {
        Detector = new PublishedCondInst(PixelNormalization.ResNet18Bgr, R18, MaskFeatures: 8)
        {
            Channels = Channels, MaskChannels = 32, Convolutions = 2, InstancesPerImage = 32, Weights = Weights,
        },
        Augmentation = new SharedGeometryViews(
            new GeometryAugmentation(ShortEdges, MaxSize, 0.5), ColorAugmentation.Strong, TestShortEdge, MaxSize),
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Recipe> All => [BoxTeacher, BoxInst, CondInst, SoftTeacher, FasterRcnn, PoliteTeacher, CenterMask];

    // The package's network has a third block in its last stage.
    private static BasicResNetRecipe R18 => new(Frozen: 2, Blocks: [2, 2, 2, 3]);

    // A quarter of the rate that networks learn with from scratch.
    private static Recipe Tuned(Recipe recipe) => recipe with
    {
        Name = $"{recipe.Name}-r18",
        Solver = recipe.Solver with { Optimizer = new AdamWRecipe(LearningRate: 5e-4, WeightDecay: 1e-4) },
    };

    private static Recipe LabelledAlone(Recipe recipe, string name, SupervisedRecipe method) => recipe with
    {
        Name = $"pennfudan-{name}-r18",
        Dataset = recipe.Dataset with { Unlabelled = null },
        Method = method,
        Budget = recipe.Budget with { BatchSize = recipe.Budget.BatchSize / 2 },
    };
}
