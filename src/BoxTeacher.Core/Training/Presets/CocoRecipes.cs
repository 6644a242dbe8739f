using BoxTeacher.Augmentation;

namespace BoxTeacher.Training;

/// <summary>
/// The published configurations on COCO 2017, and their baselines. The published seed is random; here it is 1. Published runs spread the
/// 16 images of a batch over eight processes, each of which normalizes its mask branch by itself.
/// </summary>
public static class CocoRecipes
{
    private const string Msra50 = "pretrained/MSRA-R-50.pkl";

    private const string Msra101 = "pretrained/R-101.pkl";

    private static readonly int[] Steps1x = [60_000, 80_000];

    private static readonly int[] Steps3x = [210_000, 250_000];

    /// <summary>BoxTeacher R-50, 90,000 iterations; published 32.6 mask AP (val).</summary>
    public static Recipe BoxTeacherR50x1 { get; } = BoxTeacher("r50_1x", PublishedParts.R50, Msra50, Steps1x, ColorAugmentation.Strong);

    /// <summary>BoxTeacher R-50, 270,000 iterations; published 34.9 mask AP (val).</summary>
    public static Recipe BoxTeacherR50x3 { get; } = BoxTeacher("r50_3x", PublishedParts.R50, Msra50, Steps3x, ColorAugmentation.StrongV2);

    /// <summary>BoxTeacher R-101, 270,000 iterations; published 36.2 mask AP (val).</summary>
    public static Recipe BoxTeacherR101x3 { get; } =
        BoxTeacher("r101_3x", PublishedParts.R101, Msra101, Steps3x, ColorAugmentation.StrongV2);

    /// <summary>BoxTeacher R-101 with deformable convolutions, 270,000 iterations; published 37.2 mask AP (val).</summary>
    public static Recipe BoxTeacherR101Dcnx3 { get; } =
        BoxTeacher("r101_dcn_3x", PublishedParts.R101Deformable, Msra101, Steps3x, ColorAugmentation.StrongV2);

    /// <summary>BoxTeacher Swin-B, 270,000 iterations with AdamW; published 40.2 mask AP (val).</summary>
    public static Recipe BoxTeacherSwinBasex3 { get; } =
        BoxTeacher(
            "swin_base_3x", PublishedParts.SwinBase, "pretrained/swin_base_patch4_window7_224_ts.pth", Steps3x, ColorAugmentation.StrongV2)
            with { Solver = PublishedParts.AdamW(Steps3x) };

    /// <summary>BoxInst R-50, 90,000 iterations; published 30.7 mask AP (val).</summary>
    public static Recipe BoxInstR50x1 { get; } = BoxInst("r50_1x", PublishedParts.R50, Msra50, Steps1x);

    /// <summary>BoxInst R-50, 270,000 iterations; published 31.8 mask AP (val).</summary>
    public static Recipe BoxInstR50x3 { get; } = BoxInst("r50_3x", PublishedParts.R50, Msra50, Steps3x);

    /// <summary>BoxInst R-101, 90,000 iterations; published 32.2 mask AP (val).</summary>
    public static Recipe BoxInstR101x1 { get; } = BoxInst("r101_1x", PublishedParts.R101, Msra101, Steps1x);

    /// <summary>BoxInst R-101, 270,000 iterations; published 33.0 mask AP (val).</summary>
    public static Recipe BoxInstR101x3 { get; } = BoxInst("r101_3x", PublishedParts.R101, Msra101, Steps3x);

    /// <summary>CondInst R-50 with full masks, 90,000 iterations.</summary>
    public static Recipe CondInstR50x1 { get; } = CondInst("r50_1x", PublishedParts.R50, Msra50, Steps1x);

    /// <summary>CondInst R-50 with full masks, 270,000 iterations.</summary>
    public static Recipe CondInstR50x3 { get; } = CondInst("r50_3x", PublishedParts.R50, Msra50, Steps3x);

    /// <summary>CondInst R-101 with full masks, 270,000 iterations.</summary>
    public static Recipe CondInstR101x3 { get; } = CondInst("r101_3x", PublishedParts.R101, Msra101, Steps3x);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Recipe> All { get; } =
    [
        BoxTeacherR50x1, BoxTeacherR50x3, BoxTeacherR101x3, BoxTeacherR101Dcnx3, BoxTeacherSwinBasex3,
        BoxInstR50x1, BoxInstR50x3, BoxInstR101x1, BoxInstR101x3,
        CondInstR50x1, CondInstR50x3, CondInstR101x3,
    ];

    private static Recipe BoxTeacher(string name, BackboneRecipe backbone, string weights, int[] steps, ColorAugmentation strong) =>
        Create($"boxteacher_{name}", PublishedParts.Detector(backbone, weights), PublishedParts.BoxTeacher, strong, steps);

    private static Recipe BoxInst(string name, BackboneRecipe backbone, string weights, int[] steps) =>
        Create($"boxinst_{name}", PublishedParts.Detector(backbone, weights), PublishedParts.BoxInst, strong: null, steps);

    private static Recipe CondInst(string name, BackboneRecipe backbone, string weights, int[] steps) =>
        Create($"condinst_{name}", PublishedParts.Detector(backbone, weights, maskFeatures: 8) with { MaxProposals = 8 * 500 },
            PublishedParts.CondInst, strong: null, steps) with
        {
            Notes =
            [
                "detector.maxProposals: of the batch; the publication takes 500 in each of 8 processes with 2 images",
                "center sampling is around the box's center, as in BoxInst; the publication takes the mask's centroid",
            ],
        };

    private static Recipe Create(string name, DetectorRecipe detector, MethodRecipe method, ColorAugmentation? strong, int[] steps) => new(
        $"coco-{name}",
        PublishedParts.Coco,
        detector,
        method,
        PublishedParts.Augmentation(strong),
        PublishedParts.Sgd(steps),
        new BudgetRecipe(steps == Steps1x ? 90_000 : 270_000, BatchSize: 16, EvaluateEvery: 10_000, CheckpointEvery: 5_000),
        Seed: 1);
}
