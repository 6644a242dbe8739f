using BoxTeacher.Augmentation;
using BoxTeacher.Methods;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>
/// Recipes that learn from scratch on a CPU in minutes. Their constants are ours, found by trial at this scale; the published ones are
/// in the doc comments of the parts, and in <see cref="CocoRecipes"/>.
/// </summary>
public static class Recipes
{
    private static readonly PairwiseRecipe ShapesPairs = new(Dilation: 1, ColorThreshold: 0.3, WarmUpIterations: 100, BottomRows: 0);

    // With neighbors at distance 1 the masks of photos this small fill their boxes (BoxInst: 0.4 % mask AP after 900 steps, at 36 % box
    // AP); with the published distance of 2 they do not.
    private static readonly PairwiseRecipe PennFudanPairs = ShapesPairs with { Dilation = 2 };

    /// <summary>BoxTeacher on Shapes.</summary>
    public static Recipe ShapesBoxTeacher { get; } = Shapes("shapes-boxteacher", BoxTeacher(ShapesPairs, ConfidenceForm.Published));

    /// <summary>BoxTeacher on Shapes with every assigned pseudo mask counted fully.</summary>
    public static Recipe ShapesBoxTeacherWithoutConfidence { get; } =
        Shapes("shapes-boxteacher-no-confidence", BoxTeacher(ShapesPairs, ConfidenceForm.Off));

    /// <summary>BoxInst on Shapes: the baseline without a teacher.</summary>
    public static Recipe ShapesBoxInst { get; } = Shapes("shapes-boxinst", new BoxInstRecipe(ShapesPairs));

    /// <summary>CondInst on Shapes with full masks: the upper bound.</summary>
    public static Recipe ShapesCondInst { get; } = Shapes("shapes-condinst", new SupervisedRecipe(Supervision.Masks));

    /// <summary>BoxTeacher on the Penn-Fudan pedestrians.</summary>
    public static Recipe PennFudanBoxTeacher { get; } =
        PennFudan("pennfudan-boxteacher", BoxTeacher(PennFudanPairs, ConfidenceForm.Published));

    /// <summary>BoxTeacher on the Penn-Fudan pedestrians with every assigned pseudo mask counted fully.</summary>
    public static Recipe PennFudanBoxTeacherWithoutConfidence { get; } =
        PennFudan("pennfudan-boxteacher-no-confidence", BoxTeacher(PennFudanPairs, ConfidenceForm.Off));

    /// <summary>BoxInst on the Penn-Fudan pedestrians.</summary>
    public static Recipe PennFudanBoxInst { get; } = PennFudan("pennfudan-boxinst", new BoxInstRecipe(PennFudanPairs));

    /// <summary>CondInst on the Penn-Fudan pedestrians with full masks.</summary>
    public static Recipe PennFudanCondInst { get; } = PennFudan("pennfudan-condinst", new SupervisedRecipe(Supervision.Masks));

    /// <summary>
    /// Soft Teacher on Shapes: a tenth of the scenes labelled, the others not (<c>boxteacher data split --percent 10 --fold 1</c>).
    /// </summary>
    public static Recipe ShapesSoftTeacher { get; } =
        SemiSupervised("shapes-soft-teacher", "shapes", ResizedTo(128), new BudgetRecipe(1200, 8, 400, 400));

    /// <summary>Faster R-CNN on the labelled tenth of Shapes alone, as many labelled scenes in each step: the lower bound.</summary>
    public static Recipe ShapesFasterRcnn { get; } = ShapesSoftTeacher with
    {
        Name = "shapes-faster-rcnn",
        Dataset = ShapesSoftTeacher.Dataset with { Unlabelled = null },
        Method = new SupervisedRecipe(Supervision.Boxes),
        Budget = ShapesSoftTeacher.Budget with { BatchSize = 4 },
    };

    /// <summary>Soft Teacher on the Penn-Fudan pedestrians, a tenth of the photos labelled.</summary>
    public static Recipe PennFudanSoftTeacher { get; } =
        SemiSupervised("pennfudan-soft-teacher", "pennfudan", ResizedTo(192), new BudgetRecipe(1200, 6, 400, 400));

    /// <summary>
    /// Polite Teacher on Shapes in one run, a tenth of the scenes labelled with masks: half of the steps on these alone, then mutual
    /// learning with the others.
    /// </summary>
    public static Recipe ShapesPoliteTeacher { get; } = PoliteTeacher("shapes-polite-teacher", ShapesSoftTeacher, side: 128);

    /// <summary>CenterMask on the labelled tenth of Shapes alone, as many labelled scenes in each step: the lower bound.</summary>
    public static Recipe ShapesCenterMask { get; } = ShapesPoliteTeacher with
    {
        Name = "shapes-center-mask",
        Dataset = ShapesPoliteTeacher.Dataset with { Unlabelled = null },
        Method = MaskSupervised,
        Budget = ShapesPoliteTeacher.Budget with { BatchSize = 4 },
    };

    /// <summary>Polite Teacher on the Penn-Fudan pedestrians in one run, a tenth of the photos labelled with masks.</summary>
    public static Recipe PennFudanPoliteTeacher { get; } = PoliteTeacher("pennfudan-polite-teacher", PennFudanSoftTeacher, side: 192);

    /// <summary>Those that learn from scratch in minutes.</summary>
    public static IReadOnlyList<Recipe> Small { get; } =
    [
        ShapesBoxTeacher, ShapesBoxTeacherWithoutConfidence, ShapesBoxInst, ShapesCondInst,
        PennFudanBoxTeacher, PennFudanBoxTeacherWithoutConfidence, PennFudanBoxInst, PennFudanCondInst,
        ShapesSoftTeacher, ShapesFasterRcnn, PennFudanSoftTeacher, ShapesPoliteTeacher, ShapesCenterMask,
        PennFudanPoliteTeacher,
    ];

