namespace BoxTeacher.Evaluation;

/// <summary>What was said and what came out among the pairs of one bin of scores.</summary>
/// <param name="Low">Scores lie above this; those of the first bin may equal it.</param>
/// <param name="High">Scores lie at or below this.</param>
/// <param name="Count">Number of pairs.</param>
/// <param name="Confidence">Mean of the scores; NaN in an empty bin.</param>
/// <param name="Accuracy">Mean of the outcomes: the share that is right, or a mean IoU; NaN in an empty bin.</param>
public sealed record CalibrationBin(double Low, double High, int Count, double Confidence, double Accuracy)
{
    /// <summary>|accuracy - confidence|; NaN in an empty bin.</summary>
    internal double Gap => Math.Abs(Accuracy - Confidence);
}

/// <summary>
/// How well scores foretell an outcome: the reliability diagram and its errors over bins of equal width (Guo et al., "On
/// Calibration of Modern Neural Networks", ICML 2017, section 2).
/// </summary>
/// <param name="Bins">From 0 to 1, one beside the other.</param>
public sealed record Calibration(IReadOnlyList<CalibrationBin> Bins)
{
    /// <summary>Bins of the published reliability diagrams.</summary>
    public const int UsualBins = 10;

    /// <summary>Number of pairs.</summary>
    public int Count => Bins.Sum(bin => bin.Count);

    /// <summary>Expected calibration error, sum over bins of count / all * gap; NaN without any pair.</summary>
    public double ExpectedError => Count == 0 ? double.NaN : Filled.Sum(bin => bin.Count * bin.Gap) / Count;

    /// <summary>Maximum calibration error, the greatest gap; NaN without any pair.</summary>
    public double MaximumError => Count == 0 ? double.NaN : Filled.Max(bin => bin.Gap);

    private IEnumerable<CalibrationBin> Filled => Bins.Where(bin => bin.Count > 0);

    /// <summary>Sorts pairs into bins.</summary>
    /// <param name="pairs">
    /// Scores in [0, 1] with outcomes in [0, 1]: 0 or 1 for wrong or right, or a mask's IoU with the truth.
    /// </param>
    /// <param name="bins">Number of bins.</param>
    /// <exception cref="ArgumentException">There is no bin, or a score or outcome is outside of [0, 1].</exception>
    public static Calibration Of(IEnumerable<(double Score, double Outcome)> pairs, int bins = UsualBins)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        var counts = new int[bins];
        double[] scores = new double[bins], outcomes = new double[bins];
        foreach (var (score, outcome) in pairs)
        {
            if (!(score is >= 0 and <= 1 && outcome is >= 0 and <= 1))
            {
                throw new ArgumentException($"Score {score} with outcome {outcome}: both must lie in [0, 1].", nameof(pairs));
            }
            var bin = BinOf(score, bins);
            counts[bin]++;
            scores[bin] += score;
            outcomes[bin] += outcome;
        }
        return new Calibration(
        [
            .. Enumerable.Range(0, bins).Select(bin => new CalibrationBin(
                (double)bin / bins, (bin + 1.0) / bins, counts[bin], scores[bin] / counts[bin], outcomes[bin] / counts[bin])),
        ]);
    }

    // The first bin whose upper end is not below the score; the product may be off by its rounding.
    private static int BinOf(double score, int bins)
    {
        var bin = Math.Clamp((int)Math.Ceiling(score * bins) - 1, 0, bins - 1);
        return bin > 0 && score <= (double)bin / bins ? bin - 1 : bin < bins - 1 && score > (bin + 1.0) / bins ? bin + 1 : bin;
    }
}
