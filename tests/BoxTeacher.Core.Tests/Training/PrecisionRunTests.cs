using BoxTeacher.Detectors;
using BoxTeacher.Layers;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>Steps and inference in lower precisions.</summary>
public sealed class PrecisionRunTests : IDisposable
{
    private readonly SceneFolder scenes = new(4);

    public void Dispose() => scenes.Dispose();

    /// <summary>
    /// Each layer rounds its inputs, weights and outputs to so many bits: three times by half a unit of the last one. Signs differ, so that the
    /// errors of layers after each other do not add up to more than those of all.
    /// </summary>
    [Theory]
    [InlineData(Precision.Bfloat16, 8)]
    [InlineData(Precision.Float16, 11)]
    public void Losses_are_those_of_float32_within_the_digits(Precision precision, int bits)
    {
        using var scope = NewDisposeScope();
        var recipe = Small(Recipes.ShapesBoxInst);
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        var batch = TrainingRun.Batches(recipe, scenes.Dataset, CPU)(0).First();
        var layers = method.Student.parameters().Count(parameter => parameter.Dimensions == 4);
        Dictionary<string, float> Losses(Precision wanted)
        {
            using var reduced = wanted.On(CPU);
            return method.Losses(batch, Step.Of(0, new RandomStream(1))).ToDictionary(term => term.Name, term => term.Value().item<float>());
        }

        var exact = Losses(Precision.Float32);
        var rounded = Losses(precision);

        Assert.NotEqual(exact, rounded);
        var error = 3 * Math.Pow(2, -bits) * Math.Sqrt(layers);
        Assert.All(exact, loss => Assert.InRange(rounded[loss.Key], loss.Value * (1 - error), loss.Value * (1 + error)));
    }

    [Theory]
    [InlineData("BoxTeacher", Precision.Float32, Precision.Bfloat16)]
    [InlineData("BoxTeacher", Precision.Float16, Precision.Float32)]
    [InlineData("Soft Teacher", Precision.Float32, Precision.Bfloat16)]
    [InlineData("Soft Teacher", Precision.Bfloat16, Precision.Float16)]
    [InlineData("Polite Teacher", Precision.Float32, Precision.Bfloat16)]
    [InlineData("Polite Teacher", Precision.Bfloat16, Precision.Float32)]
    public void Student_and_teacher_have_precisions_of_their_own(string kind, Precision ofStudent, Precision ofTeacher)
    {
        using var scope = NewDisposeScope();
        var recipe = Small(kind switch
        {
            "BoxTeacher" => Recipes.ShapesBoxTeacher,
            "Soft Teacher" => SoftTeacherScenes.Small(1),
            _ => PoliteTeacherScenes.Mutual(1),
        }) with { Precision = new PrecisionRecipe(ofStudent, ofTeacher, Precision.Float32) };
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        var (student, teacher) = (Seen(method.Student), Seen(method.Teacher!.Network));
        StepFinished? step = null;

        Run(recipe, method, happened => step ??= happened as StepFinished);

        Assert.Equal([TypeOf(ofStudent)], student);
        Assert.Equal([TypeOf(ofTeacher)], teacher);
        Assert.True(double.IsFinite(step!.Total));
        Assert.All(method.Student.state_dict().Values, value => Assert.False(value.dtype is ScalarType.BFloat16 or ScalarType.Float16));
        Assert.All(method.Student.parameters(), parameter => Assert.Equal(float32, parameter.grad?.dtype ?? float32));
    }

    [Fact]
    public void Evaluation_has_a_precision_of_its_own()
    {
        using var scope = NewDisposeScope();
        var recipe = Small(Recipes.ShapesBoxInst) with
        {
            Precision = new PrecisionRecipe(Precision.Float32, Precision.Float32, Precision.Bfloat16),
        };
        using var network = recipe.BuildDetector(scenes.Dataset.Categories.Count);
        var types = Seen(network);

        new Inference(network, recipe).Detect(scenes.Dataset);

        Assert.Equal([bfloat16], types);
    }

    private static ScalarType TypeOf(Precision precision) =>
        precision switch { Precision.Bfloat16 => bfloat16, Precision.Float16 => float16, _ => float32 };

    // The types in which a network's convolutions answer.
    private static HashSet<ScalarType> Seen(Detector network)
    {
        var types = new HashSet<ScalarType>();
        foreach (var layer in network.modules().OfType<Convolution2d>())
        {
            layer.register_forward_hook((_, _, output) =>
            {
                types.Add(output.dtype);
                return output;
            });
        }

        return types;
    }

    private static Recipe Small(Recipe preset) => preset with
    {
        Augmentation = preset.Augmentation.Resized(64, 64), Budget = new BudgetRecipe(1, 2, 100, 100),
    };

    private void Run(Recipe recipe, ITrainingMethod method, Action<TrainingEvent> listener)
    {
        var unlabelled = recipe.Dataset.Unlabelled is null ? null : scenes.Dataset;
        var folder = new RunFolder(Path.Combine(scenes.Path, "run"));
        new TrainingRun(recipe, method, new RecipeData(scenes.Dataset, null, unlabelled), folder).Run(listener);
    }
}
