using BoxTeacher.Evaluation;
using BoxTeacher.Structures;
using FsCheck;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>Reliability bins and their errors.</summary>
public sealed class CalibrationTests
{
    [Fact]
    public void Errors_are_those_of_a_sum_by_hand()
    {
        var calibration = Calibration.Of([(0.15, 1), (0.18, 0), (0.95, 1), (0.95, 1)]);

        // Gaps of 0.5 - 0.165 and 1 - 0.95, each of half the pairs.
        Assert.Equal((0.335 + 0.05) / 2, calibration.ExpectedError, 1e-12);
        Assert.Equal(0.335, calibration.MaximumError, 1e-12);
        Assert.Equal([0, 2, 0, 0, 0, 0, 0, 0, 0, 2], calibration.Bins.Select(bin => bin.Count));
        Assert.Equal(double.NaN, calibration.Bins[0].Gap);
    }

    [Fact]
    public void Confidence_is_held_against_overlap_as_well()
    {
        var calibration = Calibration.Of([(0.8, 0.6), (0.8, 0.7)], bins: 5);

        Assert.Equal(0.65, calibration.Bins[3].Accuracy, 1e-12);
        Assert.Equal(0.15, calibration.ExpectedError, 1e-12);
    }

    [Property]
    public void An_upper_end_belongs_to_its_bin(PositiveInt bins, NonNegativeInt place)
    {
        var count = 1 + (bins.Get % 50);
        var end = place.Get % (count + 1);

        var calibration = Calibration.Of([((double)end / count, 1)], count);

        Assert.Equal(1, calibration.Bins[Math.Max(0, end - 1)].Count);
    }

    [Property]
    public void Bins_hold_all_pairs_between_them(int seed)
    {
        var random = new RandomStream((ulong)seed);
        (double Score, double Outcome)[] pairs =
            [.. Enumerable.Range(0, 1 + random.Below(30)).Select(_ => (random.NextDouble(), random.NextDouble()))];

        var calibration = Calibration.Of(pairs);

        var filled = calibration.Bins.Where(bin => bin.Count > 0).ToList();
        Assert.Equal(pairs.Length, calibration.Count);
        Assert.Equal(pairs.Sum(pair => pair.Score), filled.Sum(bin => bin.Count * bin.Confidence), 1e-9);
        Assert.InRange(calibration.ExpectedError, 0, calibration.MaximumError + 1e-12);
        Assert.All(filled, bin => Assert.InRange(bin.Confidence, bin.Low - 1e-12, bin.High + 1e-12));
    }

    [Theory]
    [InlineData(1.1, 0)]
    [InlineData(double.NaN, 0)]
    [InlineData(0.5, -0.1)]
    public void What_is_no_share_is_refused(double score, double outcome) =>
        Assert.Throws<ArgumentException>(() => Calibration.Of([(score, outcome)]));

    [Fact]
    public void Detections_are_right_wrong_or_left_out()
    {
        Box here = Box.FromCorners(0, 0, 40, 40), there = Box.FromCorners(60, 60, 100, 100);
        var truth = Scenes.Dataset([Scenes.Image(1, [Scenes.Annotate(1, 0, here), Scenes.Annotate(2, 0, there, isCrowd: true)])]);
        DetectionResult[] results = [Scenes.Found(0, 0.9, here), Scenes.Found(0, 0.8, here), Scenes.Found(0, 0.7, there)];

        var calibration = CocoEvaluation.Match(truth, results, IouType.Box).ScoreCalibration()!;

        var filled = calibration.Bins.Where(bin => bin.Count > 0);
        Assert.Equal([(0.8, 0), (0.9, 1)], filled.Select(bin => (bin.Confidence, bin.Accuracy)));
    }

    [Fact]
    public void Scores_that_are_no_probabilities_have_no_calibration()
    {
        var evaluation = CocoEvaluation.Match(Scenes.Truth(), [Scenes.Found(0, 3, Box.FromCorners(0, 0, 9, 9))], IouType.Box);

        Assert.Null(evaluation.ScoreCalibration());
    }
}
