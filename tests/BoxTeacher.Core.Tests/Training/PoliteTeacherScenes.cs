using BoxTeacher.Augmentation;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Training;

namespace BoxTeacher.Tests;

/// <summary>Polite Teacher on a few scenes, where what an untrained teacher finds is believed.</summary>
internal static class PoliteTeacherScenes
{
    public static PoliteTeacherRecipe Method { get; } = Believing(PoliteTeacherRecipes.Method);

    /// <summary>Pseudo losses brought to the size of the labelled ones.</summary>
    public static PoliteTeacherRecipe Equalized { get; } = Method with { Unlabelled = Method.Unlabelled with { Equalizes = true } };

    /// <summary>All that has a switch is switched.</summary>
    public static PoliteTeacherRecipe OtherMethod { get; } = Equalized with
    {
        PseudoLabels = Method.PseudoLabels with
        {
            Shape = PseudoMaskShape.Contours, TeacherLimits = TeacherLimitsForm.Inference, ErasesMasks = true, DropsEmptyImages = true,
            AsksLastImageForFlags = true,
        },
        Unlabelled = Equalized.Unlabelled with { LearnsBoxes = true },
        Teacher = Method.Teacher with { Timing = UpdateTiming.AfterStep, Buffers = TeacherBuffers.Copied, Evaluate = Network.Student },
        Views = LabelledViews.Weak,
    };

    /// <summary>A detector that says what it finds before it has learned anything.</summary>
    public static SmallCenterMask Detector { get; } = new(PixelNormalization.CaffeBgrUnitScale) { ScoreThreshold = 0.001 };

    /// <summary>Mutual learning from the first step on.</summary>
    public static Recipe Mutual(int iterations) => Recipes.ShapesPoliteTeacher with
    {
        Detector = Detector,
        Method = Method,
        Augmentation = Recipes.ShapesPoliteTeacher.Augmentation.Resized(64, 64),
        Budget = new BudgetRecipe(iterations, 2, 100, 100),
    };

    /// <summary>Labelled images alone in the first half.</summary>
    public static Recipe Staged(int iterations, PoliteTeacherRecipe method) => Mutual(iterations) with
    {
        Method = new StagedRecipe(
            [new StageRecipe(0, new SupervisedRecipe(Supervision.Masks, LabelledViews.Both)), new StageRecipe(0.5, method)]),
    };

    private static PoliteTeacherRecipe Believing(PoliteTeacherRecipe method) => method with
    {
        PseudoLabels = method.PseudoLabels with { Score = 0.01, MaskIou = 0 },
        Teacher = method.Teacher with { MomentumCap = 0.5 },
    };
}
