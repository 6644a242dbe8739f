using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>The six kinds of error by hand, and what mending them gains.</summary>
public sealed class TideTests
{
    private static readonly Box Here = Box.FromCorners(0, 0, 40, 40), There = Box.FromCorners(60, 60, 100, 100);

    // Overlap 0.3 with the first truth; none with any.
    private static readonly Box Strip = Box.FromCorners(0, 0, 40, 12), Nowhere = Box.FromCorners(60, 0, 100, 40);

    [Fact]
    public void A_wrong_category_on_the_right_place_is_Cls() =>
        AssertOnly(TideError.Cls, 1, Tide(Scenes.Truth((0, Here)), Scenes.Found(1, 0.9, Here)), ap: 0, gain: 1);

    [Fact]
    public void The_right_category_on_a_poor_place_is_Loc() =>
        AssertOnly(TideError.Loc, 1, Tide(Scenes.Truth((0, Here)), Scenes.Found(0, 0.9, Strip)), ap: 0, gain: 1);

    [Fact]
    public void A_second_detection_of_a_truth_is_Dupe()
    {
        var tide = Tide(
            Scenes.Truth((0, Here), (0, There)), Scenes.Found(0, 0.9, Here), Scenes.Found(0, 0.8, Here), Scenes.Found(0, 0.7, There));

        // Precision 1 at 51 recalls and 2/3 at 50.
        AssertOnly(TideError.Dupe, 1, tide, ap: (51 + (50 * 2 / 3.0)) / 101, gain: 50 / 303.0);
        Assert.Equal(50 / 303.0, tide.FalsePositives, 1e-12);
        Assert.Equal(0, tide.FalseNegatives, 1e-12);
    }

    [Fact]
    public void A_detection_where_nothing_is_is_Bkg() => AssertOnly(
        TideError.Bkg, 1,
        Tide(Scenes.Truth((0, Here), (0, There)), Scenes.Found(0, 0.9, Here), Scenes.Found(0, 0.8, Nowhere), Scenes.Found(0, 0.7, There)),
        ap: (51 + (50 * 2 / 3.0)) / 101, gain: 50 / 303.0);

    [Fact]
    public void A_truth_that_nothing_stands_for_is_Miss()
    {
        var tide = Tide(Scenes.Truth((0, Here), (0, There)), Scenes.Found(0, 0.9, Here));

        AssertOnly(TideError.Miss, 1, tide, ap: 51 / 101.0, gain: 50 / 101.0);
        Assert.Equal(50 / 101.0, tide.FalseNegatives, 1e-12);
        Assert.Equal(0, tide.FalsePositives, 1e-12);
    }

    [Fact]
    public void A_wrong_category_on_a_poor_place_is_Both_and_its_truth_is_missed()
    {
        var tide = Tide(Scenes.Truth((0, Here), (1, There)), Scenes.Found(1, 0.9, Strip), Scenes.Found(1, 0.5, There));

        // Category a: 0. Category b: the error stands before what is right.
        Assert.Equal(0.25, tide.AP, 1e-12);
        Assert.Equal([0, 0, 1, 0, 0, 1], tide.Costs.Select(cost => cost.Count));
        Assert.Equal([0, 0, 0.25, 0, 0, 0.25], tide.Costs.Select(cost => cost.DeltaAP));
    }

    [Fact]
    public void A_truth_is_given_to_the_error_of_highest_score_alone()
    {
        var tide = Tide(Scenes.Truth((0, Here)), Scenes.Found(0, 0.6, Strip), Scenes.Found(1, 0.9, Here));

        Assert.Equal([1, 1, 0, 0, 0, 0], tide.Costs.Select(cost => cost.Count));
        // Mending category leaves the poor place, of lower score; mending the place has no truth to give.
        Assert.Equal([1, 0, 0, 0, 0, 0], tide.Costs.Select(cost => cost.DeltaAP));
    }

    [Fact]
    public void Both_bounds_of_a_poor_place_belong_to_it()
    {
        // Overlaps 0.5 with a truth that is found, and 0.1 with one that is not.
        var half = Tide(Scenes.Truth((0, Here)), Scenes.Found(0, 0.9, Here), Scenes.Found(0, 0.8, Box.FromCorners(0, 0, 40, 20)));
        var tenth = Tide(Scenes.Truth((0, Here)), Scenes.Found(0, 0.9, Box.FromCorners(0, 0, 40, 4)));

        Assert.Equal([0, 1, 0, 0, 0, 0], half.Costs.Select(cost => cost.Count));
        Assert.Equal([0, 1, 0, 0, 0, 0], tenth.Costs.Select(cost => cost.Count));
    }

