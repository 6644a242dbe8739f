using BoxTeacher.Augmentation;

namespace BoxTeacher.Training;

/// <summary>
/// PASCAL VOC 2012 with SBD's images (20 classes), its annotations as <c>boxteacher data voc</c> writes them. Only BoxInst's R-50
/// configuration is
/// published (AdelaiDet, configs/BoxInst/VOC); the others take over what it says, and their notes name what is ours.
/// </summary>
public static class VocRecipes
{
    private const string Images = "VOCdevkit/VOC2012/JPEGImages";

    private const string Schedule = "budget, solver, augmentation.geometry: ours; those of BoxInst's published VOC configuration";

    /// <summary>BoxInst R-50 as published.</summary>
    public static Recipe BoxInstR50 { get; } = Create(
        "boxinst_r50",
        PublishedParts.R50,
        PublishedParts.BoxInst,
        strong: null,
        "method.pairwise.bottomRows: the published file sets 0 under a key of CondInst's; the color term's own key keeps 10");

    /// <summary>BoxTeacher R-50.</summary>
    public static Recipe BoxTeacherR50 { get; } = BoxTeacher("r50", PublishedParts.R50);

    /// <summary>BoxTeacher R-101.</summary>
    public static Recipe BoxTeacherR101 { get; } = BoxTeacher("r101", PublishedParts.R101);

    /// <summary>CondInst R-50 with full masks.</summary>
    public static Recipe CondInstR50 { get; } = Create("condinst_r50", PublishedParts.R50, PublishedParts.CondInst, strong: null, Schedule);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Recipe> All { get; } = [BoxTeacherR50, BoxTeacherR101, BoxInstR50, CondInstR50];

    private static Recipe BoxTeacher(string name, ResNetRecipe backbone) => Create(
        $"boxteacher_{name}",
        backbone,
        PublishedParts.BoxTeacher,
        ColorAugmentation.StrongV2,
        Schedule,
        "augmentation.strong: ours; that of the 3x configurations on COCO",
        "method: ours; the published values on COCO, warm-ups of 10,000 iterations included");

    private static Recipe Create(
        string name, ResNetRecipe backbone, MethodRecipe method, ColorAugmentation? strong, params IReadOnlyList<string> notes)
    {
        var weights = backbone.Depth == 50 ? "pretrained/MSRA-R-50.pkl" : "pretrained/R-101.pkl";
        return new Recipe(
            $"voc-{name}",
            new DatasetRecipe(
                "voc/annotations/instances_train_aug.json", Images, "voc/annotations/instances_val.json", Images, GroupByAspect: true),
            PublishedParts.Detector(backbone, weights, maskFeatures: method is SupervisedRecipe ? 8 : 16),
            method,
            PublishedParts.Augmentation(strong) with { Geometry = new GeometryAugmentation([800], 1333, 0.5) },
            PublishedParts.Sgd(15_000),
            new BudgetRecipe(20_000, BatchSize: 8, EvaluateEvery: 5_000, CheckpointEvery: 5_000),
            Seed: 1,
            Notes: notes);
    }
}
