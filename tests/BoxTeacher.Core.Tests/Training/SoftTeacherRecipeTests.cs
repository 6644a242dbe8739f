using BoxTeacher.Augmentation;
using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>What the published configurations of Soft Teacher say, and what its parts must return.</summary>
public sealed class SoftTeacherRecipeTests
{
    [Theory]
    [InlineData("softteacher_r50_10p_fold1", 180_000, 40, 120_000, 160_000, 4)]
    [InlineData("softteacher_r50_1p_fold5", 180_000, 40, 120_000, 160_000, 4)]
    [InlineData("softteacher-mmdet3_r50_2p_fold1", 180_000, 40, 120_000, 160_000, 4)]
    [InlineData("softteacher_r50_full_720k", 720_000, 64, 480_000, 640_000, 2)]
    [InlineData("softteacher_r50_full_1440k", 1_440_000, 64, 960_000, 1_280_000, 2)]
    [InlineData("softteacher_r101_full_1080k", 1_080_000, 64, 720_000, 960_000, 2)]
    public void Schedules_are_the_published_ones(string name, int iterations, int images, int first, int second, double weight)
    {
        var recipe = RecipeJson.Parse(RecipeJson.Write(Recipes.Find("coco-" + name)!));
        Assert.Empty(recipe.Problems());
        Assert.Equal((iterations, images), (recipe.Budget.Iterations, recipe.Budget.BatchSize));
        Assert.Equal([first, second], Assert.IsType<MultiStepSchedule>(recipe.Solver.Schedule).Steps);
        Assert.Equal(0.001, recipe.Solver.Schedule.Factor(0, iterations));
        Assert.Equal(1, recipe.Solver.Schedule.Factor(500, iterations));
        Assert.Equal(new SgdRecipe(0.01, 1e-4, 0.9), recipe.Solver.Optimizer);
        var method = Assert.IsType<SoftTeacherRecipe>(recipe.Method);
        Assert.Equal(weight, method.Unlabelled.Weight);
        Assert.Equal((0.5, 0.9, 0.9, 0.02), (method.PseudoBoxes.InitialScore, method.PseudoBoxes.RpnScore, method.PseudoBoxes.ClassScore, method.PseudoBoxes.MaxDeviation));
        Assert.Equal((10, 0.06), (method.PseudoBoxes.JitterTimes, method.PseudoBoxes.JitterScale));
    }

    [Theory]
    [InlineData("faster-rcnn_r50_5p_fold1", 180_000, 8, 0.01)]
    [InlineData("faster-rcnn_r50_full_720k", 720_000, 16, 0.02)]
    public void Baselines_have_their_own_batches(string name, int iterations, int images, double rate)
    {
        var recipe = Recipes.Find("coco-" + name)!;
        Assert.Empty(recipe.Problems());
        Assert.Equal((iterations, images, rate), (recipe.Budget.Iterations, recipe.Budget.BatchSize, recipe.Solver.Optimizer.LearningRate));
        Assert.Null(recipe.Dataset.Unlabelled);
    }

    [Fact]
    public void The_two_tellings_differ_where_they_are_known_to()
    {
        var (authors, mmDetection) = (SoftTeacherRecipes.Partial(10, 2), SoftTeacherRecipes.PartialMmDetection3(10, 2));
        Assert.IsType<RandomComposition>(authors.Dataset.Unlabelled!.Composition);
        Assert.IsType<FixedComposition>(mmDetection.Dataset.Unlabelled!.Composition);
        Assert.Contains("2@10", authors.Dataset.TrainAnnotations, StringComparison.Ordinal);
        Assert.Equal((Network.Student, Network.Teacher), (authors.Method.Evaluated, mmDetection.Method.Evaluated));
        Assert.NotEqual(authors.Augmentation, mmDetection.Augmentation);
    }

    [Fact]
    public void Unbiased_teacher_burns_in_and_then_teaches_classes_alone()
    {
        var recipe = SoftTeacherRecipes.PartialUnbiasedTeacher(1, 1);
        Assert.Empty(recipe.Problems());
        var stages = ((StagedRecipe)recipe.Method).Stages;
        Assert.Equal(2_000, stages[1].Start * recipe.Budget.Iterations, 6);
        var settings = ((SoftTeacherRecipe)stages[1].Method).Settings(new SoftTeacherParts());
        Assert.Null(settings.Boxes);
        Assert.Equal(0, settings.Factors["loss_rpn_bbox"]);
        Assert.Same(Reliability.None, settings.Reliability);
    }

