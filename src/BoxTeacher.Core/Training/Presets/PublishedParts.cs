using System.Globalization;
using BoxTeacher.Augmentation;
using BoxTeacher.Methods;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>
/// Parts that published configurations share: hustvl/BoxTeacher for BoxTeacher, aim-uofa/AdelaiDet for BoxInst and CondInst, and
/// detectron2's defaults beneath both.
/// </summary>
internal static class PublishedParts
{
    private const int TestShortEdge = 800;

    private const int MaxSize = 1333;

    /// <summary>COCO 2017 with all labels.</summary>
    public static DatasetRecipe Coco { get; } = new(
        "coco/annotations/instances_train2017.json", "coco/train2017",
        "coco/annotations/instances_val2017.json", "coco/val2017", GroupByAspect: true);

    /// <summary>What a recipe on a part of COCO's labels is called.</summary>
    public static string Named(string method, int percent, int fold) =>
        string.Create(CultureInfo.InvariantCulture, $"{method}_r50_{percent}p_fold{fold}");

    /// <summary>A part of COCO's labels; <c>boxteacher data split</c> makes the files.</summary>
    /// <param name="percent">Labelled share of train2017.</param>
    /// <param name="fold">As the lists count: from 1 on in softteacher and stac, from 0 on in unbiased.</param>
    /// <param name="convention">Whose lists they are: softteacher, stac or unbiased.</param>
    /// <param name="composition">How batches are divided; null: the other images are not learned from.</param>
    public static DatasetRecipe CocoFold(int percent, int fold, string convention, CompositionRecipe? composition)
    {
        // Unbiased Teacher's lists are named with a decimal.
        var share = string.Create(CultureInfo.InvariantCulture, $"{percent}{(convention == "unbiased" ? ".0" : "")}");
        var name = string.Create(CultureInfo.InvariantCulture, $"coco/annotations/{convention}/instances_train2017.{fold}@{share}");
        return Coco with
        {
            TrainAnnotations = name + ".json",
            Unlabelled = composition is null ? null : new UnlabelledRecipe(name + "-unlabelled.json", "coco/train2017", composition),
        };
    }

    /// <summary>R-50 as trained by MSRA: the stride sits in the first convolution of a stage.</summary>
    public static ResNetRecipe R50 { get; } = new(Frozen: 2, Depth: 50, StrideInFirst: true, DeformableStages: []);

    /// <summary>R-101 as trained by MSRA.</summary>
    public static ResNetRecipe R101 { get; } = R50 with { Depth = 101 };

    /// <summary>R-101 with deformable convolutions and the stride in the 3x3 convolution.</summary>
    public static ResNetRecipe R101Deformable { get; } = R101 with { StrideInFirst = false, DeformableStages = [3, 4, 5] };

    /// <summary>Swin-B.</summary>
    public static SwinRecipe SwinBase { get; } = new(Frozen: 2, Channels: 128, Depths: [2, 2, 18, 2], Heads: [4, 8, 16, 32], DropPath: 0.2);

    /// <summary>BoxInst's color affinity.</summary>
    public static PairwiseRecipe Pairwise { get; } = new(Dilation: 2, ColorThreshold: 0.3, WarmUpIterations: 10_000, BottomRows: 10);

    /// <summary>BoxTeacher's method as the code does it.</summary>
    public static BoxTeacherRecipe BoxTeacher { get; } = new(
        Pairwise,
        new PseudoMaskRecipe(
            ConfidenceForm.Published,
            AssignmentForm.Published,
            IouThreshold: 0.5,
            ScoreThreshold: 0,
            MaskThreshold: 0.5,
            MaskWeight: 0.5,
            AffinityWeight: 0.1,
            AffinityThreshold: 0.5,
            AverageWeight: 0,
            NormalizerForm.Count,
            WarmUpIterations: 10_000),
        new TeacherRecipe(
            MomentumCap: 0.999, TeacherMode.Training, TeacherBuffers.Own, new TeacherSize(TestShortEdge, MaxSize), Network.Teacher));

    /// <summary>BoxInst's method.</summary>
    public static BoxInstRecipe BoxInst { get; } = new(Pairwise);

    /// <summary>CondInst's method.</summary>
    public static SupervisedRecipe CondInst { get; } = new(Supervision.Masks);

    /// <summary>The published detector; a CondInst with full masks has 8 mask features, the others 16.</summary>
    public static PublishedCondInst Detector(BackboneRecipe backbone, string weights, int maskFeatures = 16) =>
        new(PixelNormalization.CaffeBgr, backbone, maskFeatures) { Weights = weights };

    /// <summary>Several scales in training, 800/1333 in tests.</summary>
    public static SharedGeometryViews Augmentation(ColorAugmentation? strong) =>
        new(GeometryAugmentation.MultiScale, strong, TestShortEdge, MaxSize);

    /// <summary>SGD at 0.01 for 16 images, a warm-up of 1000 iterations, a tenth of the rate from each step on.</summary>
    public static SolverRecipe Sgd(params IReadOnlyList<int> steps) =>
        Solver(new SgdRecipe(LearningRate: 0.01, WeightDecay: 1e-4, Momentum: 0.9), steps);

    /// <summary>AdamW at 1e-4 with weight decay 0.05, the same schedule.</summary>
    public static SolverRecipe AdamW(params IReadOnlyList<int> steps) =>
        Solver(new AdamWRecipe(LearningRate: 1e-4, WeightDecay: 0.05), steps);

    private static SolverRecipe Solver(OptimizerRecipe optimizer, IReadOnlyList<int> steps) =>
        new(optimizer, new MultiStepSchedule(new LearningRateWarmUp(1000, 0.001), steps, Gamma: 0.1), ClipNorm: null);
}
