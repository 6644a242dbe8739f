using System.Text.RegularExpressions;
using BoxTeacher.Augmentation;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Teaching;

/// <summary>The methods teach a detector that they do not know, and the program's own runs train it.</summary>
public sealed class AnotherDetectorTests : IDisposable
{
    private const int Steps = 150;
    private readonly SceneFolder scenes = new(4);

    public void Dispose() => scenes.Dispose();

    [Fact]
    public void A_grid_detector_learns_masks_from_boxes()
    {
        using var scope = NewDisposeScope();
        var history = new List<StepFinished>();
        using var method = (BoxTeacherMethod)Recipe.BuildMethod(scenes.Dataset.Categories.Count);

        var result = Train(Recipe, method, "run", happened => history.AddRange(happened is StepFinished step ? [step] : []));

        var (first, last) = (history[0].Losses, history[^1].Losses);
        Assert.True(last["loss_prj"] < 0.5 * first["loss_prj"], $"projection loss {first["loss_prj"]} -> {last["loss_prj"]}");
        Assert.True(last["loss_mask"] > 0 && last["loss_mask_affinity"] > 0);
        // Nobody has shown it a mask, yet its pseudo masks are the objects.
        var overlaps = Overlaps(method);
        Assert.True(overlaps.Average() > 0.6, $"overlaps with the true masks: {string.Join(' ', overlaps)}");
        Assert.Equal((Steps, Network.Teacher), (result.Last!.Iteration, result.Last.Network));
        Assert.True(result.Last["mask AP50"] > 0.4 && result.Last["box AP50"] > 0.6, string.Join(' ', result.Last.Metrics));
    }

