using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Training;
using Xunit;
using Detector = BoxTeacher.Detectors.Detector;

namespace BoxTeacher.Tests.Training;

/// <summary>What a run's folder keeps, whatever becomes of the run.</summary>
public sealed class RunFolderTests : IDisposable
{
    private readonly SceneFolder scenes = new(6);

    public void Dispose() => scenes.Dispose();

    /// <summary>A method whose forward pass is whole, and whose step fails.</summary>
    private sealed class Failing(ITrainingMethod method, long at) : ITrainingMethod
    {
        public Detector Student => method.Student;

        public EmaTeacher? Teacher => method.Teacher;

        public void BeforeStep(long iteration) => method.BeforeStep(iteration);

        public IEnumerable<TorchSharp.torch.Tensor> Moving(long iteration) => method.Moving(iteration);

        public LossTerms Losses(Batch batch, Step step)
        {
            var losses = method.Losses(batch, step);
            return step.Iteration < at ? losses : throw new TimeoutException();
        }

        public void Dispose() => method.Dispose();
    }

    [Theory]
    [InlineData("boxTeacher")]
    [InlineData("staged")]
    public void A_step_that_fails_leaves_the_weights_of_the_one_before_to_the_bit(string kind)
    {
        var recipe = Recipe(Recipes.ShapesBoxTeacher, iterations: 4);
        recipe = kind == "staged" ? recipe with { Method = new StagedRecipe([new StageRecipe(0, Recipes.ShapesBoxInst.Method), new StageRecipe(0.5, recipe.Method, RestartsStudent: true)]) } : recipe;
        var (good, failed) = (Folder("good"), Folder("failed"));
        using (var stop = new CancellationTokenSource())
        {
            Run(recipe, good, happened => Stop(happened, at: 2, stop), cancellation: stop.Token);
        }

        using (var method = new Failing(recipe.BuildMethod(scenes.Dataset.Categories.Count), at: 2))
        {
            Assert.Throws<TimeoutException>(() => new TrainingRun(recipe, method, new RecipeData(scenes.Dataset, null), failed).Run());
        }

        Assert.Equal(2, failed.Checkpoints.Latest()?.Iteration);
        Assert.Equal(Weights(good), Weights(failed));
        Run(recipe, good);
        Run(recipe, failed);
        Assert.Equal(File.ReadAllBytes(good.ModelFile), File.ReadAllBytes(failed.ModelFile));
    }

    [Fact]
    public void A_run_that_fails_in_its_evaluation_repeats_it_and_ends_with_the_same_bits()
    {
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 4);
        recipe = recipe with { Budget = recipe.Budget with { EvaluateEvery = 2 } };
        var (whole, failed) = (Folder("whole"), Folder("failed"));
        Run(recipe, whole, evaluate: true);
        var picture = scenes.Dataset.Images[0].FileName;
        var bytes = File.ReadAllBytes(picture);

        foreach (var last in (int[])[2, 4])
        {
            var error = Assert.ThrowsAny<Exception>(() => Run(recipe, failed, happened => File.WriteAllBytes(picture, happened is CheckpointWritten { Iteration: var at } && at == last ? new byte[bytes.Length] : bytes), evaluate: true));
            File.WriteAllBytes(picture, bytes);
            Assert.Contains(picture, error.Message, StringComparison.Ordinal);
            Assert.Equal(last, failed.Checkpoints.Latest()?.Iteration);
            Assert.False(File.Exists(failed.ModelFile));
        }
        Assert.True(Run(recipe, failed, evaluate: true).Finished);

