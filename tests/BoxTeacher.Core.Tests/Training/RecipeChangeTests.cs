using BoxTeacher.Methods;
using BoxTeacher.Training;
using Xunit;

namespace BoxTeacher.Tests.Training;

/// <summary>Changes of one value, by typed keys and by texts.</summary>
public sealed class RecipeChangeTests
{
    private static readonly Recipe Base = Recipes.ShapesBoxTeacher;

    [Fact]
    public void With_gives_a_copy_and_leaves_the_original_alone()
    {
        var before = RecipeJson.Write(Base);

        var changed = Base.With(recipe => recipe.Solver.ClipNorm, 7);

        Assert.Equal(7, changed.Solver.ClipNorm);
        Assert.Equal(before, RecipeJson.Write(Base));
        Assert.Equal(before.Replace("\"clipNorm\": 5", "\"clipNorm\": 7", StringComparison.Ordinal), RecipeJson.Write(changed));
        // What does not lead to the value is shared.
        Assert.Same(Base.Detector, changed.Detector);
        Assert.Same(Base.Solver.Optimizer, changed.Solver.Optimizer);
        Assert.NotSame(Base.Solver, changed.Solver);
    }

    [Fact]
    public void With_takes_whole_records_and_nothing()
    {
        Assert.Equal(2, Base.With(recipe => recipe.Seed, 2L).Seed);
        Assert.Null(Base.With(recipe => recipe.Solver.ClipNorm, null).Solver.ClipNorm);
        Assert.Same(Recipes.ShapesBoxInst.Method, Base.With(recipe => recipe.Method, Recipes.ShapesBoxInst.Method).Method);
        Assert.Equal(0.5, Base.Solver.With(solver => solver.Optimizer.LearningRate, 0.5).Optimizer.LearningRate);
    }

    [Fact]
    public void With_says_by_a_cast_which_kind_is_meant()
    {
        var changed = Base.With(recipe => ((BoxTeacherRecipe)recipe.Method).Teacher.MomentumCap, 0.5)
            .With(recipe => ((BoxTeacherRecipe)recipe.Method).PseudoMasks.MaskThreshold, null)
            .With(recipe => (recipe.Detector as SmallCondInst)!.InstancesPerImage, 3);

        var method = Assert.IsType<BoxTeacherRecipe>(changed.Method);
        Assert.Equal((0.5, null, 3), (method.Teacher.MomentumCap, method.PseudoMasks.MaskThreshold, ((CondInstRecipe)changed.Detector).InstancesPerImage));
        Assert.IsType<SmallCondInst>(changed.Detector);
    }

    [Fact]
    public void With_refuses_a_key_of_another_kind()
    {
        var error = Assert.Throws<RecipeException>(
            () => Recipes.ShapesBoxInst.With(recipe => ((BoxTeacherRecipe)recipe.Method).Teacher.MomentumCap, 0.5));

        Assert.Equal("BoxInstRecipe has no Teacher; a BoxTeacherRecipe has", error.Message);
        Assert.Equal(
            "AdamWRecipe has no Momentum; a SgdRecipe has",
            Assert.Throws<RecipeException>(() => Base.With(recipe => ((SgdRecipe)recipe.Solver.Optimizer).Momentum, 0.5)).Message);
    }

    [Fact]
    public void With_refuses_what_is_no_way_to_a_value()
    {
        Assert.Throws<ArgumentException>(() => Base.With(recipe => recipe.Name.ToUpperInvariant(), "X"));
        Assert.Throws<ArgumentException>(() => Base.With(recipe => 1 + recipe.Seed, 2L));
        Assert.Throws<ArgumentException>(() => Base.With(recipe => recipe, Recipes.ShapesBoxInst));
        Assert.Throws<ArgumentException>(() => Base.With(recipe => recipe.Method.Evaluated, Network.Teacher));
    }

