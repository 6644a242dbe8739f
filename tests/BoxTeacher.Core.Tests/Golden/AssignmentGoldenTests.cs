using BoxTeacher.Methods;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>The assignment of predictions to boxes against the published implementation, with and without its slip.</summary>
public sealed class AssignmentGoldenTests
{
    private const string Case = "boxteacher/g_pseudo_labeling";

    [GoldenFact(Case + ".json")]
    public void Published_assignment_agrees() =>
        Check("out.gt_to_pred", (iou, score) => Assignment.Published(iou, score));

    [GoldenFact(Case + ".json")]
    public void One_to_one_assignment_agrees() =>
        Check("out.gt_to_pred_strict", (iou, score) => Assignment.OneToOne(iou, score));

    private static void Check(string expected, Func<double, double, PseudoMaskAssignment> make)
    {
        var checks = 0;
        foreach (var instance in GoldenCase.Load(Case).Instances.Where(instance => instance.Has(expected)))
        {
            using var scope = NewDisposeScope();
            var assignment = make(instance.Number("iou_thr"), instance.Number("score_thr"));
            var predictions = HostValues.Floats(instance["in.scores"]).Select((score, index) => new RankedPrediction(index, score)).ToArray();
            var (rows, boxes) = (HostValues.Floats(instance["in.pred_boxes"]), HostValues.Floats(instance["in.gt_boxes"]));
            var iou = new float[rows.Length / 4, boxes.Length / 4];
            for (var row = 0; row < iou.GetLength(0); row++)
            {
                for (var box = 0; box < iou.GetLength(1); box++)
                {
                    iou[row, box] = Box.IoU(rows.AsSpan(4 * row, 4), boxes.AsSpan(4 * box, 4));
                }
            }

            var assigned = assignment(predictions, iou);
            Assert.Equal(HostValues.Longs(instance[expected]), Array.ConvertAll(assigned, row => (long)row));

            // Predictions that reach the threshold with no box do not matter: the teacher leaves them out.
            int[] matched = [.. Enumerable.Range(0, predictions.Length)
                .Where(row => Enumerable.Range(0, iou.GetLength(1)).Any(box => iou[row, box] >= instance.Number("iou_thr")))];
            var some = new float[matched.Length, iou.GetLength(1)];
            for (var row = 0; row < matched.Length; row++)
            {
                for (var box = 0; box < some.GetLength(1); box++)
                {
                    some[row, box] = iou[matched[row], box];
                }
            }

            var ofMatched = assignment([.. matched.Select(row => predictions[row])], some);
            Assert.Equal(assigned, Array.ConvertAll(ofMatched, row => row < 0 ? -1 : matched[row]));
            checks++;
        }

        Assert.True(checks > 0);
    }
}
