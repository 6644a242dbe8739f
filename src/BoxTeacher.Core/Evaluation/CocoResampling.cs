using System.Runtime.InteropServices;

namespace BoxTeacher.Evaluation;

/// <summary>Average precision over all sizes when images count several times or not at all, from matches made once.</summary>
internal sealed class CocoResampling
{
    private readonly CocoOptions _options;
    private readonly (CocoRanking Ranking, uint[] Found, uint[] Ignored)[] _kinds;

    /// <summary>Ranks the detections of all kinds, once for all resamples.</summary>
    public CocoResampling(CocoEvaluation evaluation)
    {
        _options = evaluation.Options;
        _kinds =
        [
            .. Enumerable.Range(0, evaluation.Categories.Count).AsParallel().AsOrdered().Select(kind =>
            {
                var ranking = new CocoRanking(evaluation.Groups, evaluation.Outcome, kind);
                var (found, ignored) = ranking.In(0, evaluation.Outcome);
                return (ranking, found, ignored);
            }),
        ];
    }

    /// <summary>Average precision at each overlap threshold, the mean over kinds with truths; NaN where there is none.</summary>
    /// <param name="copies">How many times each image counts; null: once.</param>
    public double[] Precision(int[]? copies)
    {
        var sums = new double[_options.IouThresholds.Count];
        var hits = CocoCurves.NoHits(_options);
        var counted = 0;
        foreach (var (ranking, found, ignored) in _kinds)
        {
            var positives = ranking.Positives(0, copies);
            if (positives == 0)
            {
                continue;
            }
            counted++;
            CocoCurves.Walk(ranking, ranking.Order(copies), found, ignored, _options.MaxDetections[^1], hits);
            for (var threshold = 0; threshold < sums.Length; threshold++)
            {
                sums[threshold] += CocoCurves.AveragePrecision(CollectionsMarshal.AsSpan(hits[threshold]), positives);
            }
        }
        return Array.ConvertAll(sums, sum => counted == 0 ? double.NaN : sum / counted);
    }
}
