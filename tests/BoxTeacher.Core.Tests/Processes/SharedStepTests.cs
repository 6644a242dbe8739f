using BoxTeacher.Detectors;
using BoxTeacher.Evaluation;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
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
        ["Soft Teacher"] = SoftTeacherScenes.Small(Steps) with { Method = SoftTeacherScenes.Method with
        {
            // Anchors of one area inside of a larger box have the same overlap: of pseudo boxes, the last digit would choose among them.
            PseudoBoxes = SoftTeacherScenes.Method.PseudoBoxes with { RpnScore = 1 },
        } },
        ["Soft Teacher, all switches"] = SoftTeacherScenes.Small(Steps) with
        {
            Method = SoftTeacherScenes.OtherMethod with
            {
                PseudoBoxes = SoftTeacherScenes.OtherMethod.PseudoBoxes with { RpnScore = 1 },
                Unlabelled = SoftTeacherScenes.OtherMethod.Unlabelled with { NormalizesPerImage = false },
            },
        },
        ["CenterMask"] = Recipes.ShapesCenterMask,
        ["Polite Teacher"] = PoliteTeacherScenes.Mutual(Steps),
        ["Polite Teacher, equalized"] = PoliteTeacherScenes.Mutual(Steps) with { Method = PoliteTeacherScenes.Equalized },
    };

    public void Dispose() => scenes.Dispose();

    /// <summary>
    /// In double precision, in which rounding stays below what the formulas differ by if a normalizer, a statistic or a share is wrong.
    /// In float32 about one of a million rectifiers and rounded choices falls to the other side in each step.
    /// The batches are of images of different sizes, and of 5 labelled images for 2 or 3 processes.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Two_and_three_processes_take_the_steps_of_one(string name)
    {
        set_default_dtype(float64);
        try
        {
            var recipe = Small(Methods[name], Steps);
            var alone = Assert.Single(Train(recipe, 1));
            Assert.Equal(Steps, alone.Steps.Count);
            Compare(alone, Train(recipe, 2));
            Compare(alone, Train(recipe, 3));
        }
        finally
        {
            set_default_dtype(float32);
        }
    }

    /// <summary>
    /// With the precision of real runs, to the bit among the processes; beside one process, before rounding is learned from.
    /// </summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void Weights_are_the_same_in_all_processes_in_float32(string name)
    {
        var recipe = Small(Methods[name], 3);
        var (alone, together) = (Assert.Single(Train(recipe, 1)), Train(recipe, 3));

        Assert.All(together, process => Assert.Equal(together[0].Weights, process.Weights));
        Assert.All(alone.Steps[0].Losses, loss => Close(loss.Value, together[0].Steps[0].Losses[loss.Key], 5e-5, loss.Key));
    }

    /// <summary>Gradients are judged when they have been added: all processes leave the same steps out.</summary>
    [Theory]
    [InlineData(Precision.Bfloat16)]
    [InlineData(Precision.Float16)]
    public void Processes_agree_in_a_lower_precision(Precision precision)
    {
        var recipe = Small(Recipes.ShapesBoxTeacher, 4);
        recipe = recipe with { Precision = recipe.Precision with { Training = precision } };
        var together = Train(recipe, 2);

        Assert.Equal(together[0].Weights, together[1].Weights);
        Assert.Equal(together[0].Steps.Select(step => step.GradientNorm), together[1].Steps.Select(step => step.GradientNorm));
        Assert.Contains(together[0].Steps, step => step.GradientNorm > 0);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Processes_detect_what_one_detects(int size)
    {
        var recipe = Small(Recipes.ShapesBoxTeacher, 2);
        using var network = recipe.BuildMethod(scenes.Dataset.Categories.Count).Student;
        // Objectness of an untrained network is too small for any detection.
        foreach (var (_, bias) in network.named_parameters()
            .Where(parameter => parameter.name.EndsWith("cls_logits.bias", StringComparison.Ordinal)))
        {
            using var gradients = no_grad();
            bias.zero_();
        }

        // Threads have the network together, which inference would put back into training mode.
        network.eval();
        var alone = new Inference(network, recipe).Detect(scenes.Dataset);
        var together = ThreadGroup.Run(size, processes => new Inference(network, recipe).Detect(scenes.Dataset, processes: processes));

        Assert.True(alone.Count > scenes.Dataset.Images.Count);
        Assert.Equal(alone.Select(Words), together[0].Select(Words));
        Assert.All(together[1..], Assert.Empty);

        static string Words(DetectionResult found) => FormattableString.Invariant(
            $"{found.ImageId} {found.Category} {found.Score:R} {found.MaskScore:R} {found.Box} {found.Mask?.ToCompressed()}");
    }

    private static void Compare(Trained alone, Trained[] together)
    {
        Assert.All(together, process => Assert.Equal(together[0].Weights, process.Weights));
        foreach (var (one, all) in alone.Steps.Zip(together[0].Steps))
        {
            Assert.All(one.Losses, loss => Close(loss.Value, all.Losses[loss.Key], 1e-5, $"step {one.Iteration}, {loss.Key}"));
            Close(one.GradientNorm!.Value, all.GradientNorm!.Value, 1e-5, $"step {one.Iteration}, gradient");
            Assert.True(all.Exchange!.Value.Seconds > 0);
        }

        Assert.All(alone.Weights, weight => Assert.All(
            weight.Value.Zip(together[0].Weights[weight.Key]), pair => Close(pair.First, pair.Second, 1e-5, weight.Key)));
    }

    private static void Close(double expected, double actual, double tolerance, string what) => Assert.True(
        Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{what}: {actual:G17}, not {expected:G17}");

    private static Recipe Small(Recipe recipe, int steps) => recipe with
    {
        Augmentation = recipe.Augmentation.Resized(32, 64),
        Budget = new BudgetRecipe(steps, recipe.Dataset.Unlabelled is null ? 5 : 8, steps, steps),
        Dataset = recipe.Dataset.Unlabelled is { } unlabelled
            ? recipe.Dataset with { Unlabelled = unlabelled with { Composition = new FixedComposition(1, 1) } }
            : recipe.Dataset,
    };

    // Networks and images have the default type of tensors.
    private Trained[] Train(Recipe recipe, int size) => ThreadGroup.Run(size, processes =>
    {
        using var scope = NewDisposeScope();
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        using var optimizer = recipe.Solver.Optimizer.Build(method.Student);
        var batches = TrainingRun.Batches(
            recipe, scenes.Dataset, CPU, recipe.Dataset.Unlabelled is null ? null : scenes.Dataset, processes);
        var steps = new List<StepFinished>();
        new Trainer(
            method, first => batches(first).Select(Typed), optimizer, recipe.Solver.LearningRate(recipe.Budget.Iterations),
            recipe.Solver.ClipNorm, recipe.Budget, new RandomStream((ulong)recipe.Seed), null, null,
            recipe.Precision.Training, LossScaler.Of(recipe.Precision.Training), processes)
            .Run(default, happened => steps.Add((StepFinished)happened));
        return new Trained(steps, Weights(method));
    });

    private static Batch Typed(Batch batch) => new(Typed(batch.Labelled), batch.Unlabelled is { } unlabelled ? Typed(unlabelled) : null);

    private static ViewPair Typed(ViewPair pair) => new(Typed(pair.Weak), Typed(pair.Strong));

    private static View Typed(View view) => view with
    {
        Images = new ImageBatch(view.Images.Images.to(get_default_dtype()), view.Images.Sizes),
        Truth = [.. view.Truth.Select(own =>
            new Instances(own.Boxes.to(get_default_dtype()), own.Classes, own.Scores, own.Masks, own.Outlines))],
    };

    private static Dictionary<string, double[]> Weights(ITrainingMethod method)
    {
        (string Name, Detector? Network)[] networks = [("student", method.Student), ("teacher", method.Teacher?.Network)];
        return networks.Where(own => own.Network is not null).SelectMany(own => own.Network!.state_dict()
            .Select(entry => ($"{own.Name}.{entry.Key}", entry.Value.to(float64).contiguous().data<double>().ToArray()))).ToDictionary();
    }

    private sealed record Trained(List<StepFinished> Steps, Dictionary<string, double[]> Weights);
}
