using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

/// <summary>
/// Average precision and recall as the COCO tools define them (COCOeval of the COCO API). The results are theirs to the
/// last bit, quirks included: an annotation whose id is 0 never counts as found.
/// </summary>
public static class CocoEvaluator
{
    /// <summary>Compares detections with the truth.</summary>
    /// <param name="truth">The data set.</param>
    /// <param name="results">
    /// The detections. Those of category -1 are left out; equal scores count in the order of this list.
    /// </param>
    /// <param name="type">Whether boxes or masks are compared.</param>
    /// <param name="options">The protocol; null: the published one.</param>
    /// <exception cref="ArgumentException">
    /// A detection is of an image or a category that the truth lacks, has a score that is not a number, or an option is
    /// out of range.
    /// </exception>
    public static CocoSummary Evaluate(
        InstanceDataset truth, IReadOnlyList<DetectionResult> results, IouType type, CocoOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(results);
        options ??= CocoOptions.Default;
        options.Check();
        var groups = CocoGroups.Make(truth, results, options);
        var outcome = new CocoOutcome(groups.Detections.Length, CocoOptions.Areas.Count);
        CocoMatcher.MatchAll(groups, type, options, outcome);
        return CocoCurves.Draw(groups, outcome, options);
    }
}
