using System.Text.Json;
using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>Boxes are ranked by the score, masks by the mask score; here the right detection of two leads in one of them alone.</summary>
public sealed class MaskScoreTests : IDisposable
{
    private static readonly Box Here = Box.FromCorners(10, 10, 50, 50), Nowhere = Box.FromCorners(60, 60, 90, 90);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<IouType, bool> Leads => new()
    {
        { IouType.Box, true }, { IouType.Box, false }, { IouType.Mask, true }, { IouType.Mask, false },
    };

    [Fact]
    public void It_is_the_score_unless_it_is_set()
    {
        var plain = Scenes.Found(0, 0.7, Here);
        var judged = plain with { MaskScore = 0.2 };

        Assert.Equal((0.7, 0.7), (plain.ScoreFor(IouType.Box), plain.ScoreFor(IouType.Mask)));
        Assert.Equal((0.7, 0.2), (judged.ScoreFor(IouType.Box), judged.ScoreFor(IouType.Mask)));
    }

    [Theory]
    [MemberData(nameof(Leads))]
    public void Coco_ranks_by_the_score_of_what_it_compares(IouType type, bool rightBoxLeads)
    {
        var evaluation = CocoEvaluation.Match(Truth, Results(rightBoxLeads), type);

        var right = type == IouType.Box ? rightBoxLeads : !rightBoxLeads;
        var ap = right ? 1 : 0.5;
        Assert.Equal(ap, evaluation.Summary.AP, 1e-12);
        Assert.Equal(ap, evaluation.Of(new ImageSlice("all", new HashSet<long> { 1 })).AP, 1e-12);
        Assert.Equal(ap, evaluation.Tide().AP, 1e-12);
        Assert.Equal(ap, new CocoResampling(evaluation).Precision([1]).Max(), 1e-12);
    }

    [Theory]
    [MemberData(nameof(Leads))]
    public void Voc_ranks_by_the_score_of_what_it_compares(IouType type, bool rightBoxLeads)
    {
        var summary = VocEvaluator.Evaluate(Truth, Results(rightBoxLeads), type);

        var right = type == IouType.Box ? rightBoxLeads : !rightBoxLeads;
        var ap = right ? 1 : 0.5;
        Assert.Equal(ap, summary.Coco.AP, 1e-12);
        Assert.All(summary.Bbtp.Concat(summary.Chainercv), precision => Assert.Equal(ap, precision.Mean, 1e-12));
    }

    [Fact]
    public void Thresholds_and_calibration_read_the_score_of_what_is_compared()
    {
        DetectionResult[] results = [Found(Here, 0.9, 0.2)];
        CocoEvaluation box = CocoEvaluation.Match(Truth, results, IouType.Box), mask = CocoEvaluation.Match(Truth, results, IouType.Mask);

        Assert.Equal((1, 0), (box.Confusion(score: 0.5)[0, 0], mask.Confusion(score: 0.5)[0, 0]));
        Assert.Equal(0.1, box.ScoreCalibration()!.ExpectedError, 1e-12);
        Assert.Equal(0.8, mask.ScoreCalibration()!.ExpectedError, 1e-12);
        Assert.Contains(0.9, box.Summary.Scores.ToArray());
        Assert.Contains(0.2, mask.Summary.Scores.ToArray());
    }

    [Fact]
    public void A_mask_score_above_one_is_no_probability()
    {
        DetectionResult[] results = [Found(Here, 0.9, 1.2)];

        Assert.NotNull(CocoEvaluation.Match(Truth, results, IouType.Box).ScoreCalibration());
        Assert.Null(CocoEvaluation.Match(Truth, results, IouType.Mask).ScoreCalibration());
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_mask_score_that_is_not_finite_is_refused(double score)
    {
        DetectionResult[] results = [Found(Here, 0.9, 0.9), Found(Here, 0.9, score)];

        var refused = Assert.Throws<ArgumentException>(() => CocoEvaluation.Match(Truth, results, IouType.Mask));

        Assert.StartsWith($"Detection 1 has the score {score}.", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => VocEvaluator.Evaluate(Truth, results));
    }

    [Fact]
    public void Both_scores_are_saved_and_read_again()
    {
        DetectionResult[] results = [Found(Here, 0.9, 1.2), Found(Nowhere, 0.4, 0.4)];

        CocoResults.Save(folder.At("dt.json"), results, Truth);

        Assert.Equal([1.2, null], Numbers("mask_score"));
        foreach (var type in new[] { IouType.Box, IouType.Mask })
        {
            var read = CocoResults.Read(folder.At("dt.json"), Truth, type);
            Assert.Equal([(0.9, 1.2), (0.4, 0.4)], read.Select(result => (result.Score, result.MaskScore)));
        }
    }

    [Theory]
    [InlineData(IouType.Box, 0.9)]
    [InlineData(IouType.Mask, 0.3)]
    public void Written_for_the_tools_the_score_is_that_of_the_shape(IouType type, double score)
    {
        CocoResults.Write(folder.At("dt.json"), [Found(Here, 0.9, 0.3)], Truth, type);

        Assert.Equal([score], Numbers("score"));
        Assert.Equal([null], Numbers("mask_score"));
    }

    [Fact]
    public void Voc_writes_boxes_with_the_score_and_draws_masks_by_the_mask_score()
    {
        VocResults.Write(folder.At("out"), Truth, [Found(Here, 0.9, 0.2), Found(Here, 0.4, 0.6) with { Category = 1 }], "val");

        var results = folder.At("out", "results", "VOC2012");
        Assert.Equal("1 0.9 11 11 50 50", Assert.Single(File.ReadAllLines(Path.Combine(results, "Main", "comp4_det_val_a.txt"))));
        var picture = ImageFile.ReadIndexed(Path.Combine(results, "Segmentation", "comp6_val_cls", "1.png"));
        Assert.Equal([0, 2], picture.Count().Select(entry => entry.Label));
    }

    [Fact]
    public void Cityscapes_masks_have_the_mask_score()
    {
        CityscapesResults.Write(folder.At("out"), Truth, [Found(Here, 0.9, 0.2)]);

        Assert.EndsWith(" 0.2", Assert.Single(File.ReadAllLines(folder.At("out", "1_pred.txt"))), StringComparison.Ordinal);
    }

    private static InstanceDataset Truth => Scenes.Truth((0, Here));

    // The right one and a wrong one.
    private static DetectionResult[] Results(bool rightBoxLeads) => rightBoxLeads
        ? [Found(Here, 0.9, 0.3), Found(Nowhere, 0.4, 0.6)]
        : [Found(Here, 0.4, 0.6), Found(Nowhere, 0.9, 0.3)];

    private static DetectionResult Found(Box box, double score, double maskScore) =>
        new(1, 0, score, box, RunLengthMask.FromBox(box, 100, 100)) { MaskScore = maskScore };

    private double?[] Numbers(string key)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(folder.At("dt.json")));
        return
        [
            .. json.RootElement.EnumerateArray()
                .Select(item => item.TryGetProperty(key, out var value) ? value.GetDouble() : (double?)null),
        ];
    }
}