    /// <summary>All recipes, the published ones included; <c>boxteacher recipe NAME</c> prints one.</summary>
    public static IReadOnlyList<Recipe> All { get; } =
    [
        .. Small, .. ResNet18Recipes.All, .. CocoRecipes.All, .. VocRecipes.All, .. CityscapesRecipes.All, .. SoftTeacherRecipes.All,
        .. PoliteTeacherRecipes.All,
    ];

    /// <summary>The recipe of that name, also of a fold that is not listed; null: there is none.</summary>
    public static Recipe? Find(string name) =>
        All.FirstOrDefault(recipe => recipe.Name == name) ?? SoftTeacherRecipes.Find(name) ?? PoliteTeacherRecipes.Find(name);

    /// <summary>Labelled images in both views, as in mutual learning.</summary>
    internal static SupervisedRecipe MaskSupervised => new(Supervision.Masks, LabelledViews.Both);

    // A teacher that follows within hundreds of steps.
    private static PoliteTeacherRecipe MutualLearning => PoliteTeacherRecipes.Method with
    {
        Teacher = PoliteTeacherRecipes.Method.Teacher with { MomentumCap = 0.99 },
    };

    private static BoxTeacherRecipe BoxTeacher(PairwiseRecipe pairs, ConfidenceForm confidence) => new(
        pairs,
        new PseudoMaskRecipe(
            confidence,
            AssignmentForm.Published,
            IouThreshold: 0.5,
            ScoreThreshold: 0,
            MaskThreshold: 0.5,
            MaskWeight: 0.5,
            AffinityWeight: 0.1,
            AffinityThreshold: 0.5,
            AverageWeight: 0,
            NormalizerForm.Count,
            WarmUpIterations: 400),
        new TeacherRecipe(MomentumCap: 0.99, TeacherMode.Training, TeacherBuffers.Own, InputSize: null, Network.Teacher));

    private static Recipe Shapes(string name, MethodRecipe method) => FromScratch(
        name, "shapes", method, new GeometryAugmentation([128], 128, 0.5), new BudgetRecipe(1600, 8, 400, 400));

    private static Recipe PennFudan(string name, MethodRecipe method) => FromScratch(
        name, "pennfudan", method, new GeometryAugmentation([160, 192, 224], 320, 0.5), new BudgetRecipe(1200, 4, 400, 400));

    private static SoftTeacherViews ResizedTo(int side) => SoftTeacherViews.Published with
    {
        Resize = new ResizeRange(side * 3 / 4, side, 2 * side, FlipProbability: 0.5),
        TestShortEdge = side,
        TestMaxSize = 2 * side,
    };

    // As many unlabelled images as labelled ones, with the weight that is published for this ratio.
    private static Recipe SemiSupervised(string name, string folder, AugmentationRecipe views, BudgetRecipe budget) => new(
        name,
        Dataset(folder, "instances_train.1@10.json") with
        {
            Unlabelled = new UnlabelledRecipe(
                $"{folder}/annotations/instances_train.1@10-unlabelled.json", $"{folder}/train", new FixedComposition(1, 1)),
        },
        new SmallFasterRcnn(PixelNormalization.CaffeBgrUnitScale),
        SoftTeacherRecipes.Method with
        {
            Unlabelled = SoftTeacherRecipes.Method.Unlabelled with { Weight = 2 },
            Teacher = SoftTeacherRecipes.Method.Teacher with { MomentumCap = 0.99, Buffers = TeacherBuffers.Averaged },
        },
        views,
        FromScratch(),
        budget,
        Seed: 1);

    // On the data of Soft Teacher, with its batches and solver; twice as long, for its two stages.
    private static Recipe PoliteTeacher(string name, Recipe soft, int side) => soft with
    {
        Name = name,
        Detector = new SmallCenterMask(PixelNormalization.CaffeBgrUnitScale),
        Method = new StagedRecipe([new StageRecipe(0, MaskSupervised), new StageRecipe(0.5, MutualLearning)]),
        Augmentation = UnbiasedTeacherViews.Published with
        {
            Geometry = new GeometryAugmentation([side * 3 / 4, side * 7 / 8, side], 2 * side, 0.5),
            TestShortEdge = side,
            TestMaxSize = 2 * side,
        },
        Budget = soft.Budget with { Iterations = 2 * soft.Budget.Iterations },
    };

    private static DatasetRecipe Dataset(string folder, string labels) => new(
        $"{folder}/annotations/{labels}",
        $"{folder}/train",
        $"{folder}/annotations/instances_val.json",
        $"{folder}/val",
        GroupByAspect: false);

    private static SolverRecipe FromScratch() => new(
        new AdamWRecipe(LearningRate: 2e-3, WeightDecay: 1e-4), new CosineSchedule(new LearningRateWarmUp(50, 0.02)), ClipNorm: 5);

    private static Recipe FromScratch(
        string name, string folder, MethodRecipe method, GeometryAugmentation geometry, BudgetRecipe budget) => new(
        name,
        Dataset(folder, "instances_train.json"),
        new SmallCondInst(PixelNormalization.CaffeBgrUnitScale) { InstancesPerImage = 32 },
        method,
        new SharedGeometryViews(geometry, ColorAugmentation.Strong, geometry.ShortEdges[geometry.ShortEdges.Count / 2], geometry.MaxSize),
        FromScratch(),
        budget,
        Seed: 1);
}
