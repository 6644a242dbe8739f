using System.Globalization;
using BoxTeacher.Augmentation;
using BoxTeacher.Methods;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>
/// Polite Teacher on COCO 2017 with a part of the labels, as its authors configure it (AI-Clearing/PoliteTeacher, branch az/ubteacher):
/// stage A learns from the labelled images alone, stage B goes on from its weights with the others beside them. Published runs spread a
/// batch over eight processes; here it is one batch. <c>boxteacher data split --convention unbiased --list COCO_supervision.txt</c> makes
/// the files of the folds, which the authors call seeds.
/// </summary>
public static class PoliteTeacherRecipes
{
    private const string Msra50 = "pretrained/MSRA-R-50.pkl";
    private const int Folds = 10;

    // What the ablations are made with.
    private const int AblationPercent = 5;

    private static readonly int[] Percents = [1, 2, 5, 10];

    /// <summary>The method as its authors configure it, but for masks, which stay bitmaps, and for the slip with the flags.</summary>
    public static PoliteTeacherRecipe Method { get; } = new(
        new PoliteLabelRecipe(
            Score: 0.6,
            MaskIou: 0.9,
            MaskThreshold: 0.5,
            PseudoMaskShape.Bitmaps,
            TeacherLimitsForm.Training,
            ErasesMasks: false,
            DropsEmptyImages: false,
            AsksLastImageForFlags: false),
        new PoliteLossRecipe(Weight: 2, LearnsMasks: true, LearnsMaskIou: true, LearnsBoxes: false, Equalizes: false),
        new MeanTeacherRecipe(
            MomentumForm.Constant, MomentumCap: 0.9996, WarmUpIterations: 0, Interval: 1, UpdateTiming.BeforeStep, TeacherBuffers.Averaged,
            Network.Teacher));

    /// <summary>The method as its code does it: masks over outlines, and the slip.</summary>
    public static PoliteTeacherRecipe PublishedMethod { get; } = Method with
    {
        PseudoLabels = Method.PseudoLabels with { Shape = PseudoMaskShape.Contours, AsksLastImageForFlags = true },
    };

    /// <summary>Both stages of the first fold of each share, and the ablations.</summary>
    public static IReadOnlyList<Recipe> All { get; } =
    [
        .. Percents.SelectMany(percent => OfFold(percent, fold: 1)),
        .. ScoreThresholds, .. Weights, .. MaskIouThresholds,
    ];

    /// <summary>Scores above 0.4 to 0.9, boxes alone, weight 0.75; the authors took 0.6.</summary>
    public static IReadOnlyList<Recipe> ScoreThresholds => Sweep(
        [0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9], "score", (method, value) => BoxesAlone(method) with
        {
            PseudoLabels = method.PseudoLabels with { Score = value }, Unlabelled = BoxesAlone(method).Unlabelled with { Weight = 0.75 },
        });

    /// <summary>Weights of the pseudo losses from 0.5 to 8, boxes alone; the authors took 2.</summary>
    public static IReadOnlyList<Recipe> Weights => Sweep(
        [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 8], "weight", (method, value) => BoxesAlone(method) with
        {
            Unlabelled = BoxesAlone(method).Unlabelled with { Weight = value },
        });

    /// <summary>Predicted mask IoU above 0 to 0.9, boxes and masks; the authors took 0.9.</summary>
    public static IReadOnlyList<Recipe> MaskIouThresholds => Sweep(
        [0, 0.5, 0.6, 0.7, 0.8, 0.9], "maskiou", (method, value) => method with
        {
            PseudoLabels = method.PseudoLabels with { MaskIou = value },
        });

    /// <summary>The recipe of that name, of any of the folds 0 to 9; null: there is none.</summary>
    public static Recipe? Find(string name) =>
        All.Concat(Percents.SelectMany(percent => Enumerable.Range(0, Folds).SelectMany(fold => OfFold(percent, fold))))
            .FirstOrDefault(recipe => recipe.Name == name);

    /// <summary>
    /// Stage A, CenterMask2 R-50 on the labelled images: 32 per step at 0.02, weak views, as many iterations as the checkpoint has that the
    /// authors begin stage B with. Its own score is not published; it is about 8 mask AP below that of stage B.
    /// </summary>
    /// <param name="percent">Labelled share of train2017.</param>
    /// <param name="fold">0 to 9.</param>
    public static Recipe Baseline(int percent, int fold)
    {
        var iterations = percent switch { 1 => 10_000, 5 => 30_000, _ => 15_000 };
        return Coco(
            PublishedParts.Named("centermask", percent, fold), PublishedParts.CocoFold(percent, fold, "unbiased", composition: null), Msra50,
            new SupervisedRecipe(Supervision.Masks, LabelledViews.Weak), 0.02, [210_000, 250_000], iterations) with
        {
            Augmentation = UnbiasedTeacherViews.Published with { Strong = null },
            Notes = ["the publication plans 270,000 iterations and takes an early checkpoint; the schedule is that of the plan"],
        };
    }

