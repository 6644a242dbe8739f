using BoxTeacher.Augmentation;
using BoxTeacher.Methods;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>
/// Soft Teacher and its baselines on COCO 2017, as the authors (microsoft/SoftTeacher) and as mmdetection 3.3 configure them. The published
/// seed is random; here it is 1. Published runs spread a batch over eight processes with 5 or 8 images each; here it is one batch, of one
/// aspect group, divided between the kinds once: of 40 images 8 are labelled in the mean, where "at least one of each" per process makes
/// it 10.6; what is normalized over a process's images there is normalized over all. Published runs of the authors compute in half
/// precision.
/// <c>boxteacher data split</c> makes the files of the folds.
/// </summary>
public static class SoftTeacherRecipes
{
    private const string Msra50 = "pretrained/MSRA-R-50.pkl";
    private const string Msra101 = "pretrained/R-101.pkl";
    private const int Processes = 8;
    private const int Folds = 5;

    private static readonly int[] Percents = [1, 2, 5, 10];

    private static readonly int[] PartialSteps = [120_000, 160_000];

    /// <summary>The method as its authors' code does it with a part of the labels.</summary>
    public static SoftTeacherRecipe Method { get; } = new(
        new PseudoBoxRecipe(
            InitialScore: 0.5,
            RpnScore: 0.9,
            ClassScore: 0.9,
            MaxDeviation: 0.02,
            JitterTimes: BoxJitter.PublishedTimes,
            JitterScale: BoxJitter.PublishedScale,
            VarianceForm.Published,
            MinSide: 0,
            TransportForm.Direct,
            TeacherLimitsForm.Training),
        new UnlabelledLossRecipe(
            Weight: 4,
            WarmUpIterations: 0,
            OnlyWithPseudoBoxes: false,
            ReliabilityForm.BackgroundOfTeacher,
            ClassLossForm.Published,
            NormalizesPerImage: false,
            LearnsProposalBoxes: true),
        new MeanTeacherRecipe(
            MomentumForm.Rising, MomentumCap: 0.999, WarmUpIterations: 0, Interval: 1, UpdateTiming.BeforeStep, TeacherBuffers.Own,
            Network.Student));

    /// <summary>The method as mmdetection 3 does it.</summary>
    public static SoftTeacherRecipe MmDetection3Method { get; } = Method with
    {
        PseudoBoxes = Method.PseudoBoxes with
        {
            MinSide = 0.01, Transport = TransportForm.ThroughOriginal, TeacherLimits = TeacherLimitsForm.Inference,
        },
        Unlabelled = Method.Unlabelled with { ClassLoss = ClassLossForm.MmDetection3 },
        Teacher = Method.Teacher with { Momentum = MomentumForm.Constant, Timing = UpdateTiming.AfterStep, Evaluate = Network.Teacher },
    };

    /// <summary>
    /// End-to-end pseudo-labels with a moving average, without soft background and without jittered boxes: "E2E + EMA" of table 5. All
    /// losses learn from boxes above 0.9. Without the average, "E2E", the momentum is 0.
    /// </summary>
    public static SoftTeacherRecipe EndToEnd { get; } = Method with
    {
        PseudoBoxes = Method.PseudoBoxes with { InitialScore = 0.9, MaxDeviation = null, JitterTimes = 0, BoxScore = 0.9 },
        Unlabelled = Method.Unlabelled with { Reliability = ReliabilityForm.None },
    };

    /// <summary>
    /// Unbiased Teacher (Liu et al., ICLR 2021) after its burn-in: pseudo boxes above 0.7 teach classes alone, a slow teacher.
    /// </summary>
    public static SoftTeacherRecipe UnbiasedTeacher { get; } = EndToEnd with
    {
        PseudoBoxes = EndToEnd.PseudoBoxes with { InitialScore = 0.7, RpnScore = 0.7, ClassScore = 0.7, BoxScore = null },
        Unlabelled = EndToEnd.Unlabelled with { LearnsProposalBoxes = false },
        Views = LabelledViews.Both,
        Teacher = Method.Teacher with { Momentum = MomentumForm.Constant, MomentumCap = 0.9996, Evaluate = Network.Teacher },
    };

