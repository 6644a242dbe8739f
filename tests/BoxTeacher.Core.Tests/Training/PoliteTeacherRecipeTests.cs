using BoxTeacher.Augmentation;
using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>What the published configurations of Polite Teacher say, and what is refused.</summary>
public sealed class PoliteTeacherRecipeTests
{
    public static TheoryData<string> Published => new(PoliteTeacherRecipes.All.Select(recipe => recipe.Name));

    private static Recipe Read(string name) => RecipeJson.Parse(RecipeJson.Write(Recipes.Find("coco-" + name)!));

    [Theory]
    [MemberData(nameof(Published))]
    public void Published_recipes_have_no_problem_in_JSON_either(string name)
    {
        var recipe = Recipes.Find(name)!;
        Assert.Empty(recipe.Problems());
        Assert.Equal(RecipeJson.Write(recipe), RecipeJson.Write(RecipeJson.Parse(RecipeJson.Write(recipe))));
        Assert.Equal(new SgdRecipe(recipe.Solver.Optimizer.LearningRate, 1e-4, 0.9, 0), recipe.Solver.Optimizer);
        Assert.Null(recipe.Solver.ClipNorm);
        Assert.Equal((32, 1_000, 1_000), (recipe.Budget.BatchSize, recipe.Budget.EvaluateEvery, recipe.Budget.CheckpointEvery));
        Assert.Equal(0.001, recipe.Solver.Schedule.Factor(0, recipe.Budget.Iterations));
        Assert.Equal(0.5005, recipe.Solver.Schedule.Factor(500, recipe.Budget.Iterations), 9);
        Assert.Equal(1, recipe.Solver.Schedule.Factor(1_000, recipe.Budget.Iterations));
        var views = Assert.IsType<UnbiasedTeacherViews>(recipe.Augmentation);
        Assert.Equal([640, 672, 704, 736, 768, 800], views.Geometry.ShortEdges);
        Assert.Equal((1333, 0.5, 800, 1333), (views.Geometry.MaxSize, views.Geometry.FlipProbability, views.TestShortEdge, views.TestMaxSize));
        Assert.True(recipe.Dataset.GroupByAspect);
        var detector = Assert.IsType<PublishedCenterMask>(recipe.Detector);
        Assert.Equal((0.05, 50, MaskTargetForm.Outlines), (detector.ScoreThreshold, detector.DetectionsPerImage, detector.MaskTargets));
        Assert.Equal((ChannelOrder.Bgr, 1f), (detector.Pixels.Order, detector.Pixels.Std.Distinct().Single()));
    }

