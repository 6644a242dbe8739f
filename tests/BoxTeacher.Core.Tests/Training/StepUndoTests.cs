using BoxTeacher.Augmentation;
using BoxTeacher.Layers;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>What a step changes ahead of the optimizer.</summary>
public sealed class StepUndoTests : IDisposable
{
    private readonly SceneFolder scenes = new(2);

    public void Dispose() => scenes.Dispose();

    [Theory]
    [InlineData("shapes")]
    [InlineData("frozen")]
    [InlineData("soft teacher")]
    [InlineData("polite teacher")]
    public void A_step_moves_what_its_method_names_and_nothing_frozen_is_kept(string name)
    {
        var recipe = name == "shapes" ? Recipes.ShapesBoxTeacher : CocoRecipes.BoxTeacherR50x1;
        recipe = name == "soft teacher" ? SoftTeacherScenes.Small(2) : name == "polite teacher" ? PoliteTeacherScenes.Mutual(2) : recipe with
        {
            Detector = recipe.Detector with { Weights = null },
            Augmentation = (SharedGeometryViews)recipe.Augmentation with { Geometry = new GeometryAugmentation([64], 64, 0.5) },
            Budget = recipe.Budget with { BatchSize = 1 },
        };
        using var scope = NewDisposeScope();
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        method.BeforeStep(0);
        using (no_grad())
        {
            foreach (var learned in method.Student.parameters().Where(parameter => parameter.requires_grad))
            {
                learned.add_(0.01);
            }
        }

        var moving = method.Moving(1).ToHashSet<object>(ReferenceEqualityComparer.Instance);
        var state = method.Student.state_dict().Values.Concat(method.Teacher!.Network.state_dict().Values).ToList();
        var before = state.ConvertAll(tensor => tensor.detach().clone());
        method.BeforeStep(1);
        _ = method.Losses(TrainingRun.Batches(recipe, scenes.Dataset, CPU, recipe.Dataset.Unlabelled is null ? null : scenes.Dataset)(1).First(), Step.Of(1, new RandomStream(1)));

        var changed = state.Zip(before).Where(pair => !pair.First.equal(pair.Second).all().item<bool>()).Select(pair => pair.First).ToList();
        Assert.NotEmpty(changed);
        Assert.All(changed, tensor => Assert.Contains(tensor, moving));
        var norms = method.Student.modules().Concat(method.Teacher.Network.modules()).OfType<FrozenBatchNorm2d>().ToList();
        Assert.Equal(name == "frozen", norms.Count > 0);
        Assert.DoesNotContain(norms.SelectMany(norm => norm.buffers()), moving.Contains);
        Assert.Equal(moving.Count, method.Moving(1).Count());
    }
}
