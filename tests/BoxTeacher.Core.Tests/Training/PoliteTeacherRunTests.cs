using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>Runs of Polite Teacher: in stages, interrupted, and with state of its own.</summary>
public sealed class PoliteTeacherRunTests : IDisposable
{
    private readonly SceneFolder scenes = new(6);

    public void Dispose() => scenes.Dispose();

    [Theory]
    [InlineData("equalized", 2)]
    [InlineData("equalized", 3)]
    [InlineData("equalized", 4)]
    [InlineData("published", 3)]
    [InlineData("all switches", 4)]
    [InlineData("norms decay by themselves", 4)]
    public void A_run_interrupted_around_the_border_of_its_stages_ends_with_the_same_bits(string kind, int interrupted)
    {
        var recipe = PoliteTeacherScenes.Staged(6, kind switch
        {
            "equalized" => PoliteTeacherScenes.Equalized,
            "all switches" => PoliteTeacherScenes.OtherMethod,
            _ => PoliteTeacherScenes.Method,
        });
        if (kind == "norms decay by themselves")
        {
            recipe = recipe with { Solver = recipe.Solver with { Optimizer = new SgdRecipe(0.005, 1e-4, 0.9, NormWeightDecay: 0) } };
        }

        var (whole, parts) = (Folder("whole"), Folder("parts"));
        var (straight, resumed) = (new List<StepFinished>(), new List<StepFinished>());
        Run(recipe, whole, straight);
        var first = Run(recipe, parts, resumed, interrupted);
        Assert.Equal((interrupted, false), (first.Iteration, first.Finished));
        Assert.True(Run(recipe, parts, resumed).Finished);

        Assert.Equal(straight.Select(step => step.Total), resumed.Select(step => step.Total));
        Assert.All(straight, step => Assert.Equal(
            step.Iteration > 3, step.Losses.ContainsKey("loss_mask_pseudo")));
        Assert.Contains(straight, step => step.Losses.GetValueOrDefault("loss_maskiou_pseudo") > 0);
        Assert.Equal(File.ReadAllBytes(whole.ModelFile), File.ReadAllBytes(parts.ModelFile));
    }

    [Fact]
    public void A_step_that_fails_leaves_the_means_of_the_last_good_one()
    {
        var recipe = PoliteTeacherScenes.Mutual(4) with { Method = PoliteTeacherScenes.Equalized };
        var (whole, broken) = (Folder("whole"), Folder("broken"));
        Run(recipe, whole, []);
        var steps = new List<StepFinished>();
        var own = PseudoLabelFilters.Score(PoliteTeacherScenes.Equalized.PseudoLabels.Score);
        // Later than the teacher's move and the student's forward pass on labelled images.
        var parts = new PoliteTeacherParts(BoxFilter: labels => steps.Count == 2 ? throw new TimeoutException() : own(labels));

        Assert.Throws<TimeoutException>(() => Run(recipe, broken, steps, parts: parts));
        Assert.Equal(2, broken.Checkpoints.Latest()?.Iteration);
        Assert.True(Run(recipe, broken, steps).Finished);

        Assert.Equal(4, steps.Count);
        Assert.Equal(File.ReadAllBytes(whole.ModelFile), File.ReadAllBytes(broken.ModelFile));
    }

    [Fact]
    public void Means_that_are_undone_are_those_from_before()
    {
        using var scope = NewDisposeScope();
        using var method = (PoliteTeacherMethod)(PoliteTeacherScenes.Mutual(4) with { Method = PoliteTeacherScenes.Equalized }).BuildMethod(2);
        using var undo = new StepUndo(method);
        method.State["losses"].fill_(0.25);
        undo.Keep(1);
        method.State["losses"].fill_(7);

        Assert.True(undo.TakeBack());

        Assert.All(HostValues.Floats(method.State["losses"]), mean => Assert.Equal(0.25f, mean));
    }

    [Fact]
    public void A_checkpoint_without_the_methods_state_is_refused_by_name_and_so_is_one_with_another()
    {
        using var scope = NewDisposeScope();
        using var plain = PoliteTeacherScenes.Staged(4, PoliteTeacherScenes.Method).BuildMethod(2);
        using var equalized = PoliteTeacherScenes.Staged(4, PoliteTeacherScenes.Equalized).BuildMethod(2);
        var (without, with) = (Path.Combine(scenes.Path, "without.safetensors"), Path.Combine(scenes.Path, "with.safetensors"));
        ModelFile.Write(without, plain);
        equalized.State["1.losses"].fill_(0.5);
        ModelFile.Write(with, equalized);

        Assert.Contains(
            "1 tensors are missing, the first is method.1.losses", Assert.Throws<InvalidDataException>(() => ModelFile.Read(without, equalized)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "1 tensors are not of this model, the first is method.1.losses", Assert.Throws<InvalidDataException>(() => ModelFile.Read(with, plain)).Message,
            StringComparison.Ordinal);
        equalized.State["1.losses"].fill_(-1);
        ModelFile.Read(with, equalized);
        Assert.All(HostValues.Floats(equalized.State["1.losses"]), mean => Assert.Equal(0.5f, mean));

        // Either network alone does not ask for it, nor does a run that begins with the student.
        using var network = PoliteTeacherScenes.Detector.Build(2);
        ModelFile.Read(with, Network.Teacher, network);
        Assert.Empty(ModelFile.LoadPretrained(with, network).Unexpected);
    }

    [Fact]
    public void Thirty_steps_in_stages_leave_no_tensors_behind()
    {
        var counts = new List<long>();
        Run(PoliteTeacherScenes.Staged(30, PoliteTeacherScenes.OtherMethod), Folder("flat"), [], listener: happened =>
        {
            if (happened is StepFinished)
            {
                counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
            }
        });

        Assert.Equal(30, counts.Count);
        // Gradients and the optimizer's state come with the first step.
        Assert.True(counts[14] <= counts[3], $"live tensors after each step: {string.Join(' ', counts)}");
        Assert.True(counts[^1] <= counts[18], $"live tensors after each step: {string.Join(' ', counts)}");
    }

    private RunFolder Folder(string name) => new(Path.Combine(scenes.Path, name));

    private TrainingResult Run(
        Recipe recipe, RunFolder folder, List<StepFinished> steps, int interrupted = int.MaxValue, MethodParts? parts = null,
        Action<TrainingEvent>? listener = null)
    {
        // The parts are not on the recipe's record: the run is that of the recipe.
        using var method = recipe.Method.Build(new BuildContext(recipe, scenes.Dataset.Categories.Count), parts);
        using var stop = new CancellationTokenSource();
        return new TrainingRun(recipe, method, new RecipeData(scenes.Dataset, null, scenes.Dataset), folder).Run(
            happened =>
            {
                listener?.Invoke(happened);
                if (happened is StepFinished step)
                {
                    steps.Add(step);
                    if (step.Iteration == interrupted)
                    {
                        stop.Cancel();
                    }
                }
            },
            stop.Token);
    }
}
