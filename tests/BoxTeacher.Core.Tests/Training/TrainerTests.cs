using BoxTeacher.Augmentation;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private readonly SceneFolder scenes = new(6);

    public void Dispose() => scenes.Dispose();

    /// <summary>A network that draws random numbers in its forward pass: half of Swin's last block is dropped.</summary>
    private static PublishedCondInst DroppingSwin => new(
        PixelNormalization.CaffeBgrUnitScale, new SwinRecipe(0, 8, [1, 2, 1, 1], [1, 1, 2, 2], DropPath: 0.5), MaskFeatures: 2) { InstancesPerImage = 8 };

    [Theory]
    [InlineData("BoxTeacher")]
    [InlineData("BoxTeacher on Swin")]
    [InlineData("Soft Teacher")]
    [InlineData("Soft Teacher, followed after steps")]
    [InlineData("BoxTeacher in bfloat16")]
    [InlineData("BoxTeacher in float16")]
    public void A_resumed_run_ends_with_the_same_bits(string kind)
    {
        var recipe = kind switch
        {
            "BoxTeacher" => Recipe(Recipes.ShapesBoxTeacher, iterations: 5),
            "BoxTeacher on Swin" => Recipe(Recipes.ShapesBoxTeacher, iterations: 5) with { Detector = DroppingSwin },
            "BoxTeacher in bfloat16" => Recipe(Recipes.ShapesBoxTeacher, iterations: 5) with { Precision = PrecisionRecipe.Of(Precision.Bfloat16) },
            "BoxTeacher in float16" => Recipe(Recipes.ShapesBoxTeacher, iterations: 5) with { Precision = PrecisionRecipe.Of(Precision.Float16) },
            "Soft Teacher" => SoftTeacherScenes.Small(5),
            _ => SoftTeacherScenes.Small(5) with { Method = SoftTeacherScenes.OtherMethod with { Sees = Supervision.Boxes } },
        };
        var whole = Folder("whole");
        var parts = Folder("parts");
        var straight = new List<double>();
        var resumed = new List<double>();

        Run(recipe, whole, happened => Collect(happened, straight));
        using (var stop = new CancellationTokenSource())
        {
            var first = Run(recipe, parts, happened =>
            {
                Collect(happened, resumed);
                if (happened is StepFinished { Iteration: 3 })
                {
                    stop.Cancel();
                }
            }, cancellation: stop.Token);
            Assert.Equal((3, false), (first.Iteration, first.Finished));
            Assert.Equal(3, parts.Checkpoints.Latest()?.Iteration);
        }
        var second = Run(recipe, parts, happened => Collect(happened, resumed));

        Assert.True(second.Finished);
        Assert.Equal(straight, resumed);
        Assert.Equal(File.ReadAllBytes(whole.ModelFile), File.ReadAllBytes(parts.ModelFile));
    }

    [Fact]
    public void Runs_side_by_side_do_as_they_would_alone()
    {
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 3);
        var alone = new List<double>();
        Run(recipe, Folder("alone"), happened => Collect(happened, alone));

        var together = Enumerable.Range(0, 3).Select(_ => new List<double>()).ToArray();
        var threads = together.Select((losses, i) => new Thread(() => Run(recipe, Folder($"side{i}"), happened => Collect(happened, losses)))).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.All(together, losses => Assert.Equal(alone, losses));
    }

    /// <summary>Another thread may be drawing initial weights from it.</summary>
    [Fact]
    public void Training_and_resuming_leave_the_shared_generator_alone()
    {
        var recipe = Recipe(Recipes.ShapesBoxTeacher, iterations: 2) with { Detector = DroppingSwin };
        var folder = Folder("generator");
        foreach (var last in (int[])[1, 2])
        {
            using var scope = NewDisposeScope();
            using var stop = new CancellationTokenSource();
            using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
            var before = get_rng_state();

            var result = new TrainingRun(recipe, method, new RecipeData(scenes.Dataset, null), folder).Run(
                happened => { if (happened is StepFinished step && step.Iteration == last) { stop.Cancel(); } }, stop.Token);

            Assert.Equal(last, result.Iteration);
            Assert.True(before.Equals(get_rng_state()));
        }
    }

    [Fact]
    public void Seeds_give_different_runs()
    {
        var first = new List<double>();
        var second = new List<double>();
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 1);

        Run(recipe, Folder("a"), happened => Collect(happened, first));
        Run(recipe with { Seed = 2 }, Folder("b"), happened => Collect(happened, second));

        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData("shapes-boxteacher")]
    [InlineData("shapes-boxinst")]
    [InlineData("shapes-condinst")]
    [InlineData("shapes-soft-teacher")]
    [InlineData("shapes-center-mask")]
    public void Steps_leave_no_tensors_behind(string name)
    {
        var counts = new List<long>();

        Run(Recipe(Recipes.All.Single(recipe => recipe.Name == name), iterations: 12), Folder(name), happened =>
        {
            if (happened is StepFinished)
            {
                counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
            }
        });

        // The optimizer's state and the gradients come with the first step; afterwards nothing is added.
        Assert.True(counts[^1] <= counts[3], $"live tensors after each step: {string.Join(' ', counts)}");
    }

    /// <summary>They would be in the next checkpoint otherwise.</summary>
    [Fact]
    public void A_loss_that_is_no_number_ends_the_run_ahead_of_the_optimizer()
    {
        using var scope = NewDisposeScope();
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 5)
            .With(recipe => recipe.Solver.Optimizer.LearningRate, 1e30)
            .With(recipe => recipe.Solver.ClipNorm, null);
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        var folder = Folder("exploding");

        var error = Assert.Throws<NotFiniteNumberException>(() => new TrainingRun(recipe, method, new RecipeData(scenes.Dataset, null), folder).Run());

        Assert.Contains("is not finite (", error.Message, StringComparison.Ordinal);
        Assert.All(method.Student.parameters(), parameter => Assert.True(parameter.isfinite().all().item<bool>()));
        // The steps before are kept.
        var last = folder.Checkpoints.Latest()!.Value.Iteration;
        Assert.StartsWith($"iteration {last + 1}:", error.Message, StringComparison.Ordinal);
        Assert.InRange(last, 1, 4);
    }

    [Fact]
    public void A_folder_of_another_run_is_refused()
    {
        var folder = Folder("taken");
        Run(Recipe(Recipes.ShapesBoxInst, iterations: 1), folder);

        var error = Assert.Throws<RecipeException>(() => Run(Recipe(Recipes.ShapesBoxInst, iterations: 2), folder));

        Assert.StartsWith(Path.Combine(folder.Path, "recipe.json"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Metrics_follow_the_run_and_forget_what_a_resume_repeats()
    {
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 4);
        recipe = recipe with { Budget = recipe.Budget with { CheckpointEvery = 2 } };
        var folder = Folder("metrics");
        // A crash after iteration 3: the last checkpoint is that of iteration 2.
        Assert.Throws<TimeoutException>(() => Run(recipe, folder, happened =>
        {
            if (happened is StepFinished { Iteration: 3 })
            {
                throw new TimeoutException();
            }
        }, evaluate: true));
        Directory.Delete(folder.Checkpoints.Latest()!.Value.Folder, recursive: true);
        Assert.Equal(3, File.ReadAllLines(folder.MetricsFile).Length);
        Resumed? resumed = null;
        Run(recipe, folder, happened => resumed ??= happened as Resumed, evaluate: true);

        Assert.Equal([1, 2], resumed!.History.Select(happened => happened.Iteration));
        var lines = File.ReadAllLines(folder.MetricsFile).Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)!).ToList();
        Assert.Equal([1, 2, 3, 4, 4], lines.Select(line => line["iteration"]!.GetValue<int>()));
        Assert.Equal("student", lines[^1]["evaluated"]!.GetValue<string>());
        Assert.All(lines[..^1], line => Assert.Equal(
            line["total"]!.GetValue<double>(), line["losses"]!.AsObject().Sum(loss => loss.Value!.GetValue<double>()), 6));
    }

    [Fact]
    public void Metrics_of_a_run_that_died_before_its_first_checkpoint_are_forgotten()
    {
        var file = Path.Combine(scenes.Path, "died", "metrics.jsonl");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, """{"iteration":1,"total":9.0,"losses":{}}""" + "\n" + """{"iteration":2,"tot""");

        using (var metrics = new MetricsFile(file, 0))
        {
            Assert.Empty(metrics.History);
            metrics.Write(new StepFinished(1, new Dictionary<string, double> { ["loss"] = 3.0 }, 3.0, 0.1, null, 0.5));
        }

        var line = System.Text.Json.Nodes.JsonNode.Parse(Assert.Single(File.ReadAllLines(file)))!;
        Assert.Equal(3.0, line["total"]!.GetValue<double>());
    }

    [Fact]
    public void Metrics_tell_how_long_a_step_waited_for_its_batch_and_files_without_that_are_read()
    {
        var file = Path.Combine(scenes.Path, "metrics.jsonl");
        File.WriteAllText(
            file, """{"iteration":1,"total":9.0,"losses":{},"learningRate":0.1,"gradientNorm":null,"seconds":2.0}""" + "\n");
        using (var metrics = new MetricsFile(file, 1))
        {
            metrics.Write(new StepFinished(2, new Dictionary<string, double>(), 3.0, 0.1, null, 2.0, 0.5));
        }

        var steps = MetricsFile.Read(file).Cast<StepFinished>().ToList();

        Assert.Equal([null, 0.5], steps.Select(step => step.DataSeconds));
        Assert.Equal([double.NaN, 0.25], steps.Select(step => step.DataShare));
    }

    private static void Collect(TrainingEvent happened, List<double> losses)
    {
        if (happened is StepFinished step)
        {
            losses.Add(step.Total);
        }
    }

    private static Recipe Recipe(Recipe preset, int iterations) => preset with
    {
        Augmentation = preset.Augmentation.Resized(64, 64),
        Budget = new BudgetRecipe(iterations, 2, 100, 100),
    };

    private RunFolder Folder(string name) => new(Path.Combine(scenes.Path, name));

    private TrainingResult Run(
        Recipe recipe, RunFolder folder, Action<TrainingEvent>? listener = null, bool evaluate = false, CancellationToken cancellation = default)
    {
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        var unlabelled = recipe.Dataset.Unlabelled is null ? null : scenes.Dataset;
        var data = new RecipeData(scenes.Dataset, evaluate ? scenes.Dataset : null, unlabelled);
        return new TrainingRun(recipe, method, data, folder).Run(listener, cancellation);
    }
}
