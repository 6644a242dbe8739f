using BoxTeacher.Augmentation;
using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>What the published configurations say, in their recipes and in the JSON that these are written as.</summary>
public class PublishedRecipeTests
{
    private static Recipe Read(string name) => RecipeJson.Parse(RecipeJson.Write(Recipes.Find("coco-" + name)!));

    [Theory]
    [InlineData("boxteacher_r50_1x", 34_259_731, 34_037_331)]
    [InlineData("boxteacher_r101_3x", 53_199_635, 52_977_235)]
    [InlineData("boxteacher_r101_dcn_3x", 55_128_893, 54_906_493)]
    [InlineData("boxteacher_swin_base_3x", 97_090_827, 96_554_307)]
    [InlineData("boxinst_r50_1x", 34_259_731, 34_037_331)]
    [InlineData("condinst_r50_1x", 34_111_179, 33_888_779)]
    public void Networks_have_the_published_size(string name, long parameters, long learning)
    {
        using var detector = Read(name).BuildDetector(classes: 80);

        Assert.Equal(parameters, detector.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal(learning, detector.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel()));
    }

    [GoldenFact("boxteacher/k1_r50_full.json")]
    public void The_network_of_r50_has_the_published_names_and_shapes()
    {
        using var scope = NewDisposeScope();
        var attributes = GoldenCase.Load("boxteacher/k1_r50_full").Instances.Single().Attributes;
        Assert.Equal("coco/boxteacher_r50_1x.yaml", attributes.GetProperty("config_file").GetString());
        using var detector = Read("boxteacher_r50_1x").BuildDetector(classes: 80);
        var state = detector.state_dict();
        foreach (var entry in attributes.GetProperty("weights").EnumerateArray())
        {
            Assert.Equal(entry[1].EnumerateArray().Select(side => side.GetInt64()), state[entry[0].GetString()!].shape);
        }

        string[] frozen = [.. attributes.GetProperty("frozen_parameters").EnumerateArray().Select(name => name.GetString()!)];
        Assert.Equal(frozen.Order(), detector.named_parameters().Where(entry => !entry.parameter.requires_grad).Select(entry => entry.name).Order());
    }

    [Theory]
    [InlineData("boxteacher_r50_1x", 90_000, 60_000, 80_000, false)]
    [InlineData("boxteacher_r50_3x", 270_000, 210_000, 250_000, true)]
    [InlineData("boxteacher_r101_3x", 270_000, 210_000, 250_000, true)]
    [InlineData("boxteacher_r101_dcn_3x", 270_000, 210_000, 250_000, true)]
    [InlineData("boxteacher_swin_base_3x", 270_000, 210_000, 250_000, true)]
    public void Schedules_and_augmentations_are_the_published_ones(string name, int iterations, int first, int second, bool blurred)
    {
        var recipe = Read(name);

        Assert.Equal(iterations, recipe.Budget.Iterations);
        Assert.Equal(16, recipe.Budget.BatchSize);
        Assert.Equal([first, second], Assert.IsType<MultiStepSchedule>(recipe.Solver.Schedule).Steps);
        Assert.Equal(0.001, recipe.Solver.Schedule.Factor(0, iterations));
        Assert.Equal(0.5005, recipe.Solver.Schedule.Factor(500, iterations), 9);
        Assert.Equal(1, recipe.Solver.Schedule.Factor(1000, iterations));
        Assert.Equal(0.1, recipe.Solver.Schedule.Factor(first, iterations), 12);
        Assert.Equal(0.01, recipe.Solver.Schedule.Factor(second, iterations), 12);
        Assert.Null(recipe.Solver.ClipNorm);
        Assert.Equal(
            name.Contains("swin", StringComparison.Ordinal) ? new AdamWRecipe(1e-4, 0.05) : new SgdRecipe(0.01, 1e-4, 0.9), recipe.Solver.Optimizer);
        Assert.Equal([640, 672, 704, 736, 768, 800], ((SharedGeometryViews)recipe.Augmentation).Geometry.ShortEdges);
        Assert.Equal((1333, 0.5), (((SharedGeometryViews)recipe.Augmentation).Geometry.MaxSize, ((SharedGeometryViews)recipe.Augmentation).Geometry.FlipProbability));
        Assert.Equal((800, 1333), (recipe.Augmentation.TestShortEdge, recipe.Augmentation.TestMaxSize));
        Assert.Equal(blurred ? ColorAugmentation.StrongV2 : ColorAugmentation.Strong, ((SharedGeometryViews)recipe.Augmentation).Strong);
        Assert.True(recipe.Dataset.GroupByAspect);
        var detector = Assert.IsType<PublishedCondInst>(recipe.Detector);
        Assert.Equal((16, 64), (detector.MaskFeatures, detector.InstancesPerImage));
        Assert.Equal(RecipeValues(PixelNormalization.CaffeBgr), RecipeValues(detector.Pixels));
        Assert.Null(recipe.Notes);
    }

    private static (ChannelOrder, string) RecipeValues(PixelNormalization pixels) => (pixels.Order, string.Join(' ', pixels.Mean.Concat(pixels.Std)));

    [Fact]
    public void The_number_of_mask_instances_is_the_recipes()
    {
        using var scope = NewDisposeScope();
        var recipe = Read("boxteacher_r50_1x").With(recipe => ((CondInstRecipe)recipe.Detector).InstancesPerImage, 5);
        using var detector = (MaskDetector)recipe.BuildDetector(classes: 2);
        var truth = new Instances(tensor(new float[] { 4, 4, 60, 60, 30, 30, 90, 90 }, [2, 4]), zeros(2, int64));
        ImageSize[] sizes = [new(96, 96)];
        var view = new View(new ImageBatch(rand(1, 3, 96, 96), sizes), [Homography.Identity], sizes, [truth]);
        Assert.Equal(4, detector.Learn(view, new Step(0, new RandomStream(1))).Masks.Count);
    }

    [Fact]
    public void Values_that_are_not_published_are_named()
    {
        Assert.All(VocRecipes.All.Concat(CityscapesRecipes.All), recipe => Assert.NotEmpty(recipe.Notes!));
        Assert.DoesNotContain(VocRecipes.BoxInstR50.Notes!, note => note.Contains("ours", StringComparison.Ordinal));
        Assert.All(
            VocRecipes.All.Except([VocRecipes.BoxInstR50]).Concat(CityscapesRecipes.All),
            recipe => Assert.Contains(recipe.Notes!, note => note.StartsWith("budget, solver", StringComparison.Ordinal)));
    }
}
