using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>A student that has begun to learn, and its weights some steps before: a teacher that differs and finds objects.</summary>
public sealed class LearnedNetworks : IDisposable
{
    private const int Steps = 120, Before = 110;

    public LearnedNetworks()
    {
        Base = Recipes.ShapesBoxTeacher with
        {
            Augmentation = (SharedGeometryViews)Recipes.ShapesBoxTeacher.Augmentation with { Geometry = new([64], 64, 0), TestShortEdge = 64, TestMaxSize = 64 },
            Budget = new BudgetRecipe(Steps, 4, Steps, Steps),
        };
        using var method = Base.BuildMethod(Scenes.Dataset.Categories.Count);
        using var optimizer = Base.Solver.Optimizer.Build(method.Student);
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            var batch = Batch(Base);
            method.BeforeStep(step);
            using var total = method.Losses(batch, At(step)).Total();
            method.Student.zero_grad();
            total.backward();
            optimizer.step();
            if (step == Before)
            {
                Earlier = Copy(method.Student);
            }
        }
        Later = Copy(method.Student);
    }

    internal SceneFolder Scenes { get; } = new(4);

    public Recipe Base { get; }

    public Dictionary<string, Tensor> Earlier { get; } = [];

    public Dictionary<string, Tensor> Later { get; } = [];

    /// <summary>The first batch of a recipe.</summary>
    public Batch Batch(Recipe recipe) => TrainingRun.Batches(recipe, Scenes.Dataset, CPU)(0).First();

    /// <summary>The step of that number, 0-based.</summary>
    public static Step At(long iteration) => Step.Of(iteration, new RandomStream(1));

    /// <summary>The method of a recipe, its student the learned one and its teacher the earlier one.</summary>
    public ITrainingMethod Method(Recipe recipe)
    {
        var method = recipe.BuildMethod(Scenes.Dataset.Categories.Count);
        method.Student.load_state_dict(Later);
        method.Teacher?.Network.load_state_dict(Earlier);
        return method;
    }

    public void Dispose()
    {
        Scenes.Dispose();
        foreach (var tensor in Earlier.Values.Concat(Later.Values))
        {
            tensor.Dispose();
        }
    }

    private static Dictionary<string, Tensor> Copy(Detector network) =>
        network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone().DetachFromDisposeScope());
}

/// <summary>Every switch of the published code, and what this code adds to them, can be set in a recipe and does something.</summary>
public sealed class SwitchTests(LearnedNetworks networks) : IClassFixture<LearnedNetworks>
{
    private const int Iteration = 5;

    [Theory]
    [InlineData("method.pseudoMasks.maskWeight", "1", "loss_mask")]
    [InlineData("method.pseudoMasks.affinityWeight", "0.2", "loss_mask_affinity")]
    [InlineData("method.pseudoMasks.affinityThreshold", "0.9", "loss_mask_affinity")]
    [InlineData("method.pseudoMasks.affinityThreshold", "null", "loss_mask_affinity")]
    [InlineData("method.pseudoMasks.averageWeight", "0.1", "loss_avg")]
    [InlineData("method.pseudoMasks.iouThreshold", "0.9", "loss_mask")]
    [InlineData("method.pseudoMasks.scoreThreshold", "0.97", "loss_mask")]
    [InlineData("method.pseudoMasks.maskThreshold", "0.7", "loss_mask")]
    [InlineData("method.pseudoMasks.maskThreshold", "null", "loss_mask")]
    [InlineData("method.pseudoMasks.confidence", "paper", "loss_mask")]
    [InlineData("method.pseudoMasks.confidence", "off", "loss_mask")]
    [InlineData("method.pseudoMasks.normalizer", "confidence", "loss_mask")]
    [InlineData("method.pseudoMasks.warmUpIterations", "0", "loss_mask")]
    [InlineData("method.pairwise.warmUpIterations", "0", "loss_pairwise")]
    [InlineData("method.pairwise.colorThreshold", "0.9", "loss_pairwise")]
    [InlineData("method.pairwise.dilation", "2", "loss_pairwise")]
    [InlineData("method.pairwise.bottomRows", "40", "loss_pairwise")]
    [InlineData("method.teacher.mode", "inference", "loss_mask")]
    [InlineData("method.teacher.momentumCap", "0.5", "loss_mask")]
    [InlineData("method.teacher.momentum", "constant", "loss_mask")]
    [InlineData("method.teacher.inputSize", "{\"shortSide\": 96, \"longSide\": 96}", "loss_mask")]
    [InlineData("detector.maxProposals", "3", "loss_prj")]
    [InlineData("augmentation.strong", "null", "loss_fcos_cls")]
    [InlineData("augmentation.strong.jitter.brightness", "0.9", "loss_fcos_cls")]
    public void A_switch_changes_its_loss(string key, string value, string term)
    {
        var plain = Losses(networks.Base);
        var switched = Losses(RecipeJson.Set(networks.Base, key, value));

        Assert.NotEqual(0, plain["loss_mask"]);
        Assert.NotEqual(plain.GetValueOrDefault(term), switched[term]);
    }

    [Theory]
    [InlineData("own", 0)]
    [InlineData("copied", 1)]
    [InlineData("averaged", 0.5)]
    public void Buffers_follow_as_they_are_told(string buffers, double share)
    {
        using var scope = NewDisposeScope();
        var recipe = RecipeJson.Set(RecipeJson.Set(networks.Base, "method.teacher.buffers", buffers), "method.teacher.momentumCap", "0.5");
        using var method = networks.Method(recipe);

        method.BeforeStep(Iteration);

        var (name, moved) = method.Teacher!.Network.named_buffers().First(buffer => buffer.name.EndsWith("running_mean", StringComparison.Ordinal));
        GoldenAssert.Close(networks.Earlier[name] * (1 - share) + networks.Later[name] * share, moved, 1e-6, 1e-6, name);
    }

    [Theory]
    [InlineData("teacher", Network.Teacher)]
    [InlineData("student", Network.Student)]
    public void Either_network_is_evaluated(string name, Network expected) =>
        Assert.Equal(expected, RecipeJson.Set(networks.Base, "method.teacher.evaluate", name).Method.Evaluated);

    [Fact]
    public void The_random_rule_repeats_itself_and_keeps_to_its_number()
    {
        var recipe = RecipeJson.Set(networks.Base, "detector.maxProposals", "3");

        Assert.Equal(Losses(recipe), Losses(recipe));
        using var scope = NewDisposeScope();
        using var method = networks.Method(recipe);
        var batch = networks.Batch(recipe);
        Assert.Equal(3, method.Losses(batch, LearnedNetworks.At(Iteration))["loss_prj"].Normalizer.item<float>());
    }

    private Dictionary<string, double> Losses(Recipe recipe)
    {
        using var scope = NewDisposeScope();
        using var method = networks.Method(recipe);
        var batch = networks.Batch(recipe);
        method.BeforeStep(Iteration);
        return method.Losses(batch, LearnedNetworks.At(Iteration)).ToDictionary(loss => loss.Name, loss => (double)loss.Value().item<float>());
    }
}