    /// <summary>All labels and unlabeled2017, R-50, 720,000 iterations; published 44.05 AP (val).</summary>
    public static Recipe FullR50 { get; } = Full("r50_full_720k", PublishedParts.R50, Msra50, 720_000);

    /// <summary>The same over 1,440,000 iterations; published 44.5 AP (val).</summary>
    public static Recipe FullR50Long { get; } = Full("r50_full_1440k", PublishedParts.R50, Msra50, 1_440_000);

    /// <summary>All labels and unlabeled2017, R-101, 1,080,000 iterations; published 46.9 AP (val).</summary>
    public static Recipe FullR101 { get; } = Full("r101_full_1080k", PublishedParts.R101, Msra101, 1_080_000);

    /// <summary>Faster R-CNN on all labels, 720,000 iterations of 16 images at 0.02; published 40.9 AP (val).</summary>
    public static Recipe FullSupervised { get; } = Coco(
        "faster-rcnn_r50_full_720k", PublishedParts.Coco, PublishedParts.R50, Msra50, new SupervisedRecipe(Supervision.Boxes),
        SoftTeacherViews.Published,
        Sgd(0.02, 480_000, 640_000), new BudgetRecipe(720_000, Processes * 2, EvaluateEvery: 4_000, CheckpointEvery: 4_000));

    /// <summary>Those of the first fold, and those with all labels.</summary>
    public static IReadOnlyList<Recipe> All { get; } =
    [
        .. Percents.SelectMany(percent => OfFold(percent, fold: 1)), FullR50, FullR50Long, FullR101, FullSupervised,
    ];

    /// <summary>The recipe of that name, of any of the five folds; null: there is none.</summary>
    public static Recipe? Find(string name) =>
        All.Concat(Percents.SelectMany(percent => Enumerable.Range(2, Folds - 1).SelectMany(fold => OfFold(percent, fold))))
            .FirstOrDefault(recipe => recipe.Name == name);

    /// <summary>
    /// A part of the labels as the authors configure it, R-50, 180,000 iterations; published 21.62 / 30.42 / 33.78 AP (val) with
    /// 1 / 5 / 10 %. They have no 2 %, which follows the others here.
    /// </summary>
    /// <param name="percent">Labelled share of train2017.</param>
    /// <param name="fold">1 to 5.</param>
    public static Recipe Partial(int percent, int fold) => Coco(
        PublishedParts.Named("softteacher", percent, fold),
        PublishedParts.CocoFold(percent, fold, "softteacher", new RandomComposition(1, 4)),
        PublishedParts.R50, Msra50, Method,
        SoftTeacherViews.Published, Sgd(0.01, PartialSteps),
        new BudgetRecipe(180_000, Processes * 5, EvaluateEvery: 4_000, CheckpointEvery: 4_000));

    /// <summary>
    /// A part of the labels as mmdetection 3 configures it; published 19.9 / 24.9 / 30.4 / 33.8 AP (val) with 1 / 2 / 5 / 10 %.
    /// </summary>
    /// <param name="percent">Labelled share of train2017.</param>
    /// <param name="fold">1 to 5.</param>
    public static Recipe PartialMmDetection3(int percent, int fold) => Coco(
        PublishedParts.Named("softteacher-mmdet3", percent, fold),
        PublishedParts.CocoFold(percent, fold, "stac", new FixedComposition(1, 4)),
        PublishedParts.R50, Msra50,
        MmDetection3Method, SoftTeacherViews.MmDetection3, Sgd(0.01, PartialSteps),
        new BudgetRecipe(180_000, Processes * 5, EvaluateEvery: 5_000, CheckpointEvery: 5_000));