    [Theory]
    [InlineData("augmentation.cutOut.mostPatches", "2147483647")]
    [InlineData("augmentation.resize.maxShortEdge", "2147483647")]
    [InlineData("augmentation.padding.divisor", "2147483647")]
    [InlineData("detector.focalGamma", "1e400")]
    public void Values_beyond_all_reason_are_refused(string key, string value) => Assert.StartsWith(
        $"{key}={value}: {key}: ",
        Assert.Throws<RecipeException>(() => RecipeJson.Set(SoftTeacherRecipes.Partial(10, 1), key, value)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Values_that_do_not_go_together_are_named()
    {
        var method = SoftTeacherRecipes.Method;
        Assert.Contains("pseudoBoxes.jitterTimes", Problem(method with { PseudoBoxes = method.PseudoBoxes with { JitterTimes = 0 } }), StringComparison.Ordinal);
        Assert.Contains("pseudoBoxes.jitterScale", Problem(method with { PseudoBoxes = method.PseudoBoxes with { JitterScale = 1e9 } }), StringComparison.Ordinal);
        Assert.Contains("pseudoBoxes.boxScore", Problem(method with { PseudoBoxes = method.PseudoBoxes with { BoxScore = 1.9 } }), StringComparison.Ordinal);
        Assert.Contains("pseudoBoxes.rpnScore", Problem(method with { PseudoBoxes = method.PseudoBoxes with { RpnScore = 0.4 } }), StringComparison.Ordinal);
        Assert.Contains("teacher.interval", Problem(method with { Teacher = method.Teacher with { Interval = 0 } }), StringComparison.Ordinal);
        Assert.Contains("unlabelled.weight", Problem(method with { Unlabelled = method.Unlabelled with { Weight = -1 } }), StringComparison.Ordinal);

        static string Problem(SoftTeacherRecipe recipe) => Assert.Single(recipe.Problems());
    }

    [Fact]
    public void A_method_that_does_not_go_with_the_detector_is_refused_by_key()
    {
        var recipe = Recipes.ShapesSoftTeacher;
        var masks = recipe with { Detector = (FasterRcnnRecipe)recipe.Detector with { Masks = true } };
        const string Labels = "sees: is boxes; the losses of this smallFasterRcnn read masks";
        Assert.Equal($"method.{Labels}", Assert.Single(masks.Problems()));
        var staged = new StagedRecipe([new StageRecipe(0, new SupervisedRecipe(Supervision.Boxes)), new StageRecipe(0.5, recipe.Method)]);
        Assert.Equal(
            [$"method.stages.0.method.{Labels}", $"method.stages.1.method.{Labels}"], (masks with { Method = staged }).Problems());
        Assert.Empty((masks with { Method = (SoftTeacherRecipe)recipe.Method with { Sees = Supervision.Masks } }).Problems());

        var sure = recipe with { Detector = (FasterRcnnRecipe)recipe.Detector with { ScoreThreshold = 0.6 } };
        Assert.StartsWith("method.pseudoBoxes.initialScore: 0.5 is below", Assert.Single(sure.Problems()), StringComparison.Ordinal);

        var still = recipe with { Method = SoftTeacherRecipes.Method };
        Assert.Contains("teacher.buffers", Assert.Throws<RecipeException>(() => still.BuildMethod(2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_method_on_another_detector_is_refused()
    {
        var recipe = Recipes.ShapesSoftTeacher with { Detector = Recipes.ShapesBoxInst.Detector };
        Assert.Contains("FasterRcnn", Assert.Throws<RecipeException>(() => recipe.BuildMethod(2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_that_return_something_else_are_refused_by_name()
    {
        Assert.Contains("one number per box, [3]", Refusal(new(Reliability: scores => scores.Teacher)), StringComparison.Ordinal);
        Assert.Contains("reliabilities must be in [0, 1]", Refusal(new(Reliability: scores => scores.Overlap * 9)), StringComparison.Ordinal);
        Assert.Contains("part Reliability returned values in [NaN", Refusal(new(Reliability: scores => scores.Overlap * double.NaN)), StringComparison.Ordinal);
        Assert.Contains("part ClassFilter returned", Refusal(new(ClassFilter: labels => labels.Scores)), StringComparison.Ordinal);
        Assert.Contains("int64 in 0..2", Refusal(new(BoxFilter: _ => tensor(new long[] { 5 }))), StringComparison.Ordinal);
        Assert.Contains("one deviation per box and edge, [3, 4]", Refusal(new(Variance: (refined, _) => refined.std())), StringComparison.Ordinal);
        Assert.Contains("deviations must not be negative", Refusal(new(Variance: (refined, _) => refined.mean([0]) * double.NaN)), StringComparison.Ordinal);
        Assert.Contains("both must be single numbers", Refusal(new(ClassLoss: samples => new("loss_cls", samples.Losses, samples.Weights))), StringComparison.Ordinal);
        Assert.Contains("momenta must be in [0, 1]", Refusal(new(Momentum: _ => 2)), StringComparison.Ordinal);

        static string Refusal(SoftTeacherParts parts)
        {
            using var scope = NewDisposeScope();
            return Assert.Throws<PartException>(() => parts.Try(CPU)).Message;
        }
    }

    [Fact]
    public void The_baselines_of_table_5_are_settings_of_the_method()
    {
        foreach (var method in (SoftTeacherRecipe[])
        [
            SoftTeacherRecipes.EndToEnd,
            SoftTeacherRecipes.EndToEnd with { Teacher = SoftTeacherRecipes.EndToEnd.Teacher with { Momentum = MomentumForm.Constant, MomentumCap = 0 } },
        ])
        {
            var averaged = method with { Teacher = method.Teacher with { Buffers = TeacherBuffers.Averaged } };
            var recipe = SoftTeacherScenes.Small(1) with { Method = averaged };
            Assert.Empty(recipe.Problems());
            using var built = recipe.BuildMethod(2);
            var settings = Assert.IsType<SoftTeacherMethod>(built).Settings;
            Assert.Equal(0, settings.JitterTimes);
            Assert.NotNull(settings.Boxes);
            Assert.IsType<FasterRcnn>(built.Student);
        }
    }
}
