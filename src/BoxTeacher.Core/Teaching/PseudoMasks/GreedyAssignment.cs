namespace BoxTeacher.Teaching.PseudoMasks;

/// <summary>
/// Predictions choose in descending detection score; each takes the box that overlaps it most among those still free.
/// Classes are not compared; of equally overlapping boxes the last is taken.
/// </summary>
public sealed class GreedyAssignment : IPseudoMaskAssignment
{
    private readonly double scoreThreshold;
    private readonly Func<RankedPrediction, bool> holds;

    private GreedyAssignment(double iouThreshold, double scoreThreshold, Func<RankedPrediction, bool> holds)
    {
        (IouThreshold, this.scoreThreshold, this.holds) = (iouThreshold, scoreThreshold, holds);
    }

    /// <inheritdoc />
    public double IouThreshold { get; }

    /// <summary>As in the paper: a box that has a prediction keeps it.</summary>
    /// <param name="iouThreshold">Least overlap, inclusive.</param>
    /// <param name="scoreThreshold">Least detection score, inclusive.</param>
    public static GreedyAssignment OneToOne(double iouThreshold = 0.5, double scoreThreshold = 0) =>
        new(iouThreshold, scoreThreshold, _ => true);

    /// <summary>
    /// As in the published code, where a box held by the teacher's very first detection (index 0) still counts as free
    /// and goes to a weaker one that wants it.
    /// </summary>
    /// <param name="iouThreshold">Least overlap, inclusive.</param>
    /// <param name="scoreThreshold">Least detection score, inclusive.</param>
    public static GreedyAssignment Published(double iouThreshold = 0.5, double scoreThreshold = 0) =>
        new(iouThreshold, scoreThreshold, prediction => prediction.Index > 0);

    /// <inheritdoc />
    public int[] Assign(IReadOnlyList<RankedPrediction> predictions, float[,] iou)
    {
        var rowOfBox = new int[iou.GetLength(1)];
        Array.Fill(rowOfBox, -1);
        foreach (var row in Enumerable.Range(0, predictions.Count)
                     .Where(row => predictions[row].Score >= scoreThreshold)
                     .OrderByDescending(row => predictions[row].Score))
        {
            if (BestFreeBox(row) is var box and >= 0)
            {
                rowOfBox[box] = row;
            }
        }

        return rowOfBox;

        int BestFreeBox(int row)
        {
            var (best, overlap) = (-1, IouThreshold);
            for (var box = 0; box < rowOfBox.Length; box++)
            {
                var taken = rowOfBox[box] >= 0 && holds(predictions[rowOfBox[box]]);
                if (!taken && iou[row, box] >= overlap)
                {
                    (best, overlap) = (box, iou[row, box]);
                }
            }

            return best;
        }
    }
}
