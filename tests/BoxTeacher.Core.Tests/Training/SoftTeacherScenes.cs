using BoxTeacher.Methods;
using BoxTeacher.Training;

namespace BoxTeacher.Tests;

/// <summary>Soft Teacher on a few scenes, where what an untrained teacher finds is believed.</summary>
internal static class SoftTeacherScenes
{
    public static SoftTeacherRecipe Method { get; } = Believing((SoftTeacherRecipe)Recipes.ShapesSoftTeacher.Method);

    /// <summary>All that has a switch is switched, with masks.</summary>
    public static SoftTeacherRecipe OtherMethod { get; } = Believing(SoftTeacherRecipes.MmDetection3Method) with
    {
        Unlabelled = new UnlabelledLossRecipe(
            Weight: 2, WarmUpIterations: 1, OnlyWithPseudoBoxes: true, ReliabilityForm.PredictionDifference, ClassLossForm.Paper,
            NormalizesPerImage: true, LearnsProposalBoxes: false),
        Teacher = SoftTeacherRecipes.MmDetection3Method.Teacher with { MomentumCap = 0.5, Interval = 2, Buffers = TeacherBuffers.Copied },
        Sees = Augmentation.Supervision.Masks,
    };

    public static Recipe Small(int iterations) => Recipes.ShapesSoftTeacher with
    {
        Method = Method,
        Augmentation = Recipes.ShapesSoftTeacher.Augmentation.Resized(64, 64),
        Budget = new BudgetRecipe(iterations, 2, 100, 100),
    };

    private static SoftTeacherRecipe Believing(SoftTeacherRecipe method) => method with
    {
        PseudoBoxes = method.PseudoBoxes with { InitialScore = 0.1, RpnScore = 0.1, ClassScore = 0.1, MaxDeviation = 10, JitterTimes = 3 },
    };
}
