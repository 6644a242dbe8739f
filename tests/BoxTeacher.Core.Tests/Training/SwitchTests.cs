using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Tests.Views;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp;
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
            Augmentation = Recipes.ShapesBoxTeacher.Augmentation with { Geometry = new([64], 64, 0), TestShortEdge = 64, TestMaxSize = 64 },
            Budget = new BudgetRecipe(Steps, 4, Steps, Steps),
        };
        using var method = Build.Method(Base, Scenes.Dataset.Categories.Count);
        using var optimizer = Build.Optimizer(Base.Solver.Optimizer, method.Student);
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            using var batch = Batch(Base);
            method.BeforeStep(step);
            using var total = method.Step(batch, step).Total();
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
    public BoxTeacher.Data.TrainingBatch Batch(Recipe recipe) => Build.Loader(recipe, Scenes.Dataset).Batches(0, CancellationToken.None).First();

    /// <summary>The method of a recipe, its student the learned one and its teacher the earlier one.</summary>
    public ITeachingMethod Method(Recipe recipe)
    {
        var method = Build.Method(recipe, Scenes.Dataset.Categories.Count);
        method.Student.load_state_dict(Later);
        method.Teacher?.load_state_dict(Earlier);
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

    private static Dictionary<string, Tensor> Copy(CondInst network) =>
        network.state_dict().ToDictionary(entry => entry.Key, entry => entry.Value.detach().clone().DetachFromDisposeScope());
}

/// <summary>Every switch of the published code, and what this code adds to them, can be set in a recipe and does something.</summary>
public sealed class SwitchTests(LearnedNetworks networks) : IClassFixture<LearnedNetworks>
{
    private const int Iteration = 5;

    [Theory]
    [InlineData("teaching.pseudoMasks.maskWeight", "1", "loss_mask")]
    [InlineData("teaching.pseudoMasks.affinityWeight", "0.2", "loss_mask_affinity")]
    [InlineData("teaching.pseudoMasks.affinityThreshold", "0.9", "loss_mask_affinity")]
    [InlineData("teaching.pseudoMasks.affinityThreshold", "null", "loss_mask_affinity")]
    [InlineData("teaching.pseudoMasks.averageWeight", "0.1", "loss_avg")]
    [InlineData("teaching.pseudoMasks.iouThreshold", "0.9", "loss_mask")]
    [InlineData("teaching.pseudoMasks.scoreThreshold", "0.97", "loss_mask")]
    [InlineData("teaching.pseudoMasks.maskThreshold", "0.7", "loss_mask")]
    [InlineData("teaching.pseudoMasks.maskThreshold", "null", "loss_mask")]
    [InlineData("teaching.pseudoMasks.confidence", "paper", "loss_mask")]
    [InlineData("teaching.pseudoMasks.confidence", "off", "loss_mask")]
    [InlineData("teaching.pseudoMasks.normalizer", "confidence", "loss_mask")]
    [InlineData("teaching.pseudoMasks.warmUpIterations", "0", "loss_mask")]
    [InlineData("teaching.pairwise.warmUpIterations", "0", "loss_pairwise")]
    [InlineData("teaching.pairwise.colorThreshold", "0.9", "loss_pairwise")]
    [InlineData("teaching.pairwise.dilation", "2", "loss_pairwise")]
    [InlineData("teaching.pairwise.bottomRows", "40", "loss_pairwise")]
    [InlineData("teaching.teacher.mode", "inference", "loss_mask")]
    [InlineData("teaching.teacher.momentumCap", "0.5", "loss_mask")]
    [InlineData("teaching.teacher.momentum", "constant", "loss_mask")]
    [InlineData("teaching.teacher.inputSize", "{\"shortSide\": 96, \"longSide\": 96}", "loss_mask")]
    [InlineData("teaching.maxProposals", "3", "loss_prj")]
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
        var recipe = RecipeJson.Set(RecipeJson.Set(networks.Base, "teaching.teacher.buffers", buffers), "teaching.teacher.momentumCap", "0.5");
        using var method = networks.Method(recipe);

        method.BeforeStep(Iteration);

        var (name, moved) = method.Teacher!.named_buffers().First(buffer => buffer.name.EndsWith("running_mean", StringComparison.Ordinal));
        GoldenAssert.Close(networks.Earlier[name] * (1 - share) + networks.Later[name] * share, moved, 1e-6, 1e-6, name);
    }

    [Theory]
    [InlineData("teacher", Network.Teacher)]
    [InlineData("student", Network.Student)]
    public void Either_network_is_evaluated(string name, Network expected) =>
        Assert.Equal(expected, RecipeJson.Set(networks.Base, "teaching.teacher.evaluate", name).Teaching.Inference);

    [Fact]
    public void The_random_rule_repeats_itself_and_keeps_to_its_number()
    {
        var recipe = RecipeJson.Set(networks.Base, "teaching.maxProposals", "3");

        Assert.Equal(Losses(recipe), Losses(recipe));
        using var scope = NewDisposeScope();
        using var method = networks.Method(recipe);
        using var batch = networks.Batch(recipe);
        Assert.Equal(3, method.Step(batch, Iteration)["loss_prj"].Normalizer.item<float>());
    }

    private Dictionary<string, double> Losses(Recipe recipe)
    {
        using var scope = NewDisposeScope();
        using var method = networks.Method(recipe);
        using var batch = networks.Batch(recipe);
        method.BeforeStep(Iteration);
        return method.Step(batch, Iteration).ToDictionary(loss => loss.Name, loss => (double)loss.Value().item<float>());
    }
}
