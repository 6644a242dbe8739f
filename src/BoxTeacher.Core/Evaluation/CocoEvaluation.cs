using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

/// <summary>
/// Detections that were matched with the truth once; summary, slices, calibration and comparison read the matches, TIDE and
/// the confusion matrix share one measurement of the overlaps across categories. Average precision and recall are as the COCO tools define
/// them (COCOeval of the COCO API), to the last bit, quirks included: an annotation whose id is 0 never counts as found. Of limits of
/// detections without 100 the tools make an AP of -1; here it is that of the largest limit.
/// </summary>
public sealed class CocoEvaluation
{
    private readonly Lazy<CocoSummary> _summary;
    private readonly Lazy<ImageOverlaps[]> _overlaps;

    private CocoEvaluation(
        InstanceDataset truth, IReadOnlyList<DetectionResult> results, IouType type, CocoOptions options, CocoGroups groups,
        CocoOutcome outcome)
    {
        (Type, Options, Groups, Outcome) = (type, options, groups, outcome);
        _summary = new(() => CocoCurves.Draw(groups, outcome, options));
        _overlaps = new(() => ImageOverlaps.Measure(truth, results, type, options));
    }

    /// <summary>Whether boxes or masks were compared.</summary>
    public IouType Type { get; }

    /// <summary>The protocol.</summary>
    public CocoOptions Options { get; }

    /// <summary>The kinds of objects that are kept apart.</summary>
    public IReadOnlyList<Category> Categories => Groups.Kinds;

    /// <summary>The curves and the numbers of all images.</summary>
    public CocoSummary Summary => _summary.Value;

    internal CocoGroups Groups { get; }

    internal CocoOutcome Outcome { get; }

    /// <summary>Matches detections with the truth.</summary>
    /// <param name="truth">The data set.</param>
    /// <param name="results">
    /// The detections. Those of category -1 are left out; equal scores count in the order of this list.
    /// </param>
    /// <param name="type">Whether boxes or masks are compared, and so which of a detection's two scores counts.</param>
    /// <param name="options">The protocol; null: the published one.</param>
    /// <exception cref="ArgumentException">
    /// A detection is of an image or a category that the truth lacks, has a score that is not a number, a mask is missing where masks are
    /// compared, or an option is out of range.
    /// </exception>
    public static CocoEvaluation Match(
        InstanceDataset truth, IReadOnlyList<DetectionResult> results, IouType type, CocoOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(results);
        options ??= CocoOptions.Default;
        options.Check();
        if (type == IouType.Mask && MaskCoverage.Problem(truth, results) is { } problem)
        {
            throw new ArgumentException($"Masks cannot be compared: {problem}.");
        }

        results = DetectionResult.Ranked(results, type);
        var groups = CocoGroups.Make(truth, results, type, options);
        var outcome = new CocoOutcome(groups.Detections.Length, CocoOptions.Areas.Count);
        CocoMatcher.MatchAll(groups, type, options, outcome);
        return new CocoEvaluation(truth, results, type, options, groups, outcome);
    }

    /// <summary>The curves and the numbers of some of the images, to the last bit those of evaluating these images alone.</summary>
    /// <param name="slice">The images.</param>
    /// <exception cref="ArgumentException">An image was not evaluated.</exception>
    public CocoSummary Of(ImageSlice slice)
    {
        ArgumentNullException.ThrowIfNull(slice);
        var copies = new int[Groups.ImageIds.Length];
        foreach (var id in slice.ImageIds)
        {
            var place = Array.BinarySearch(Groups.ImageIds, id);
            if (place < 0)
            {
                throw new ArgumentException($"Slice {slice.Name}: image {id} was not evaluated.", nameof(slice));
            }
            copies[place] = 1;
        }
        return CocoCurves.Draw(Groups, Outcome, Options, copies);
    }

    /// <summary>How much of average precision each kind of error costs.</summary>
    /// <param name="foreground">Overlap from which on a detection is right.</param>
    /// <param name="background">Overlap up to which a detection lies on background.</param>
    public TideSummary Tide(double foreground = 0.5, double background = 0.1) =>
        TideAnalysis.Analyze(_overlaps.Value, Categories.Count, foreground, background);

    /// <summary>Which category was taken for which.</summary>
    /// <param name="score">Detections of lower score are left out.</param>
    /// <param name="iou">Overlap from which on a detection and a truth belong together.</param>
    public ConfusionMatrix Confusion(double score = 0.3, double iou = 0.5) => ConfusionMatrix.Of(_overlaps.Value, Categories, score, iou);

    /// <summary>
    /// Whether scores are probabilities of being right: each detection within the limit counts 1 where it found a truth and 0
    /// where it did not; those that count neither way are left out.
    /// </summary>
    /// <param name="iou">One of the overlap thresholds.</param>
    /// <param name="bins">Number of bins.</param>
    /// <returns>Null where a score lies outside of [0, 1] and so is no probability.</returns>
    /// <exception cref="ArgumentException">The overlap is not one of the thresholds.</exception>
    public Calibration? ScoreCalibration(double iou = 0.5, int bins = Calibration.UsualBins)
    {
        var threshold = Threshold(iou);
        if (threshold < 0)
        {
            throw new ArgumentException($"{iou} is not one of the overlap thresholds.", nameof(iou));
        }
        var bit = 1u << threshold;
        var pairs = new List<(double, double)>();
        for (var i = 0; i < Groups.Detections.Length; i++)
        {
            if (Outcome.Rank[i] >= 0 && (Outcome.Ignored[0, i] & bit) == 0)
            {
                pairs.Add((Groups.Detections[i].Score, (Outcome.Found[0, i] & bit) != 0 ? 1 : 0));
            }
        }
        return pairs.TrueForAll(pair => pair.Item1 is >= 0 and <= 1) ? Calibration.Of(pairs, bins) : null;
    }

    /// <summary>The place of an overlap among the thresholds, or -1.</summary>
    internal int Threshold(double iou) => Array.IndexOf([.. Options.IouThresholds], iou);
}