    [Fact]
    public void With_refuses_what_lies_beyond_a_missing_value()
    {
        var whole = Base.With(recipe => ((SharedGeometryViews)recipe.Augmentation).Strong, null);

        var error = Assert.Throws<RecipeException>(() => whole.With(recipe => ((SharedGeometryViews)recipe.Augmentation).Strong!.Grayscale, 0.5));

        Assert.Equal("Strong of this SharedGeometryViews is null; nothing in it can be changed", error.Message);
    }

    [Fact]
    public void A_stage_before_the_last_has_no_teacher()
    {
        var twice = Base with { Method = new StagedRecipe([new StageRecipe(0, Base.Method), new StageRecipe(0.5, Base.Method)]) };

        var error = Assert.Throws<RecipeException>(() => twice.BuildMethod(2));

        Assert.Contains("an earlier stage cannot have one", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("method.pseudoMasks.confidence", "nice", "published, paper, off")]
    [InlineData("method.teacher.buffers", "3", "own, copied, averaged")]
    [InlineData("budget.iterations", "many", "a whole number")]
    [InlineData("budget.iterations", "1.5", "a whole number")]
    [InlineData("method.pairwise.colorThreshold", "high", "a number")]
    [InlineData("solver.clipNorm", "off", "a number, or null")]
    [InlineData("dataset.groupByAspect", "perhaps", "true or false")]
    [InlineData("device", "gpu", "cpu, cuda or cuda:N")]
    [InlineData("name", "3", "a text")]
    [InlineData("method", "boxInst", "an object of kind boxInst, boxTeacher, politeTeacher, softTeacher, staged, supervised")]
    [InlineData("detector", "3", "an object of kind centerMask, condInst, fasterRcnn, grid, smallCenterMask, smallCondInst, smallFasterRcnn")]
    [InlineData("solver.optimizer", "{\"kind\": \"adam\"}", "an object of kind adamW, sgd")]
    public void Set_says_what_a_key_takes(string key, string value, string allowed)
    {
        var error = Assert.Throws<RecipeException>(() => RecipeJson.Set(Base, key, value));

        Assert.StartsWith($"{key}={value}: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith($" {key} takes {allowed}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("method.teacher.momentumCap", "2", "method.teacher.momentumCap=2: method.teacher.momentumCap: must be in 0..1, not 2")]
    [InlineData("method.kind", "boxInst", "method.kind: no such key; there are pairwise, pseudoMasks, teacher")]
    [InlineData("augmentation.geometry.shortEdges.7", "64", "augmentation.geometry.shortEdges.7: no such key; there are 0..0")]
    public void Set_names_values_out_of_range_and_keys_that_there_are(string key, string value, string message) =>
        Assert.Equal(message, Assert.Throws<RecipeException>(() => RecipeJson.Set(Base, key, value)).Message);

    [Fact]
    public void Set_and_With_change_alike()
    {
        Assert.Equal(
            RecipeJson.Write(RecipeJson.Set(Base, "method.teacher.momentumCap", "0.5")),
            RecipeJson.Write(Base.With(recipe => ((BoxTeacherRecipe)recipe.Method).Teacher.MomentumCap, 0.5)));
        var views = (SharedGeometryViews)RecipeJson.Set(Base, "augmentation.geometry.shortEdges.0", "64").Augmentation;
        Assert.Equal([64], views.Geometry.ShortEdges);
        Assert.Equal(new DeviceName(1), RecipeJson.Set(Base, "device", "cuda:1").Device);
    }

    [Fact]
    public void A_key_inside_of_nothing_says_how_to_set_it_whole()
    {
        var plain = Base.With(recipe => ((SharedGeometryViews)recipe.Augmentation).Strong, null);

        var error = Assert.Throws<RecipeException>(() => RecipeJson.Set(plain, "augmentation.strong.grayscale", "0.5"));

        Assert.Contains("augmentation.strong is null; set it whole, augmentation.strong={", error.Message, StringComparison.Ordinal);
        Assert.Contains("grayscale", error.Message[error.Message.IndexOf('{', StringComparison.Ordinal)..], StringComparison.Ordinal);
    }
}
