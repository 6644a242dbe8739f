using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>How much a metric differs between two results on the same images.</summary>
/// <param name="Name">AP, AP50 or AP75.</param>
/// <param name="Value">The metric of the result, a share of 1.</param>
/// <param name="Baseline">The metric of the result that it is compared with.</param>
/// <param name="Resampled">The difference of each resample, ascending; resamples without any truth are left out.</param>
public sealed record MetricDifference(string Name, double Value, double Baseline, IReadOnlyList<double> Resampled)
{
    /// <summary>Value minus baseline.</summary>
    public double Difference => Value - Baseline;

    /// <summary>The lower end of the 95 % percentile interval of the difference.</summary>
    public double Low => Percentile(0.025);

    /// <summary>The upper end of the 95 % percentile interval of the difference.</summary>
    public double High => Percentile(0.975);

    /// <summary>Share of the resamples in which the result is worse than the baseline.</summary>
    public double ShareBelowZero => Resampled.Count == 0 ? double.NaN : (double)Resampled.Count(value => value < 0) / Resampled.Count;

    // Linear between neighbors, as numpy has it.
    private double Percentile(double share)
    {
        if (Resampled.Count == 0)
        {
            return double.NaN;
        }
        var place = share * (Resampled.Count - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, Resampled.Count - 1);
        return Resampled[below] + ((place - below) * (Resampled[above] - Resampled[below]));
    }
}

/// <summary>
/// Two results on the same images, compared by the paired bootstrap over images (Efron and Tibshirani, "An Introduction to
/// the Bootstrap", 1993, chapter 13): images are drawn with replacement, the same ones for both results.
/// </summary>
/// <param name="Resamples">Number of draws.</param>
/// <param name="Differences">AP, and AP50 and AP75 where the protocol has these overlaps.</param>
public sealed record CocoComparison(int Resamples, IReadOnlyList<MetricDifference> Differences)
{
    /// <summary>Draws and compares. The matches are those of the evaluations; no overlap is measured again.</summary>
    /// <param name="result">The result in question.</param>
    /// <param name="baseline">What it is compared with: the same images, categories and protocol.</param>
    /// <param name="resamples">Number of draws.</param>
    /// <param name="seed">Equal seeds give equal draws.</param>
    /// <exception cref="ArgumentException">The two were not evaluated alike.</exception>
    public static CocoComparison Of(CocoEvaluation result, CocoEvaluation baseline, int resamples = 1000, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(baseline);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(resamples);
        if (result.Type != baseline.Type
            || !result.Groups.ImageIds.SequenceEqual(baseline.Groups.ImageIds)
            || !result.Categories.SequenceEqual(baseline.Categories)
            || !result.Options.IouThresholds.SequenceEqual(baseline.Options.IouThresholds)
            || !result.Options.MaxDetections.SequenceEqual(baseline.Options.MaxDetections))
        {
            throw new ArgumentException("Only evaluations of the same images, categories and protocol can be compared.", nameof(baseline));
        }
        CocoResampling first = new(result), second = new(baseline);
        var random = new RandomStream(seed);
        var drawn = new double[resamples][];
        Parallel.For(0, resamples, i =>
        {
            var copies = Draw(random.Split((ulong)i), result.Groups.ImageIds.Length);
            drawn[i] = [.. first.Precision(copies).Zip(second.Precision(copies), (value, other) => value - other)];
        });
        var (all, others) = (first.Precision(null), second.Precision(null));
        return new CocoComparison(
            resamples,
            [
                .. Metrics(result).Select(metric => new MetricDifference(
                    metric.Name, metric.Of(all), metric.Of(others), [.. drawn.Select(metric.Of).Where(double.IsFinite).Order()])),
            ]);
    }

    private static IEnumerable<(string Name, Func<double[], double> Of)> Metrics(CocoEvaluation evaluation)
    {
        yield return ("AP", values => values.Average());
        foreach (var (name, iou) in new[] { ("AP50", 0.5), ("AP75", 0.75) })
        {
            var place = evaluation.Threshold(iou);
            if (place >= 0)
            {
                yield return (name, values => values[place]);
            }
        }
    }

    private static int[] Draw(RandomStream random, int images)
    {
        var copies = new int[images];
        for (var i = 0; i < images; i++)
        {
            copies[random.Below(images)]++;
        }
        return copies;
    }
}