        Assert.Equal(File.ReadAllBytes(whole.ModelFile), File.ReadAllBytes(failed.ModelFile));
        Assert.Equal(History(whole), History(failed));
        Assert.Equal([2, 4], MetricsFile.Read(failed.MetricsFile).OfType<Evaluated>().Select(evaluated => evaluated.Iteration));
    }

    [Fact]
    public void A_picture_that_cannot_be_read_costs_no_step()
    {
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 6);
        var (whole, failed) = (Folder("whole"), Folder("failed"));
        Run(recipe, whole);
        var picture = scenes.Dataset.Images[0].FileName;
        var bytes = File.ReadAllBytes(picture);

        var steps = 0;
        File.WriteAllBytes(picture, new byte[bytes.Length]);
        Assert.ThrowsAny<Exception>(() => Run(recipe, failed, happened => steps += happened is StepFinished ? 1 : 0));
        File.WriteAllBytes(picture, bytes);

        Assert.Equal(steps, failed.Checkpoints.Latest()?.Iteration ?? 0);
        Run(recipe, failed);
        Assert.Equal(File.ReadAllBytes(whole.ModelFile), File.ReadAllBytes(failed.ModelFile));
        Assert.Equal(History(whole), History(failed));
    }

    /// <summary>The last evaluation is still to come.</summary>
    [Fact]
    public void A_run_that_is_stopped_before_its_last_evaluation_is_not_finished()
    {
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 1);
        var folder = Folder("stopped");
        using var stop = new CancellationTokenSource();

        Assert.False(Run(recipe, folder, happened => Stop(happened, at: 1, stop), evaluate: true, stop.Token).Finished);
        Assert.False(File.Exists(folder.ModelFile));

        var result = Run(recipe, folder, evaluate: true);
        Assert.True(result.Finished);
        Assert.Equal(1, result.Last?.Iteration);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("optimizer.bin")]
    public void A_damaged_checkpoint_is_named_with_the_older_one_that_is_whole(string file)
    {
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 3);
        recipe = recipe with { Budget = recipe.Budget with { CheckpointEvery = 1 } };
        var folder = Folder("damaged");
        Run(recipe, folder);
        var final = File.ReadAllBytes(folder.ModelFile);
        var newest = folder.Checkpoints.Latest()!.Value.Folder;
        Flip(Path.Combine(newest, file));

        var error = Assert.Throws<InvalidDataException>(() => Run(recipe, folder));

        Assert.Equal($"{newest}: the checkpoint is damaged, {file} has not the checksum of SHA256SUMS; checkpoint-0000002 is whole: remove {newest} to go on from there", error.Message);
        Directory.Delete(newest, recursive: true);
        Run(recipe, folder);
        Assert.Equal(final, File.ReadAllBytes(folder.ModelFile));

        foreach (var checkpoint in Directory.GetDirectories(folder.Path, "checkpoint-*"))
        {
            File.Delete(Path.Combine(checkpoint, file));
        }
        Assert.Contains("there is no older one that is whole", Assert.Throws<InvalidDataException>(() => Run(recipe, folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_one_at_a_time_is_at_work_in_a_folder()
    {
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 1);
        using (Folder("one").Lock())
        {
            var error = Assert.Throws<IOException>(() => Run(recipe, Folder("one")));
            Assert.Equal($"{Folder("one").Path}: another process is at work in this folder", error.Message);
        }

        var folder = Folder("one");
        using (folder.Lock())
        {
            // Its own lock does not stand in the way, and outlasts the run.
            Assert.True(Run(recipe, folder).Finished);
            Assert.Throws<IOException>(() => Folder("one").Lock());
        }
        Folder("one").Lock().Dispose();
    }

    [Fact]
    public void A_lock_removes_what_dead_processes_left_and_nothing_else()
    {
        var folder = Folder("left");
        const int Dead = 999_999_999;
        string[] gone = [$".metrics.jsonl.{Dead}-1.tmp", $".model.safetensors.{Environment.ProcessId}-7.tmp", ".metrics.jsonl.1-1.tmp"];
        string[] kept = [".mine.tmp", "metrics.jsonl"];
        Directory.CreateDirectory(Path.Combine(folder.Path, $".checkpoint-0000002.{Dead}-1.tmp"));
        Directory.CreateDirectory(Path.Combine(folder.Path, $".checkpoint-0000001.{Dead}-1.tmp.old"));
        Array.ForEach([.. gone, .. kept], name => File.WriteAllText(Path.Combine(folder.Path, name), ""));

        folder.Lock().Dispose();

        // What was put aside while another was to take its place is back.
        Assert.Equal([.. kept, "checkpoint-0000001", "lock"], Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName).OrderBy(name => Array.IndexOf([.. kept, "checkpoint-0000001", "lock"], name)));
    }

    [Fact]
    public void Another_run_is_refused_by_the_keys_that_differ()
    {
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 1);
        var folder = Folder("run");
        Run(recipe, folder);
        var other = recipe with { Seed = 7, Solver = recipe.Solver with { ClipNorm = 7 }, Augmentation = (SharedGeometryViews)recipe.Augmentation with { Geometry = new GeometryAugmentation([64, 96], 64, 0.5) } };

        Assert.Contains(
            "the folder holds another run: augmentation.geometry.shortEdges is [64], not [64,96]; solver.clipNorm is 5, not 7; seed is 1, not 7; choose", Assert.Throws<RecipeException>(() => Run(other, folder)).Message, StringComparison.Ordinal);
        Assert.EndsWith("budget.iterations is 1, not 2; --extend 2 prolongs it", Assert.Throws<RecipeException>(() => Run(Longer(recipe, 2), folder)).Message, StringComparison.Ordinal);
        // Notes are without effect, and where the data lie is.
        Run(recipe with { Notes = ["mine"], Dataset = recipe.Dataset with { TrainImages = "elsewhere" } }, folder);
        Assert.Equal("elsewhere", folder.ReadRecipe().Dataset.TrainImages);
    }

    [Fact]
    public void Data_that_changed_since_are_noticed()
    {
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 1);
        var folder = Folder("run");
        var data = scenes.Dataset;
        var first = data.Images[0];
        folder.Claim(recipe, new RecipeData(data, data));
        var less = data with { Images = [first with { Annotations = [first.Annotations[0]] }, .. data.Images.Skip(1)] };
        var shifted = data with { Images = [first with { Annotations = [.. first.Annotations.Select(label => label with { Area = label.Area + 1 })] }, .. data.Images.Skip(1)] };
        var renamed = data with { Categories = [data.Categories[0], new Category(2, "box")] };

        Assert.StartsWith($"{recipe.Dataset.TrainAnnotations}: 6 images with 11 objects are not what the run began with, 6 with 12;", Refused(less, data), StringComparison.Ordinal);
        Assert.StartsWith($"{recipe.Dataset.TrainAnnotations}: the labels are not those that the run began with;", Refused(shifted, data), StringComparison.Ordinal);
        Assert.StartsWith(recipe.Dataset.ValidationAnnotations, Refused(data, less), StringComparison.Ordinal);
        Assert.Contains("other categories: disc (1), square (2); the data have disc (1), box (2)", Refused(renamed, data), StringComparison.Ordinal);
        var moved = Directory.CreateDirectory(Path.Combine(scenes.Path, "moved")).FullName;
        var copied = data with { Name = "moved", Images = [.. data.Images.Select(image => image with { FileName = Copy(image.FileName, moved) })] };
        folder.Claim(recipe, new RecipeData(copied, copied));
        Assert.Contains("the run began with an evaluation", Refused(data, null), StringComparison.Ordinal);
        File.AppendAllText(first.FileName, " ");
        Assert.StartsWith($"{recipe.Dataset.TrainImages}: the pictures are not those", Refused(data, data), StringComparison.Ordinal);

        string Refused(InstanceDataset training, InstanceDataset? validation) =>
            Assert.Throws<RecipeException>(() => folder.Claim(recipe, new RecipeData(training, validation))).Message;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_extended_run_ends_like_one_of_the_full_length(bool isFinished)
    {
        var recipe = Recipe(Recipes.ShapesBoxTeacher, iterations: 2);
        recipe = recipe with { Solver = recipe.Solver with { Schedule = new MultiStepSchedule(new LearningRateWarmUp(2, 0.1), [3], 0.1) } };
        var (whole, parts) = (Folder("whole"), Folder("parts"));
        Run(Longer(recipe, 4), whole);
        using (var stop = new CancellationTokenSource())
        {
            Run(recipe, parts, happened => Stop(happened, at: isFinished ? 2 : 1, stop), cancellation: stop.Token);
        }

        parts.Extend(Longer(recipe, 4), new RecipeData(scenes.Dataset, null));
        Run(Longer(recipe, 4), parts);

        Assert.Equal(File.ReadAllBytes(whole.ModelFile), File.ReadAllBytes(parts.ModelFile));
        Assert.Equal(History(whole), History(parts));
        // The weights of the shorter run are still there.
        Assert.Equal(isFinished, File.Exists(Path.Combine(parts.Path, "model-0000002.safetensors")));
    }

    [Fact]
    public void Only_the_length_of_a_run_can_be_extended()
    {
        var recipe = Recipe(Recipes.ShapesBoxInst, iterations: 2);
        var folder = Folder("run");
        folder.Claim(recipe, new RecipeData(scenes.Dataset, null));

        Assert.Contains("the run has 2 already", Refused(Longer(recipe, 1)), StringComparison.Ordinal);
        Assert.Contains("seed is 1, not 3", Refused(Longer(recipe, 4) with { Seed = 3 }), StringComparison.Ordinal);
        Assert.Equal(2, folder.ReadRecipe().Budget.Iterations);

        var staged = recipe with { Method = new StagedRecipe([new StageRecipe(0, recipe.Method), new StageRecipe(0.5, recipe.Method)]) };
        folder = Folder("staged");
        folder.Claim(staged, new RecipeData(scenes.Dataset, null));
        Assert.Contains("shares of its length", Refused(Longer(staged, 4)), StringComparison.Ordinal);

        string Refused(Recipe other) => Assert.Throws<RecipeException>(() => folder.Extend(other, new RecipeData(scenes.Dataset, null))).Message;
    }

    private static Recipe Recipe(Recipe preset, int iterations) => preset with
    {
        Augmentation = (SharedGeometryViews)preset.Augmentation with { Geometry = new GeometryAugmentation([64], 64, 0.5), TestShortEdge = 64, TestMaxSize = 64 },
        Budget = new BudgetRecipe(iterations, 2, 100, 100),
    };

    private static Recipe Longer(Recipe recipe, int iterations) => recipe with { Budget = recipe.Budget with { Iterations = iterations } };

    private static void Stop(TrainingEvent happened, int at, CancellationTokenSource stop)
    {
        if (happened is StepFinished && happened.Iteration == at)
        {
            stop.Cancel();
        }
    }

    private static void Flip(string file)
    {
        var bytes = File.ReadAllBytes(file);
        bytes[^9] ^= 1;
        File.WriteAllBytes(file, bytes);
    }

    private static string Copy(string file, string folder)
    {
        var copy = Path.Combine(folder, Path.GetFileName(file));
        File.Copy(file, copy);
        return copy;
    }

    private static byte[] Weights(RunFolder folder) => File.ReadAllBytes(Path.Combine(folder.Checkpoints.Latest()!.Value.Folder, "model.safetensors"));

    private static IEnumerable<(int, double, double)> History(RunFolder folder) => MetricsFile.Read(folder.MetricsFile).Select(happened => happened switch
    {
        StepFinished step => (step.Iteration, step.Total, step.LearningRate),
        Evaluated evaluated => (evaluated.Iteration, evaluated["mask AP"], evaluated["box AP"]),
        _ => throw new InvalidDataException(),
    });

    private RunFolder Folder(string name) => new(Path.Combine(scenes.Path, name));

    private TrainingResult Run(
        Recipe recipe, RunFolder folder, Action<TrainingEvent>? listener = null, bool evaluate = false, CancellationToken cancellation = default)
    {
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
        return new TrainingRun(recipe, method, new RecipeData(scenes.Dataset, evaluate ? scenes.Dataset : null), folder).Run(listener, cancellation);
    }
}
