namespace BoxTeacher.Methods;

/// <summary>A prediction as the assignment sees it.</summary>
/// <param name="Index">Position in the teacher's complete list of detections, best detection score first.</param>
/// <param name="Score">Score with the mask's quality in it, in [0, 1].</param>
public readonly record struct RankedPrediction(int Index, float Score);

/// <summary>Gives each box of an image at most one of the teacher's predictions.</summary>
/// <param name="predictions">n predictions in any order.</param>
/// <param name="iou">[n, g] overlaps of predicted boxes (rows) with true boxes (columns).</param>
/// <returns>For each of the g boxes the row of its prediction, or -1.</returns>
public delegate int[] PseudoMaskAssignment(IReadOnlyList<RankedPrediction> predictions, float[,] iou);

/// <summary>
/// The assignments of the paper and of its code. Predictions choose in descending score; each takes the box that overlaps it most among
/// those still free. Classes are not compared; of equally overlapping boxes the last is taken.
/// </summary>
public static class Assignment
{
    /// <summary>As in the paper: a box that has a prediction keeps it.</summary>
    /// <param name="iouThreshold">Least overlap, inclusive.</param>
    /// <param name="scoreThreshold">Least score, inclusive.</param>
    public static PseudoMaskAssignment OneToOne(double iouThreshold = 0.5, double scoreThreshold = 0) =>
        (predictions, iou) => Greedy(predictions, iou, iouThreshold, scoreThreshold, _ => true);

    /// <summary>
    /// As in the published code, where a box held by the teacher's very first detection (index 0) still counts as free
    /// and goes to a weaker one that wants it.
    /// </summary>
    /// <param name="iouThreshold">Least overlap, inclusive.</param>
    /// <param name="scoreThreshold">Least score, inclusive.</param>
    public static PseudoMaskAssignment Published(double iouThreshold = 0.5, double scoreThreshold = 0) =>
        (predictions, iou) => Greedy(predictions, iou, iouThreshold, scoreThreshold, prediction => prediction.Index > 0);

    private static int[] Greedy(
        IReadOnlyList<RankedPrediction> predictions, float[,] iou,
        double iouThreshold, double scoreThreshold, Func<RankedPrediction, bool> holds)
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
            var (best, overlap) = (-1, iouThreshold);
            for (var box = 0; box < rowOfBox.Length; box++)
            {
                var isTaken = rowOfBox[box] >= 0 && holds(predictions[rowOfBox[box]]);
                if (!isTaken && iou[row, box] >= overlap)
                {
                    (best, overlap) = (box, iou[row, box]);
                }
            }

            return best;
        }
    }
}
