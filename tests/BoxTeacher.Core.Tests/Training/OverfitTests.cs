using BoxTeacher.Augmentation;
using BoxTeacher.Tests.Views;
using BoxTeacher.Training;
using Xunit;

namespace BoxTeacher.Tests.Training;

/// <summary>From end to end: a small model learns a handful of images by heart.</summary>
public class OverfitTests
{
    [Fact]
    public void Student_and_teacher_learn_masks_from_boxes()
    {
        using var scenes = new SceneFolder(4);
        var preset = Recipes.ShapesBoxTeacher;
        var teaching = (BoxTeacherRecipe)preset.Method;
        var recipe = preset with
        {
            Method = teaching with
            {
                PseudoMasks = teaching.PseudoMasks with { WarmUpIterations = 80 },
                Teacher = teaching.Teacher with { MomentumCap = 0.95 },
            },
            Augmentation = new SharedGeometryViews(new GeometryAugmentation([64], 64, 0), null, 64, 64),
            Budget = new BudgetRecipe(160, 4, 1000, 1000),
        };
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);

        var result = new TrainingRun(recipe, method, new RecipeData(scenes.Dataset, null), new RunFolder(Path.Combine(scenes.Path, "run"))).Run();

        Assert.True(result.Finished);
        foreach (var network in new[] { method.Student, method.Teacher!.Network })
        {
            var (box, mask) = new Inference(network, recipe).Evaluate(scenes.Dataset);
            Assert.True(box.Summary.AP50 > 0.8, $"box AP50 {box.Summary.AP50}");
            Assert.True(mask!.Summary.AP50 > 0.8, $"mask AP50 {mask.Summary.AP50}");
            Assert.True(mask.Summary.AP > 0.4, $"mask AP {mask.Summary.AP}");
        }
    }

    [Fact]
    public void Mask_rcnn_learns_boxes_and_masks()
    {
        using var scenes = new SceneFolder(4);
        var preset = Recipes.ShapesBoxTeacher;
        var recipe = preset with
        {
            Detector = new SmallFasterRcnn(preset.Detector.Pixels) { Masks = true },
            Method = new SupervisedRecipe(Supervision.Masks),
            Augmentation = new SharedGeometryViews(new GeometryAugmentation([64], 64, 0), null, 64, 64),
            Budget = new BudgetRecipe(120, 4, 1000, 1000),
        };
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);

        var result = new TrainingRun(recipe, method, new RecipeData(scenes.Dataset, null), new RunFolder(Path.Combine(scenes.Path, "run"))).Run();

        Assert.True(result.Finished);
        var (box, mask) = new Inference(method.Student, recipe).Evaluate(scenes.Dataset);
        Assert.True(box.Summary.AP50 > 0.8, $"box AP50 {box.Summary.AP50}");
        Assert.True(mask!.Summary.AP50 > 0.8, $"mask AP50 {mask.Summary.AP50}");
    }
}
