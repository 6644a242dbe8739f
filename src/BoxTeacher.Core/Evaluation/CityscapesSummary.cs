using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

/// <summary>The outcome of Cityscapes evaluation; not a number where there was nothing to measure.</summary>
public sealed class CityscapesSummary
{
    private readonly double[,] _precision;

    internal CityscapesSummary(IReadOnlyList<double> overlaps, double[,] precision) => (Overlaps, _precision) = (overlaps, precision);

    /// <summary>The overlap thresholds.</summary>
    public IReadOnlyList<double> Overlaps { get; }

    /// <summary>Average precision: the mean over the categories that have truths, and all overlaps.</summary>
    public double AP => Mean(Enumerable.Range(0, CityscapesLabels.Things.Count).SelectMany(category => Row(category)));

    /// <summary>Average precision at overlap 0.5.</summary>
    public double AP50 => Mean(Enumerable.Range(0, CityscapesLabels.Things.Count).Select(category => _precision[category, 0]));

    /// <summary>Average precision of one category over all overlaps.</summary>
    /// <param name="category">Index into <see cref="CityscapesLabels.Things"/>.</param>
    public double CategoryAP(int category) => Row(category).Average();

    /// <summary>Average precision of one category at one overlap.</summary>
    /// <param name="category">Index into <see cref="CityscapesLabels.Things"/>.</param>
    /// <param name="overlap">Index into <see cref="Overlaps"/>.</param>
    public double At(int category, int overlap) => _precision[category, overlap];

    private IEnumerable<double> Row(int category) => Enumerable.Range(0, Overlaps.Count).Select(overlap => _precision[category, overlap]);

    private static double Mean(IEnumerable<double> values) =>
        values.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();
}
