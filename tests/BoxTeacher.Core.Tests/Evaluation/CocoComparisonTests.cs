using BoxTeacher.Evaluation;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>Two results on the same images by the paired bootstrap.</summary>
public sealed class CocoComparisonTests
{
    [Property]
    public void A_resample_has_the_precision_of_a_data_set_that_holds_its_images_so_often(int seed)
    {
        var (truth, results) = Scenes.Draw(seed);
        var copies = ImageSliceTests.Copies(truth, seed);
        var (repeated, repeatedResults) = ImageSliceTests.Repeat(truth, results, copies);

        var precision = new CocoResampling(CocoEvaluation.Match(truth, results, IouType.Box)).Precision(copies);

        var summary = CocoEvaluation.Match(repeated, repeatedResults, IouType.Box).Summary;
        foreach (var (iou, value) in CocoOptions.Default.IouThresholds.Zip(precision))
        {
            Assert.Equal(summary.MeanPrecision(iou), double.IsNaN(value) ? -1 : value, 1e-12);
        }
    }

    [Property(MaxTest = 20)]
    public void Differences_are_those_of_the_summaries_and_turn_with_the_order(int seed)
    {
        var (truth, results) = Scenes.Draw(seed);
        CocoEvaluation first = CocoEvaluation.Match(truth, results, IouType.Box),
            second = CocoEvaluation.Match(truth, Scenes.Again(truth, seed + 1), IouType.Box);

        var (there, back) = (CocoComparison.Of(first, second, resamples: 20), CocoComparison.Of(second, first, resamples: 20));

        foreach (var ((name, value), difference) in first.Summary.Numbers.Take(3).Zip(there.Differences))
        {
            Assert.Equal(name, difference.Name);
            Assert.Equal(value, double.IsNaN(difference.Value) ? -1 : difference.Value, 1e-12);
        }
        Assert.Equal(
            there.Differences.SelectMany(item => item.Resampled),
            back.Differences.SelectMany(item => item.Resampled.Reverse().Select(value => 0 - value)));
        Assert.All(there.Differences.Where(item => item.Resampled.Count > 0), item => Assert.True(item.Low <= item.High));
    }

    [Fact]
    public void A_result_does_not_differ_from_itself()
    {
        var (truth, results) = Scenes.Draw(3);
        var evaluation = CocoEvaluation.Match(truth, results, IouType.Box);

        Assert.All(CocoComparison.Of(evaluation, evaluation, 50).Differences, item =>
            Assert.Equal((0, 0, 0, 0), (item.Difference, item.Low, item.High, item.ShareBelowZero)));
    }

    [Fact]
    public void Equal_seeds_draw_alike()
    {
        var (truth, results) = Scenes.Draw(6);
        CocoEvaluation first = CocoEvaluation.Match(truth, results, IouType.Box),
            second = CocoEvaluation.Match(truth, Scenes.Again(truth, 4), IouType.Box);

        var resampled = CocoComparison.Of(first, second, 50, seed: 5).Differences[0].Resampled;

        Assert.Equal(resampled, CocoComparison.Of(first, second, 50, seed: 5).Differences[0].Resampled);
        Assert.NotEqual(resampled, CocoComparison.Of(first, second, 50, seed: 6).Differences[0].Resampled);
    }

    [Fact]
    public void The_interval_holds_the_middle_ninety_five_percent()
    {
        var difference = new MetricDifference("AP", 0.5, 0.25, [.. Enumerable.Range(0, 1001).Select(i => (i - 100) / 1000.0)]);

        Assert.Equal(0.25, difference.Difference);
        Assert.Equal((-0.075, 0.875), (Math.Round(difference.Low, 12), Math.Round(difference.High, 12)));
        Assert.Equal(100 / 1001.0, difference.ShareBelowZero);
    }

    [Fact]
    public void Results_that_were_not_evaluated_alike_are_refused()
    {
        var (truth, results) = Scenes.Draw(3);
        var evaluation = CocoEvaluation.Match(truth, results, IouType.Box);

        Assert.Throws<ArgumentException>(() => CocoComparison.Of(evaluation, CocoEvaluation.Match(truth, results, IouType.Mask)));
        Assert.Throws<ArgumentException>(() => CocoComparison.Of(
            evaluation, CocoEvaluation.Match(truth, results, IouType.Box, new CocoOptions { IouThresholds = [0.5] })));
    }
}
