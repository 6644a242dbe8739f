using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

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
