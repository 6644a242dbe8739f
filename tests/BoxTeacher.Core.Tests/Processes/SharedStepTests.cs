using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Processes;

/// <summary>Several processes take the step that one takes with the whole batch. Threads stand for processes.</summary>
public sealed class SharedStepTests : IDisposable
{
    private const int Steps = 20;

    private readonly SceneFolder scenes = new(8, 48, 96);

    public static TheoryData<string> Cases => [.. Methods.Keys];

    private static Dictionary<string, Recipe> Methods { get; } = new()
    {
        ["CondInst"] = Recipes.ShapesCondInst,
        ["BoxInst"] = Recipes.ShapesBoxInst,
        ["BoxTeacher"] = Recipes.ShapesBoxTeacher,
        ["Faster R-CNN"] = Recipes.ShapesFasterRcnn,
        ["Soft Teacher"] = SoftTeacherScenes.Small(Steps),
        ["Soft Teacher, all switches"] = SoftTeacherScenes.Small(Steps) with
        {
            Method = SoftTeacherScenes.OtherMethod with
            {
                Unlabelled = SoftTeacherScenes.OtherMethod.Unlabelled with { NormalizesPerImage = false },
            },
        },
        ["CenterMask"] = Recipes.ShapesCenterMask,
        ["Polite Teacher"] = PoliteTeacherScenes.Mutual(Steps),
        ["Polite Teacher, equalized"] = PoliteTeacherScenes.Mutual(Steps) with { Method = PoliteTeacherScenes.Equalized },
    };

    public void Dispose() => scenes.Dispose();

    /// <summary>The batches are of images of different sizes, and of 5 labelled images for 2 or 3 processes.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Two_and_three_processes_take_the_steps_of_one(string name)
    {
        var recipe = Small(Methods[name]);
        var alone = Assert.Single(Train(recipe, 1, "alone"));

        // Of weights that differ in their last digits another proposal, or a mask's pixel at its threshold, may be chosen, and channels
        // that hardly vary enlarge such digits. So many steps are compared with one process, and all of them among the processes.
        var steps = recipe.Detector is SmallCondInst ? 5 : 1;
        Compare(alone, Train(recipe, 2, "two"), steps);
        Compare(alone, Train(recipe, 3, "three"), steps);
    }

    private static void Compare(Trained alone, Trained[] together, int steps)
    {
        Assert.All(together, process => Assert.Equal(together[0].Weights, process.Weights));
        Assert.Empty(together[1].Steps);
        Assert.Equal(Steps, together[0].Steps.Count);
        Close(alone.Steps[0].GradientNorm!.Value, together[0].Steps[0].GradientNorm!.Value, "gradient of the first step");
        foreach (var (one, all) in alone.Steps.Take(steps).Zip(together[0].Steps))
        {
            Assert.Equal(one.Losses.Keys, all.Losses.Keys);
            Assert.All(one.Losses, loss => Close(loss.Value, all.Losses[loss.Key], $"step {one.Iteration}, {loss.Key}"));
            Assert.True(all.Exchange!.Value.Seconds > 0);
        }

    }

    private static void Close(double expected, double actual, string what) =>
        Assert.True(Math.Abs(expected - actual) <= 1e-5 * Math.Max(1, Math.Abs(expected)), $"{what}: {actual}, not {expected}");

    private static Recipe Small(Recipe recipe) => recipe with
    {
        Augmentation = recipe.Augmentation.Resized(64, 128),
        // Among locations of nearly the same score the last digit would choose.
        Detector = recipe.Detector is SmallCondInst small ? small with { InstancesPerImage = 10_000 } : recipe.Detector,
        Budget = new BudgetRecipe(Steps, recipe.Dataset.Unlabelled is null ? 5 : 8, Steps, Steps),
        Dataset = recipe.Dataset.Unlabelled is { } unlabelled
            ? recipe.Dataset with { Unlabelled = unlabelled with { Composition = new FixedComposition(1, 1) } }
            : recipe.Dataset,
    };

    private Trained[] Train(Recipe recipe, int size, string folder) => ThreadGroup.Run(size, processes =>
    {
        using var scope = NewDisposeScope();
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        var steps = new List<StepFinished>();
        var unlabelled = recipe.Dataset.Unlabelled is null ? null : scenes.Dataset;
        new TrainingRun(
            recipe, method, new RecipeData(scenes.Dataset, null, unlabelled), new RunFolder(Path.Combine(scenes.Path, folder)),
            size == 1 ? null : processes).Run(happened =>
            {
                if (happened is StepFinished step)
                {
                    steps.Add(step);
                }
            });
        return new Trained(steps, Weights(method));
    });

    private static Dictionary<string, float[]> Weights(ITrainingMethod method)
    {
        (string Name, Detector? Network)[] networks = [("student", method.Student), ("teacher", method.Teacher?.Network)];
        return networks.Where(own => own.Network is not null).SelectMany(own => own.Network!.state_dict()
            .Select(entry => ($"{own.Name}.{entry.Key}", Values: HostValues.Floats(entry.Value)))).ToDictionary();
    }

    private sealed record Trained(List<StepFinished> Steps, Dictionary<string, float[]> Weights);
}
