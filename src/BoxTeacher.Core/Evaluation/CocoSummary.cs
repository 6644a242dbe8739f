using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

/// <summary>
/// The outcome of COCO evaluation. Numbers are shares of 1, or -1 where there was nothing to measure. The arrays are
/// those of the COCO tools, bit for bit: precision and score are [T, R, K, A, M] in row-major order (overlap thresholds,
/// recall thresholds, categories, area ranges, limits of detections), recall is [T, K, A, M].
/// </summary>
public sealed class CocoSummary
{
    private readonly CocoOptions _options;
    private readonly double[] _precision;
    private readonly double[] _recall;
    private readonly double[] _scores;

    internal CocoSummary(CocoOptions options, IReadOnlyList<Category> categories, double[] precision, double[] recall, double[] scores)
    {
        (_options, Categories) = (options, categories);
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

    /// <summary>Average precision over all overlap thresholds, for all sizes, with 100 detections an image.</summary>
    public double AP => MeanPrecision(null, 0, 100);

    /// <summary>Average precision at overlap 0.5.</summary>
    public double AP50 => MeanPrecision(0.5, 0, _options.MaxDetections[2]);

    /// <summary>Average precision at overlap 0.75.</summary>
    public double AP75 => MeanPrecision(0.75, 0, _options.MaxDetections[2]);

    /// <summary>Average precision for objects up to 32 x 32 pixels.</summary>
    public double APs => MeanPrecision(null, 1, _options.MaxDetections[2]);

    /// <summary>Average precision for objects from 32 x 32 to 96 x 96 pixels.</summary>
    public double APm => MeanPrecision(null, 2, _options.MaxDetections[2]);

    /// <summary>Average precision for objects from 96 x 96 pixels on.</summary>
    public double APl => MeanPrecision(null, 3, _options.MaxDetections[2]);

    /// <summary>Average recall with the first limit of detections, 1 an image.</summary>
    public double AR1 => MeanRecall(0, _options.MaxDetections[0]);

    /// <summary>Average recall with the second limit of detections, 10 an image.</summary>
    public double AR10 => MeanRecall(0, _options.MaxDetections[1]);

    /// <summary>Average recall with the third limit of detections, 100 an image.</summary>
    public double AR100 => MeanRecall(0, _options.MaxDetections[2]);

    /// <summary>Average recall for objects up to 32 x 32 pixels.</summary>
    public double ARs => MeanRecall(1, _options.MaxDetections[2]);

    /// <summary>Average recall for objects from 32 x 32 to 96 x 96 pixels.</summary>
    public double ARm => MeanRecall(2, _options.MaxDetections[2]);

    /// <summary>Average recall for objects from 96 x 96 pixels on.</summary>
    public double ARl => MeanRecall(3, _options.MaxDetections[2]);

    /// <summary>The twelve numbers with their names, in the published order.</summary>
    public IReadOnlyList<(string Name, double Value)> Numbers =>
    [
        (nameof(AP), AP), (nameof(AP50), AP50), (nameof(AP75), AP75), (nameof(APs), APs), (nameof(APm), APm), (nameof(APl), APl),
        (nameof(AR1), AR1), (nameof(AR10), AR10), (nameof(AR100), AR100), (nameof(ARs), ARs), (nameof(ARm), ARm), (nameof(ARl), ARl),
    ];

    /// <summary>Mean precision over recalls, categories and thresholds.</summary>
    /// <param name="iou">One overlap threshold; null: all.</param>
    /// <param name="area">Index of the area range.</param>
    /// <param name="maxDetections">One of the limits.</param>
    /// <param name="category">One category by its place in <see cref="Categories"/>; null: all.</param>
    /// <returns>The mean of the valid entries, or -1 if there is none.</returns>
    public double MeanPrecision(double? iou = null, int area = 0, int maxDetections = 100, int? category = null) =>
        Mean(_precision, CocoOptions.RecallThresholds.Count, iou, area, maxDetections, category);

    /// <summary>Mean of the greatest recalls over categories and thresholds; -1 if there is none.</summary>
    /// <param name="area">Index of the area range.</param>
    /// <param name="maxDetections">One of the limits.</param>
    /// <param name="category">One category by its place in <see cref="Categories"/>; null: all.</param>
    public double MeanRecall(int area = 0, int maxDetections = 100, int? category = null) =>
        Mean(_recall, 1, null, area, maxDetections, category);

    private double Mean(double[] values, int perThreshold, double? iou, int area, int maxDetections, int? category)
    {
        int limits = _options.MaxDetections.Count, areas = CocoOptions.Areas.Count, kinds = Categories.Count;
        double sum = 0, lost = 0;
        long count = 0;
        for (var limit = 0; limit < limits; limit++)
        {
            if (_options.MaxDetections[limit] != maxDetections)
            {
                continue;
            }
            for (var row = 0; row < _options.IouThresholds.Count * perThreshold; row++)
            {
                if (iou is { } only && _options.IouThresholds[row / perThreshold] != only)
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

/// <summary>COCO's metrics of a detector's answers; a detector of boxes alone has no mask metrics.</summary>
/// <param name="Box">By the overlap of boxes.</param>
/// <param name="Mask">By the overlap of masks; null where the detector gives none.</param>
public sealed record EvaluationResult(CocoSummary Box, CocoSummary? Mask)
{
    /// <summary>AP, AP50 and AP75, those of masks first.</summary>
    public IReadOnlyList<Metric> Metrics { get; } = [.. Mask is null ? [] : Named("mask", Mask), .. Named("box", Box)];

    /// <summary>Evaluates detections.</summary>
    /// <param name="truth">The data set.</param>
    /// <param name="detections">What was found in its images.</param>
    /// <param name="hasMasks">Whether the detector gives masks.</param>
    public static EvaluationResult Of(InstanceDataset truth, IReadOnlyList<DetectionResult> detections, bool hasMasks) => new(
        CocoEvaluator.Evaluate(truth, detections, IouType.Box), hasMasks ? CocoEvaluator.Evaluate(truth, detections, IouType.Mask) : null);

    private static IEnumerable<Metric> Named(string kind, CocoSummary summary) =>
        from metric in ((string Name, double Value)[])[("AP", summary.AP), ("AP50", summary.AP50), ("AP75", summary.AP75)]
        select new Metric($"{kind} {metric.Name}", metric.Value < 0 ? double.NaN : metric.Value);
}
