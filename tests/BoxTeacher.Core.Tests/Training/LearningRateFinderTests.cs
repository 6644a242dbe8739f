using BoxTeacher.Augmentation;
using BoxTeacher.Tests.Views;
using BoxTeacher.Training;
using Xunit;

namespace BoxTeacher.Tests.Training;

public sealed class LearningRateFinderTests
{
    [Fact]
    public void Rates_rise_by_one_factor()
    {
        var range = new RateRange(1e-4, 1, 5);

        Assert.Equal([1e-4, 1e-3, 1e-2, 1e-1, 1], Enumerable.Range(0, 5).Select(step => Math.Round(range.Rate(step), 9)));
    }

    /// <summary>A valley in decades: flat, falling steepest at 1e-3, lowest at 1e-2, rising.</summary>
    [Fact]
    public void Suggestions_are_read_off_the_smoothed_loss()
    {
        double[] losses = [5, 5, 5, 5, 5, 5, 4.8, 3, 1, 2, 9];
        var curve = new RateCurve([.. losses.Select((loss, i) => new RatePoint(Math.Pow(10, i - 10), double.NaN, loss))]);

        Assert.Equal(1e-3, curve.Steepest!.Value, 1e-12);
        Assert.Equal(1e-3, curve.TenthOfLowest!.Value, 1e-12);
        Assert.Null(new RateCurve([]).Steepest);
        Assert.Null(new RateCurve([]).TenthOfLowest);
    }

    [Fact]
    public void A_test_ends_where_the_loss_is_too_high_or_no_number()
    {
        using var scenes = new SceneFolder(4);
        var recipe = Recipes.ShapesBoxInst with
        {
            Augmentation = (SharedGeometryViews)Recipes.ShapesBoxInst.Augmentation with { Geometry = new GeometryAugmentation([64], 64, 0.5) },
            Budget = new BudgetRecipe(400, 2, 100, 100),
        };
        using var method = recipe.BuildMethod(scenes.Dataset.Categories.Count);

        var curve = LearningRateFinder.Run(recipe, method, new RecipeData(scenes.Dataset, null), new RateRange(1e-4, 1e12, 17));

        Assert.InRange(curve.Points.Count, 3, 16);
        Assert.Equal(curve.Points[0].Loss, curve.Points[0].Smoothed, 1e-9);
        Assert.Equal(1e-3, curve.Points[1].LearningRate, 1e-9);
    }

    [Theory]
    [InlineData(0, 1, 100, "first: ")]
    [InlineData(1, 1, 100, "last: ")]
    [InlineData(1e-3, 1, 9, "steps: ")]
    public void A_range_that_is_none_is_refused(double first, double last, int steps, string key) =>
        Assert.StartsWith(key, Assert.Throws<RecipeException>(new RateRange(first, last, steps).Check).Message, StringComparison.Ordinal);
}