    [Fact]
    public void Its_resumed_run_ends_with_the_same_bits()
    {
        var recipe = Recipe with { Budget = new BudgetRecipe(5, 2, 100, 100) };
        var (straight, resumed) = (new List<double>(), new List<double>());
        Run("whole", straight, default);
        using (var stop = new CancellationTokenSource())
        {
            Assert.False(Run("parts", resumed, stop.Token, after3: stop.Cancel).Finished);
        }

        Assert.True(Run("parts", resumed, default).Finished);

        Assert.Equal(5, straight.Count);
        Assert.Equal(straight, resumed);
        Assert.Equal(File.ReadAllBytes(Folder("whole").ModelFile), File.ReadAllBytes(Folder("parts").ModelFile));

        TrainingResult Run(string name, List<double> losses, CancellationToken cancellation, Action? after3 = null)
        {
            using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);
            return Train(recipe, method, name, happened =>
            {
                if (happened is StepFinished step)
                {
                    losses.Add(step.Total);
                    if (step.Iteration == 3)
                    {
                        after3?.Invoke();
                    }
                }
            }, cancellation);
        }
    }

    [Theory]
    [InlineData("boxTeacher")]
    [InlineData("boxInst")]
    [InlineData("supervised")]
    public void Every_method_takes_it(string kind)
    {
        var recipe = Recipe with
        {
            Method = kind switch
            {
                "boxTeacher" => Recipe.Method,
                "boxInst" => Recipes.ShapesBoxInst.Method,
                _ => Recipes.ShapesCondInst.Method,
            },
            Budget = new BudgetRecipe(1, 4, 100, 100),
        };
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);

        var result = Train(recipe, method, kind);

        Assert.True(result.Finished);
        Assert.NotNull(result.Evaluation!.Mask);
    }

    [Fact]
    public void Its_recipe_is_read_back_from_its_text()
    {
        var text = RecipeJson.Write(Recipe);

        var read = RecipeJson.Parse(text);

        Assert.Matches("\"detector\": {\\s+\"kind\": \"grid\"", text);
        Assert.Equal(text, RecipeJson.Write(read));
        Assert.IsType<GridRecipe>(read.Detector);
        Assert.Equal("pretrained.pth", RecipeJson.Set(Recipe, "detector.weights", "pretrained.pth").Detector.Weights);
    }

    [Fact]
    public void A_step_is_the_sum_of_its_parts()
    {
        using var scope = NewDisposeScope();
        using var method = (BoxTeacherMethod)Recipe.BuildMethod(scenes.Dataset.Categories.Count);
        var batch = TrainingRun.Batches(Recipe, scenes.Dataset, CPU)(0).First();
        var step = Step.Of(0, new RandomStream(1));
        ((ITrainingMethod)method).BeforeStep(0);

        var (whole, parts) = (method.Losses(batch, step), Losses(method, batch, step));

        Assert.Equal(whole.Select(Value), parts.Select(Value));

        static (string Name, float Value) Value(LossTerm loss) => (loss.Name, loss.Value().item<float>());
    }

    [Fact]
    public void The_page_shows_what_is_run_here()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Folder, "docs", "another-detector.md"));
        var folder = Path.Combine(Repository.Folder, "tests", "BoxTeacher.Core.Tests", "Teaching");
        var shown = 0;
        foreach (var file in (string[])["GridDetector.cs", "AnotherDetectorTests.cs"])
        {
            var source = File.ReadAllText(Path.Combine(folder, file));
            foreach (Match part in Regex.Matches(source, @"^( *)// begin: (\w+)\n(.*?)\n\1// end: \2$", RegexOptions.Multiline | RegexOptions.Singleline))
            {
                var indent = part.Groups[1].Length;
                var lines = part.Groups[3].Value.TrimEnd().Split('\n').Select(line => line.Length > indent ? line[indent..] : "");
                Assert.Contains(string.Join('\n', lines), page, StringComparison.Ordinal);
                shown++;
            }
        }

        Assert.Equal(6, shown);
    }

    // begin: run
    private static Recipe Recipe { get; } = Recipes.ShapesBoxTeacher with
    {
        Name = "grid-boxteacher",
        Detector = new GridRecipe(PixelNormalization.CaffeBgrUnitScale),
        Method = new BoxTeacherRecipe(
            new PairwiseRecipe(Dilation: 1, ColorThreshold: 0.3, WarmUpIterations: 20, BottomRows: 0),
            ((BoxTeacherRecipe)Recipes.ShapesBoxTeacher.Method).PseudoMasks with { Assignment = AssignmentForm.OneToOne, WarmUpIterations = 80 },
            ((BoxTeacherRecipe)Recipes.ShapesBoxTeacher.Method).Teacher with { MomentumCap = 0.95 }),
        Augmentation = new SharedGeometryViews(new GeometryAugmentation([64], 64, 0), Strong: null, TestShortEdge: 64, TestMaxSize: 64),
        Budget = new BudgetRecipe(Steps, BatchSize: 4, EvaluateEvery: Steps, CheckpointEvery: Steps),
    };

    private TrainingResult Train(
        Recipe recipe, ITrainingMethod method, string name, Action<TrainingEvent>? listener = null, CancellationToken cancellation = default) =>
        new TrainingRun(recipe, method, new RecipeData(scenes.Dataset, scenes.Dataset), Folder(name)).Run(listener, cancellation);
    // end: run

    // begin: step
    /// <summary>The parts of a step one by one, as <see cref="BoxTeacherMethod.Losses(Batch, Step)"/> puts them together.</summary>
    private static LossTerms Losses(BoxTeacherMethod method, Batch batch, Step step)
    {
        var (weak, strong) = batch.Labelled;
        var grid = method.Grid(weak);
        var labels = method.Label(weak, grid);
        var outputs = ((MaskDetector)method.Student).Learn(strong, step);
        return method.Losses(outputs, grid, labels, step);
    }
    // end: step

    private RunFolder Folder(string name) => new(Path.Combine(scenes.Path, name));

    /// <summary>How far the pseudo masks of each box are its true mask.</summary>
    private List<double> Overlaps(BoxTeacherMethod method)
    {
        var recipe = Recipe with { Method = new SupervisedRecipe(Supervision.Masks) };
        var weak = TrainingRun.Batches(recipe, scenes.Dataset, CPU)(0).First().Labelled.Weak;
        var drawn = method.Label(weak, method.Grid(weak)).Masks > 0.5;
        var truth = MaskTargets.Of(weak, 4) > 0.5;
        Assert.Equal(truth.shape, drawn.shape);
        return [.. HostValues.Floats((truth & drawn).sum([1, 2])).Zip(HostValues.Floats((truth | drawn).sum([1, 2])), (both, either) => (double)both / either)];
    }
}