    [Theory]
    [InlineData(1, 10_000)]
    [InlineData(2, 15_000)]
    [InlineData(5, 30_000)]
    [InlineData(10, 15_000)]
    public void Stage_A_ends_where_its_published_checkpoint_was_taken(int percent, int iterations)
    {
        var recipe = Read($"centermask_r50_{percent}p_fold1");
        Assert.Equal((iterations, 0.02), (recipe.Budget.Iterations, recipe.Solver.Optimizer.LearningRate));
        Assert.Equal([210_000, 250_000], Assert.IsType<MultiStepSchedule>(recipe.Solver.Schedule).Steps);
        Assert.Equal(new SupervisedRecipe(Supervision.Masks, LabelledViews.Weak), recipe.Method);
        Assert.Null(((UnbiasedTeacherViews)recipe.Augmentation).Strong);
        Assert.Null(recipe.Dataset.Unlabelled);
        Assert.EndsWith($"unbiased/instances_train2017.1@{percent}.0.json", recipe.Dataset.TrainAnnotations, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(10)]
    public void Stage_B_goes_on_from_stage_A_at_a_constant_rate(int percent)
    {
        var (first, recipe) = (Read($"centermask_r50_{percent}p_fold1"), Read($"politeteacher_r50_{percent}p_fold1"));
        Assert.Equal((180_000, 0.006), (recipe.Budget.Iterations, recipe.Solver.Optimizer.LearningRate));
        Assert.Equal([179_990, 179_995], Assert.IsType<MultiStepSchedule>(recipe.Solver.Schedule).Steps);
        Assert.Equal(new FixedComposition(1, 1), recipe.Dataset.Unlabelled!.Composition);
        Assert.Contains($"runs/{first.Name}-{first.Seed}/", recipe.Detector.Weights, StringComparison.Ordinal);
        Assert.Equal(first.Dataset.TrainAnnotations, recipe.Dataset.TrainAnnotations);
        Assert.NotNull(((UnbiasedTeacherViews)recipe.Augmentation).Strong);
        var method = Assert.IsType<PoliteTeacherRecipe>(recipe.Method);
        Assert.Equal(
            new PoliteLabelRecipe(0.6, 0.9, 0.5, PseudoMaskShape.Contours, TeacherLimitsForm.Training, false, false, AsksLastImageForFlags: true),
            method.PseudoLabels);
        Assert.Equal(new PoliteLossRecipe(2, true, true, LearnsBoxes: false, Equalizes: false), method.Unlabelled);
        Assert.Equal((MomentumForm.Constant, 0.9996, Network.Teacher), (method.Teacher.Momentum, method.Teacher.MomentumCap, method.Evaluated));
        Assert.Equal((UpdateTiming.BeforeStep, 1, TeacherBuffers.Averaged, LabelledViews.Both), (method.Teacher.Timing, method.Teacher.Interval, method.Teacher.Buffers, method.Views));
    }

    [Fact]
    public void In_one_run_the_second_stage_begins_after_the_first_ones_iterations()
    {
        var recipe = Read("politeteacher-onerun_r50_5p_fold1");
        var stages = Assert.IsType<StagedRecipe>(recipe.Method).Stages;
        Assert.Equal(210_000, recipe.Budget.Iterations);
        Assert.Equal(30_000, stages[1].Start * recipe.Budget.Iterations, 6);
        var rate = recipe.Solver.LearningRate(recipe.Budget.Iterations);
        Assert.Equal((0.02, 0.006), (rate(29_999), Math.Round(rate(30_000), 9)));
    }

    [Fact]
    public void There_are_ten_folds_of_four_shares()
    {
        foreach (var percent in (int[])[1, 2, 5, 10])
        {
            for (var fold = 0; fold <= 9; fold++)
            {
                var (first, second) = (Read($"centermask_r50_{percent}p_fold{fold}"), Read($"politeteacher_r50_{percent}p_fold{fold}"));
                Assert.Contains($".{fold}@{percent}.0", first.Dataset.TrainAnnotations, StringComparison.Ordinal);
                Assert.Contains($".{fold}@{percent}.0-unlabelled", second.Dataset.Unlabelled!.Annotations, StringComparison.Ordinal);
                Assert.Contains(first.Name, second.Detector.Weights, StringComparison.Ordinal);
            }
        }

        Assert.Null(Recipes.Find("coco-politeteacher_r50_1p_fold10"));
        Assert.Null(Recipes.Find("coco-politeteacher_r50_3p_fold1"));
    }

    [Fact]
    public void Ablations_sweep_one_value_each()
    {
        PoliteTeacherRecipe[] Of(IReadOnlyList<Recipe> recipes) => [.. recipes.Select(recipe => (PoliteTeacherRecipe)recipe.Method)];
        var (scores, weights, quality) =
            (Of(PoliteTeacherRecipes.ScoreThresholds), Of(PoliteTeacherRecipes.Weights), Of(PoliteTeacherRecipes.MaskIouThresholds));

        Assert.Equal([0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.8, 0.9], scores.Select(method => method.PseudoLabels.Score));
        Assert.All(scores, method => Assert.Equal((0.75, false), (method.Unlabelled.Weight, method.Unlabelled.LearnsMasks)));
        Assert.Equal([0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3, 4, 8], weights.Select(method => method.Unlabelled.Weight));
        Assert.All(weights, method => Assert.Equal((0.6, false), (method.PseudoLabels.Score, method.Unlabelled.LearnsMasks)));
        Assert.Equal([0.0, 0.5, 0.6, 0.7, 0.8, 0.9], quality.Select(method => method.PseudoLabels.MaskIou!.Value));
        Assert.All(quality, method => Assert.Equal((2, true), (method.Unlabelled.Weight, method.Unlabelled.LearnsMasks)));
        Assert.Equal(PoliteTeacherRecipes.All.Count, PoliteTeacherRecipes.All.Select(recipe => recipe.Name).Distinct().Count());
        Assert.NotNull(Recipes.Find("coco-politeteacher_r50_5p_fold1_score0.55"));
        Assert.All(
            PoliteTeacherRecipes.Weights, recipe => Assert.EndsWith("1@5.0.json", recipe.Dataset.TrainAnnotations, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("method.pseudoLabels.score", "1.5")]
    [InlineData("method.pseudoLabels.maskIou", "-0.1")]
    [InlineData("method.pseudoLabels.maskThreshold", "2")]
    [InlineData("method.unlabelled.weight", "-1")]
    [InlineData("method.teacher.momentumCap", "1.1")]
    [InlineData("method.teacher.interval", "0")]
    [InlineData("detector.scoreThreshold", "1")]
    [InlineData("detector.detectionsPerImage", "0")]
    [InlineData("solver.optimizer.normWeightDecay", "-1")]
    public void Bad_values_are_refused_by_key(string key, string value) => Assert.StartsWith(
        $"{key}={value}: {key}: ",
        Assert.Throws<RecipeException>(() => RecipeJson.Set(PoliteTeacherRecipes.Mutual(10, 1), key, value)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("method.pseudoLabels.maskIou", "null")]
    [InlineData("method.pseudoLabels.shape", "bitmaps")]
    [InlineData("method.views", "weak")]
    [InlineData("detector.maskTargets", "bitmaps")]
    [InlineData("solver.optimizer.normWeightDecay", "null")]
    public void Switches_are_set_by_key(string key, string value)
    {
        var recipe = RecipeJson.Set(PoliteTeacherRecipes.Mutual(10, 1), key, value);
        Assert.NotEqual(RecipeJson.Write(PoliteTeacherRecipes.Mutual(10, 1)), RecipeJson.Write(recipe));
        Assert.Equal(RecipeJson.Write(recipe), RecipeJson.Write(RecipeJson.Parse(RecipeJson.Write(recipe))));
    }

    [Fact]
    public void Views_that_the_method_cannot_use_are_refused_by_key()
    {
        var apart = PoliteTeacherScenes.Staged(2, PoliteTeacherScenes.Method) with { Augmentation = SoftTeacherViews.Published };
        Assert.StartsWith("augmentation.kind: softTeacher moves", Assert.Single(apart.Problems()), StringComparison.Ordinal);

        var erasing = PoliteTeacherScenes.Method with
        {
            PseudoLabels = PoliteTeacherScenes.Method.PseudoLabels with { ErasesMasks = true },
        };
        var plain = PoliteTeacherScenes.Staged(2, erasing);
        plain = plain with { Augmentation = plain.Augmentation.WithoutStrongColors() };
        Assert.StartsWith("method.stages.1.method.pseudoLabels.erasesMasks: ", Assert.Single(plain.Problems()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_score_of_zero_takes_all_detections()
    {
        var all = PoliteTeacherScenes.Mutual(1).With(made => ((PoliteTeacherRecipe)made.Method).PseudoLabels.Score, 0);
        Assert.Empty(all.Problems());
    }

    [Fact]
    public void A_method_on_another_detector_is_refused_by_name()
    {
        var recipe = Recipes.ShapesPoliteTeacher with { Detector = Recipes.ShapesBoxInst.Detector };
        Assert.Contains("CenterMask", Assert.Throws<RecipeException>(() => recipe.BuildMethod(2)).Message, StringComparison.Ordinal);
        var boxes = Recipes.ShapesCenterMask with { Method = new SupervisedRecipe(Supervision.Boxes) };
        Assert.Equal("method.sees: is boxes; the losses of this smallCenterMask read masks", Assert.Single(boxes.Problems()));
        var frozen = PoliteTeacherScenes.Mutual(1).With(made => ((PoliteTeacherRecipe)made.Method).Teacher.Buffers, TeacherBuffers.Own);
        Assert.Contains("method.teacher.buffers: is own", Assert.Throws<RecipeException>(() => frozen.BuildMethod(2)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_of_another_kind_or_with_other_answers_are_refused_by_name()
    {
        Assert.Contains("int64 in 0..2", Refusal(new(BoxFilter: _ => tensor(new long[] { 5 }))), StringComparison.Ordinal);
        Assert.Contains("part MaskFilter returned", Refusal(new(MaskFilter: labels => labels.Quality)), StringComparison.Ordinal);
        Assert.Contains("momenta must be in [0, 1]", Refusal(new(Momentum: _ => 2)), StringComparison.Ordinal);
        Assert.Contains(
            "PoliteTeacherParts",
            Assert.Throws<RecipeException>(() => PoliteTeacherScenes.Mutual(1).BuildMethod(2, parts: new BoxInstParts())).Message,
            StringComparison.Ordinal);

        static string Refusal(PoliteTeacherParts parts)
        {
            using var scope = NewDisposeScope();
            return Assert.Throws<PartException>(() => parts.Try(CPU)).Message;
        }
    }

    [Fact]
    public void Switches_of_the_recipe_are_those_of_the_method()
    {
        using var built = (PoliteTeacherMethod)(PoliteTeacherScenes.Mutual(1) with { Method = PoliteTeacherScenes.OtherMethod }).BuildMethod(2);
        var settings = built.Settings;
        Assert.True(settings is { ErasesMasks: true, DropsEmptyImages: true, Equalizer: not null });
        Assert.Equal((LabelledViews.Weak, 0.5), (settings.LabelledViews, settings.MaskThreshold));
        Assert.Empty(settings.Factors);
        Assert.Equal(MaskFlags.AskedOfLastImage, settings.Flags);
        Assert.Same(built.Student, built.Evaluated);
        var stages = CenterMaskStages.Small();
        Assert.Same(stages.InferenceDecoder, settings.TeacherLimits(stages));
        Assert.Equal(["losses"], built.State.Keys);

        var alone = PoliteTeacherScenes.Method with { Unlabelled = PoliteTeacherScenes.Method.Unlabelled with { LearnsMasks = false } };
        Assert.Equal(
            ["loss_fcos_ctr", "loss_fcos_loc", "loss_mask", "loss_maskiou"], alone.Settings(new()).Factors.Keys.Order());
        Assert.All(alone.Settings(new()).Factors.Values, factor => Assert.Equal(0, factor));
        Assert.Equal(2, alone.Settings(new()).Weight(77, 0));
    }
}
