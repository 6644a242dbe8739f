using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Structures;
using Xunit;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>The definitions differ in which of two detections with the same score goes first.</summary>
public sealed class VocTieTests
{
    [Fact]
    public void Of_equal_scores_BBTP_matches_the_first_and_ChainerCV_the_last()
    {
        var box = Box.FromCorners(10, 10, 50, 50);
        var image = new ImageRecord(1, "scene.jpg", 100, 100, [new Annotation(1, 0, box, box.Area, false, null)]);
        var truth = new InstanceDataset("one", [new Category(1, "thing")], [image]);
        DetectionResult[] results = [new(1, 0, 0.5, box, null), new(1, 0, 0.5, Box.FromCorners(10, 10, 50, 34), null)];

        var summary = VocEvaluator.Evaluate(truth, results, IouType.Box);

        // The second detection covers 0.6 of the truth: where that is enough ChainerCV gives it the truth, and the first,
        // which still goes before it in the curve, is wrong.
        Assert.Equal([1, 1, 1, 1], summary.Bbtp.Select(precision => precision.Mean));
        Assert.Equal([0.5, 0.5, 1, 1], summary.Chainercv.Select(precision => precision.Mean));
    }
}
