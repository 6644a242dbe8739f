namespace BoxTeacher.Teaching.PseudoMasks;

/// <summary>A prediction as the assignment sees it.</summary>
/// <param name="Index">Position in the teacher's complete list of detections, best FCOS score first.</param>
/// <param name="Score">Detection score, in [0, 1].</param>
public readonly record struct RankedPrediction(int Index, float Score);

/// <summary>Gives each box of an image at most one of the teacher's predictions.</summary>
public interface IPseudoMaskAssignment
{
    /// <summary>
    /// The least overlap at which a prediction can be assigned at all. The teacher draws masks for predictions that
    /// reach it with some box, and for no others.
    /// </summary>
    double IouThreshold { get; }

    /// <summary>Assigns.</summary>
    /// <param name="predictions">n predictions in any order.</param>
    /// <param name="iou">[n, g] overlaps of predicted boxes (rows) with true boxes (columns).</param>
    /// <returns>For each of the g boxes the row of its prediction, or -1.</returns>
    int[] Assign(IReadOnlyList<RankedPrediction> predictions, float[,] iou);
}
