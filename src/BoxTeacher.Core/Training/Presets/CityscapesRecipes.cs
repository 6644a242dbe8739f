using BoxTeacher.Augmentation;

namespace BoxTeacher.Training;

/// <summary>
/// Cityscapes (8 classes), its annotations as <c>boxteacher data cityscapes</c> writes them. No hyper-parameters of these methods are
/// published for it: the
/// schedule and the sizes are those of detectron2's Mask R-CNN on Cityscapes, everything else is as on COCO.
/// </summary>
public static class CityscapesRecipes
{
    private const string Schedule =
        "budget, solver.schedule, augmentation.geometry, test sizes: ours; those of detectron2's Mask R-CNN on Cityscapes";

    /// <summary>BoxTeacher R-50.</summary>
    public static Recipe BoxTeacherR50 { get; } = Create(
        "boxteacher_r50",
        PublishedParts.BoxTeacher,
        ColorAugmentation.StrongV2,
        Schedule,
        "method.teacher.inputSize: ours; null, because the published 800/1333 would shrink the views",
        "augmentation.strong: ours; that of the 3x configurations on COCO",
        "method: ours; the published values on COCO, warm-ups of 10,000 iterations included");

    /// <summary>BoxInst R-50.</summary>
    public static Recipe BoxInstR50 { get; } = Create(
        "boxinst_r50", PublishedParts.BoxInst, strong: null, Schedule, "method: ours; the published values on COCO");

    /// <summary>CondInst R-50 with full masks.</summary>
    public static Recipe CondInstR50 { get; } = Create("condinst_r50", PublishedParts.CondInst, strong: null, Schedule);

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Recipe> All { get; } = [BoxTeacherR50, BoxInstR50, CondInstR50];

    private static Recipe Create(string name, MethodRecipe method, ColorAugmentation? strong, params IReadOnlyList<string> notes) => new(
        $"cityscapes-{name}",
        new DatasetRecipe(
            "cityscapes/annotations/instances_train.json",
            "cityscapes/leftImg8bit",
            "cityscapes/annotations/instances_val.json",
            "cityscapes/leftImg8bit",
            GroupByAspect: true),
        PublishedParts.Detector(PublishedParts.R50, "pretrained/MSRA-R-50.pkl", maskFeatures: method is SupervisedRecipe ? 8 : 16),
        method is BoxTeacherRecipe boxes ? boxes with { Teacher = boxes.Teacher with { InputSize = null } } : method,
        new SharedGeometryViews(new GeometryAugmentation([800, 832, 864, 896, 928, 960, 992, 1024], 2048, 0.5), strong, 1024, 2048),
        PublishedParts.Sgd(18_000),
        new BudgetRecipe(24_000, BatchSize: 8, EvaluateEvery: 8_000, CheckpointEvery: 5_000),
        Seed: 1,
        Notes: notes);
}
