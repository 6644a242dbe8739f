using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

/// <summary>
/// The outcome of COCO evaluation. Numbers are shares of 1, or -1 where there was nothing to measure. The arrays are
/// those of the COCO tools, bit for bit: precision and score are [T, R, K, A, M] in row-major order (overlap thresholds,
/// recall thresholds, categories, area ranges, limits of detections), recall is [T, K, A, M].
/// </summary>
public sealed class CocoSummary
{
    private readonly double[] _precision;
    private readonly double[] _recall;
    private readonly double[] _scores;

    internal CocoSummary(CocoOptions options, IReadOnlyList<Category> categories, double[] precision, double[] recall, double[] scores)
    {
        (Options, Categories) = (options, categories);
        (_precision, _recall, _scores) = (precision, recall, scores);
    }

    /// <summary>The categories along the arrays' axis K; a single nameless one if they were not kept apart.</summary>
    public IReadOnlyList<Category> Categories { get; }

    /// <summary>Precision at each recall, never rising; [T, R, K, A, M].</summary>
    public ReadOnlySpan<double> Precision => _precision;

    /// <summary>The greatest recall; [T, K, A, M].</summary>
    public ReadOnlySpan<double> Recall => _recall;

    /// <summary>The score at which each recall was reached; [T, R, K, A, M].</summary>
    public ReadOnlySpan<double> Scores => _scores;

    /// <summary>The protocol.</summary>
    public CocoOptions Options { get; }

    /// <summary>Average precision over all overlap thresholds, for all sizes.</summary>
    public double AP => MeanPrecision();

    /// <summary>Average precision at overlap 0.5.</summary>
    public double AP50 => MeanPrecision(0.5);

    /// <summary>Average precision at overlap 0.75.</summary>
    public double AP75 => MeanPrecision(0.75);

    /// <summary>
    /// The twelve numbers with their names, in the published order: the precisions, average recall at each limit of detections (AR1, AR10,
    /// AR100), and at the last one by size.
    /// </summary>
    public IReadOnlyList<(string Name, double Value)> Numbers =>
    [
        .. Precisions(), .. Options.MaxDetections.Select(limit => ($"AR{limit}", MeanRecall(0, limit))),
        ("ARs", MeanRecall(1)), ("ARm", MeanRecall(2)), ("ARl", MeanRecall(3)),
    ];

    /// <summary>
    /// Average precision over all overlap thresholds, at 0.5 and at 0.75, for objects of up to 32 x 32 pixels, up to 96 x 96, and from
    /// there on.
    /// </summary>
    /// <param name="category">One category by its place in <see cref="Categories"/>; null: all.</param>
    public IReadOnlyList<(string Name, double Value)> Precisions(int? category = null) =>
    [
        ("AP", MeanPrecision(category: category)),
        ("AP50", MeanPrecision(0.5, category: category)),
        ("AP75", MeanPrecision(0.75, category: category)),
        ("APs", MeanPrecision(area: 1, category: category)),
        ("APm", MeanPrecision(area: 2, category: category)),
        ("APl", MeanPrecision(area: 3, category: category)),
    ];

    /// <summary>Mean precision over recalls, categories and thresholds.</summary>
    /// <param name="iou">One overlap threshold; null: all.</param>
    /// <param name="area">Index of the area range.</param>
    /// <param name="maxDetections">One of the limits; null: the last one.</param>
    /// <param name="category">One category by its place in <see cref="Categories"/>; null: all.</param>
    /// <returns>The mean of the valid entries, or -1 if there is none.</returns>
    public double MeanPrecision(double? iou = null, int area = 0, int? maxDetections = null, int? category = null) =>
        Mean(_precision, CocoOptions.RecallThresholds.Count, iou, area, maxDetections, category);

    /// <summary>Mean of the greatest recalls over categories and thresholds; -1 if there is none.</summary>
    /// <param name="area">Index of the area range.</param>
    /// <param name="maxDetections">One of the limits; null: the last one.</param>
    /// <param name="category">One category by its place in <see cref="Categories"/>; null: all.</param>
    public double MeanRecall(int area = 0, int? maxDetections = null, int? category = null) =>
        Mean(_recall, 1, null, area, maxDetections, category);

    private double Mean(double[] values, int perThreshold, double? iou, int area, int? maxDetections, int? category)
    {
        int limits = Options.MaxDetections.Count, areas = CocoOptions.Areas.Count, kinds = Categories.Count;
        double sum = 0, lost = 0;
        long count = 0;
        for (var limit = 0; limit < limits; limit++)
        {
            if (Options.MaxDetections[limit] != (maxDetections ?? Options.MaxDetections[^1]))
            {
                continue;
            }
            for (var row = 0; row < Options.IouThresholds.Count * perThreshold; row++)
            {
                if (iou is { } only && Options.IouThresholds[row / perThreshold] != only)
                {
                    continue;
                }
                for (var kind = category ?? 0; kind <= (category ?? (kinds - 1)); kind++)
                {
                    var value = values[(((((row * kinds) + kind) * areas) + area) * limits) + limit];
                    if (value > -1)
                    {
                        // Kahan's summation: what rounding drops is carried along.
                        var corrected = value - lost;
                        var next = sum + corrected;
                        lost = next - sum - corrected;
                        sum = next;
                        count++;
                    }
                }
            }
        }
        return count == 0 ? -1 : sum / count;
    }
}

/// <summary>A named number of an evaluation.</summary>
/// <param name="Name">Such as <c>mask AP50</c>.</param>
/// <param name="Value">A share of one; NaN where there was nothing to measure.</param>
public sealed record Metric(string Name, double Value);

/// <summary>COCO's metrics of a detector's answers; without masks on both sides there are no mask metrics.</summary>
/// <param name="Box">By the overlap of boxes.</param>
/// <param name="Mask">By the overlap of masks; null where the detector gives none, or an object of the truth has none.</param>
public sealed record EvaluationResult(CocoEvaluation Box, CocoEvaluation? Mask)
{
    /// <summary>AP, AP50 and AP75, those of masks first.</summary>
    public IReadOnlyList<Metric> Metrics { get; } = [.. Mask is null ? [] : Named("mask", Mask.Summary), .. Named("box", Box.Summary)];

    /// <summary>Evaluates detections. Small, medium and large are areas of what is compared, boxes or masks.</summary>
    /// <param name="truth">The data set.</param>
    /// <param name="detections">What was found in its images.</param>
    /// <param name="hasMasks">Whether the detector gives masks.</param>
    /// <param name="options">The protocol; null: the published one.</param>
    public static EvaluationResult Of(
        InstanceDataset truth, IReadOnlyList<DetectionResult> detections, bool hasMasks, CocoOptions? options = null) => new(
        CocoEvaluation.Match(truth, [.. detections.Select(one => one with { Area = one.Box.Area })], IouType.Box, options),
        hasMasks && MaskCoverage.Problem(truth) is null ? CocoEvaluation.Match(truth, detections, IouType.Mask, options) : null);

    private static IEnumerable<Metric> Named(string kind, CocoSummary summary) =>
        from metric in summary.Precisions().Take(3)
        select new Metric($"{kind} {metric.Name}", metric.Value < 0 ? double.NaN : metric.Value);
}