    [Fact]
    public void What_lies_on_a_crowd_of_its_category_costs_nothing()
    {
        var truth = Scenes.Dataset([Scenes.Image(1, [Scenes.Annotate(1, 0, Here, isCrowd: true), Scenes.Annotate(2, 0, There)])]);

        var tide = Tide(truth, Scenes.Found(0, 0.9, There), Scenes.Found(0, 0.95, Strip), Scenes.Found(1, 0.8, Strip));

        // Category b is detected and not in the truth, so it counts with 0.
        Assert.Equal(0.5, tide.AP, 1e-12);
        Assert.Equal([0, 0, 0, 0, 2, 0], tide.Costs.Select(cost => cost.Count));
        Assert.Equal(0.5, tide.Costs[(int)TideError.Bkg].DeltaAP, 1e-12);
    }

    [Fact]
    public void What_lies_on_a_crowd_may_stand_for_a_truth()
    {
        var truth = Scenes.Dataset([Scenes.Image(1, [Scenes.Annotate(1, 0, Here, isCrowd: true), Scenes.Annotate(2, 0, Here)])]);

        AssertOnly(TideError.Loc, 1, Tide(truth, Scenes.Found(0, 0.9, Strip)), ap: 0, gain: 1);
    }

    [Fact]
    public void Of_an_image_the_hundred_highest_scores_count()
    {
        DetectionResult[] results = [.. Enumerable.Range(0, 101).Select(i => Scenes.Found(0, 0.9 - (0.001 * i), i < 100 ? Nowhere : Here))];

        var tide = Tide(Scenes.Truth((0, Here)), results);

        Assert.Equal([0, 0, 0, 0, 100, 1], tide.Costs.Select(cost => cost.Count));
    }

    [Fact]
    public void Masks_are_compared_where_masks_are_asked_for()
    {
        var truth = Scenes.Truth((0, Here));
        DetectionResult[] results = [Scenes.Found(0, 0.9, Here) with { Mask = RunLengthMask.FromBox(Strip, 100, 100) }];

        AssertOnly(TideError.Loc, 1, CocoEvaluation.Match(truth, results, IouType.Mask).Tide(), ap: 0, gain: 1);
        Assert.Equal(1, CocoEvaluation.Match(truth, results, IouType.Box).Tide().AP);
    }

    [Fact]
    public void Without_truths_and_detections_there_is_no_number() => Assert.Equal(double.NaN, Tide(Scenes.Truth()).AP);

    [Property]
    public void With_all_errors_fixed_average_precision_is_one(int seed)
    {
        var (truth, results) = Scenes.Draw(seed);
        var overlaps = ImageOverlaps.Measure(truth, results, IouType.Box, CocoOptions.Default);
        var analysis = new TideAnalysis(overlaps, truth.Categories.Count, 0.5, 0.1);

        var ap = analysis.Fixed(Enum.GetValues<TideError>());

        Assert.True(double.IsNaN(ap) || Math.Abs(ap - 1) < 1e-12, $"{ap}");
    }

    [Property]
    public void Every_wrong_detection_has_one_error(int seed)
    {
        var (truth, results) = Scenes.Draw(seed);
        truth = truth with
        {
            Images = [.. truth.Images.Select(image => image with { Annotations = [.. image.Annotations.Where(item => !item.IsCrowd)] })],
        };
        var evaluation = CocoEvaluation.Match(truth, results, IouType.Box);

        var costs = evaluation.Tide().Costs;

        // Without crowds what is not right at 0.5 is wrong.
        var right = evaluation.ScoreCalibration(0.5, 1)!.Bins[0] is { Count: > 0 } bin ? (int)Math.Round(bin.Accuracy * bin.Count) : 0;
        Assert.Equal(results.Count - right, costs.Where(cost => cost.Error != TideError.Miss).Sum(cost => cost.Count));
        Assert.All(costs, cost => Assert.True(cost.DeltaAP is >= 0 and <= 1 || double.IsNaN(cost.DeltaAP)));
    }

    private static TideSummary Tide(InstanceDataset truth, params DetectionResult[] results) =>
        CocoEvaluation.Match(truth, results, IouType.Box).Tide();

    private static void AssertOnly(TideError error, int count, TideSummary tide, double ap, double gain)
    {
        Assert.Equal(ap, tide.AP, 1e-12);
        foreach (var cost in tide.Costs)
        {
            Assert.Equal(cost.Error == error ? count : 0, cost.Count);
            Assert.Equal(cost.Error == error ? gain : 0, cost.DeltaAP, 1e-12);
        }
    }
}