    /// <summary>
    /// Stage B from stage A's weights: 16 + 16 images per step at a constant 0.006, 180,000 iterations; published 18.33 / 22.28 / 26.46 /
    /// 30.08 mask AP (val) with 1 / 2 / 5 / 10 %.
    /// </summary>
    /// <param name="percent">Labelled share of train2017.</param>
    /// <param name="fold">0 to 9.</param>
    public static Recipe Mutual(int percent, int fold)
    {
        var baseline = Baseline(percent, fold);
        return Coco(
            PublishedParts.Named("politeteacher", percent, fold),
            PublishedParts.CocoFold(percent, fold, "unbiased", new FixedComposition(1, 1)),
            $"../runs/{baseline.Name}-{baseline.Seed}/model.safetensors", PublishedMethod, 0.006, [179_990, 179_995], 180_000) with
        {
            Notes =
            [
                $"detector.weights: the result of 'boxteacher train --recipe {baseline.Name}'",
                "while one aspect group fills, the publication discards images of the other; here both kinds of a batch are of one group",
            ],
        };
    }

    /// <summary>
    /// Both stages in one run: the first iterations are stage A's. It is the burn-in of the authors' code, which they left for two runs:
    /// its first stage sees the labelled images of mixed batches in both views, and its rate falls from 0.02 to 0.006 where the second
    /// begins.
    /// </summary>
    /// <param name="percent">Labelled share of train2017.</param>
    /// <param name="fold">0 to 9.</param>
    public static Recipe InOneRun(int percent, int fold)
    {
        const int Mutual = 180_000;
        var burnIn = Baseline(percent, fold).Budget.Iterations;
        var recipe = PoliteTeacherRecipes.Mutual(percent, fold);
        return Coco(
            PublishedParts.Named("politeteacher-onerun", percent, fold), recipe.Dataset, Msra50,
            new StagedRecipe(
            [
                new StageRecipe(0, new SupervisedRecipe(Supervision.Masks, LabelledViews.Both)),
                new StageRecipe((double)burnIn / (burnIn + Mutual), PublishedMethod),
            ]),
            0.02, [burnIn], burnIn + Mutual, gamma: 0.3) with
        {
            Notes = ["the publication trains both stages in runs of their own"],
        };
    }

    private static PoliteTeacherRecipe BoxesAlone(PoliteTeacherRecipe method) =>
        method with { Unlabelled = method.Unlabelled with { LearnsMasks = false } };

    private static IEnumerable<Recipe> OfFold(int percent, int fold) =>
        [Baseline(percent, fold), Mutual(percent, fold), InOneRun(percent, fold)];

    private static IReadOnlyList<Recipe> Sweep(
        double[] values, string what, Func<PoliteTeacherRecipe, double, PoliteTeacherRecipe> changed)
    {
        var recipe = Mutual(AblationPercent, fold: 1);
        return
        [
            .. values.Select(value => recipe with
            {
                Name = string.Create(CultureInfo.InvariantCulture, $"{recipe.Name}_{what}{value}"),
                Method = changed(PublishedMethod, value),
            }),
        ];
    }

    private static Recipe Coco(
        string name, DatasetRecipe dataset, string weights, MethodRecipe method, double learningRate, IReadOnlyList<int> steps,
        int iterations, double gamma = 0.1) => new(
        $"coco-{name}",
        dataset,
        new PublishedCenterMask(PixelNormalization.CaffeBgr, PublishedParts.R50) { Weights = weights },
        method,
        UnbiasedTeacherViews.Published,
        new SolverRecipe(
            new SgdRecipe(learningRate, WeightDecay: 1e-4, Momentum: 0.9, NormWeightDecay: 0),
            new MultiStepSchedule(new LearningRateWarmUp(1_000, 0.001), steps, gamma), ClipNorm: null),
        new BudgetRecipe(iterations, BatchSize: 32, EvaluateEvery: 1_000, CheckpointEvery: 1_000),
        Seed: 1);
}