    /// <summary>
    /// Faster R-CNN on a part of the labels alone, 180,000 iterations of 8 images; published 10.0 / 20.92 / 26.94 AP (val) with
    /// 1 / 5 / 10 %.
    /// </summary>
    /// <param name="percent">Labelled share of train2017.</param>
    /// <param name="fold">1 to 5.</param>
    public static Recipe PartialSupervised(int percent, int fold) => Coco(
        PublishedParts.Named("faster-rcnn", percent, fold),
        PublishedParts.CocoFold(percent, fold, "softteacher", composition: null),
        PublishedParts.R50, Msra50,
        new SupervisedRecipe(Supervision.Boxes), SoftTeacherViews.Published, Sgd(0.01, PartialSteps),
        new BudgetRecipe(180_000, Processes, EvaluateEvery: 4_000, CheckpointEvery: 4_000));

    /// <summary>
    /// Unbiased Teacher on a part of the labels as far as its configuration is known, 180,000 iterations of 32 + 32 images, the first 2,000
    /// of them burn-in; published 20.75 AP (val) with 1 %.
    /// </summary>
    /// <param name="percent">Labelled share of train2017.</param>
    /// <param name="fold">1 to 5.</param>
    public static Recipe PartialUnbiasedTeacher(int percent, int fold)
    {
        const int Iterations = 180_000;
        const int BurnIn = 2_000;
        var recipe = Coco(
            PublishedParts.Named("unbiasedteacher", percent, fold),
            PublishedParts.CocoFold(percent, fold, "unbiased", new FixedComposition(1, 1)),
            PublishedParts.R50, Msra50,
            new StagedRecipe(
            [
                new StageRecipe(0, new SupervisedRecipe(Supervision.Boxes, LabelledViews.Both)),
                new StageRecipe((double)BurnIn / Iterations, UnbiasedTeacher),
            ]),
            UnbiasedTeacherViews.Published,
            Solver(0.01, warmUp: 1_000),
            new BudgetRecipe(Iterations, BatchSize: 64, EvaluateEvery: 5_000, CheckpointEvery: 5_000));
        return recipe with
        {
            Detector = (PublishedFasterRcnn)recipe.Detector with { Form = RcnnForm.Detectron2, FocalGamma = 1.5, PositiveAnchors = 0.25 },
            Notes =
            [
                "the burn-in sees batches of both kinds, of which it takes the labelled images; the publication fills batches with these",
            ],
        };
    }

    private static IEnumerable<Recipe> OfFold(int percent, int fold) =>
    [
        Partial(percent, fold), PartialMmDetection3(percent, fold), PartialSupervised(percent, fold), PartialUnbiasedTeacher(percent, fold),
    ];

    private static Recipe Full(string name, BackboneRecipe backbone, string weights, int iterations) => Coco(
        "softteacher_" + name,
        PublishedParts.Coco with
        {
            Unlabelled = new UnlabelledRecipe(
                "coco/annotations/image_info_unlabeled2017.json", "coco/unlabeled2017", new RandomComposition(1, 1)),
        },
        backbone, weights,
        Method with { Unlabelled = Method.Unlabelled with { Weight = 2 } },
        SoftTeacherViews.Published,
        Sgd(0.01, iterations / 3 * 2, iterations / 9 * 8),
        new BudgetRecipe(iterations, Processes * 8, EvaluateEvery: 4_000, CheckpointEvery: 4_000));

    private static SolverRecipe Sgd(double learningRate, params IReadOnlyList<int> steps) => Solver(learningRate, warmUp: 500, steps);

    private static SolverRecipe Solver(double learningRate, int warmUp, params IReadOnlyList<int> steps) => new(
        new SgdRecipe(learningRate, WeightDecay: 1e-4, Momentum: 0.9),
        new MultiStepSchedule(new LearningRateWarmUp(warmUp, 0.001), steps, Gamma: 0.1), ClipNorm: null);

    private static Recipe Coco(
        string name, DatasetRecipe dataset, BackboneRecipe backbone, string weights, MethodRecipe method, AugmentationRecipe views,
        SolverRecipe solver, BudgetRecipe budget) => new(
        $"coco-{name}", dataset, new PublishedFasterRcnn(PixelNormalization.CaffeBgr, backbone) { Weights = weights }, method, views, solver,
        budget, Seed: 1);
}
