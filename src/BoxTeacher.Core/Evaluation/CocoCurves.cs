using System.Runtime.InteropServices;

namespace BoxTeacher.Evaluation;

/// <summary>Precision, recall and scores from what became of the detections.</summary>
internal static class CocoCurves
{
    // numpy's spacing(1), which keeps the denominator from being zero.
    private const double Spacing = 2.220446049250313e-16;

    /// <summary>Draws the curves of all kinds, several at a time.</summary>
    /// <param name="groups">The truths and detections.</param>
    /// <param name="outcome">What became of them.</param>
    /// <param name="options">The protocol.</param>
    /// <param name="copies">How many times each image counts; null: once.</param>
    public static CocoSummary Draw(CocoGroups groups, CocoOutcome outcome, CocoOptions options, int[]? copies = null)
    {
        var curves = new Curves(options, groups.Kinds.Count);
        Parallel.For(0, groups.Kinds.Count, kind => Draw(new CocoRanking(groups, outcome, kind), outcome, options, copies, kind, curves));
        return new CocoSummary(options, groups.Kinds, curves.Precision, curves.Recall, curves.Scores);
    }

    private static void Draw(CocoRanking ranking, CocoOutcome outcome, CocoOptions options, int[]? copies, int kind, Curves curves)
    {
        var order = ranking.Order(copies);
        var hits = NoHits(options);
        for (var area = 0; area < CocoOptions.Areas.Count; area++)
        {
            var positives = ranking.Positives(area, copies);
            if (positives == 0)
            {
                continue;
            }
            var (found, ignored) = ranking.In(area, outcome);
            for (var limit = 0; limit < options.MaxDetections.Count; limit++)
            {
                var firstScore = Walk(ranking, order, found, ignored, options.MaxDetections[limit], hits);
                for (var threshold = 0; threshold < hits.Length; threshold++)
                {
                    curves.Fill(threshold, kind, area, limit, CollectionsMarshal.AsSpan(hits[threshold]), positives, firstScore);
                }
            }
        }
    }

    /// <summary>A place of the curve where a truth is found.</summary>
    internal readonly record struct Hit(double Precision, double Score);

    /// <summary>An empty list of hits for each overlap threshold.</summary>
    internal static List<Hit>[] NoHits(CocoOptions options) => [.. options.IouThresholds.Select(_ => new List<Hit>())];

    /// <summary>
    /// Notes where truths are found, for each threshold. Precision changes for the better only there, so these places are
    /// all that the curves need.
    /// </summary>
    /// <returns>The score of the first detection within the limit, or 0.</returns>
    internal static double Walk(CocoRanking ranking, int[] order, uint[] found, uint[] ignored, int limit, List<Hit>[] hits)
    {
        var (ranks, scores) = (ranking.Ranks, ranking.Scores);
        var wrong = new int[hits.Length];
        foreach (var list in hits)
        {
            list.Clear();
        }
        int wrongAtAll = 0, first = -1;
        foreach (var i in order)
        {
            if (ranks[i] >= limit)
            {
                continue;
            }
            first = first < 0 ? i : first;
            if ((found[i] | ignored[i]) == 0)
            {
                wrongAtAll++;
                continue;
            }
            for (var t = 0; t < hits.Length; t++)
            {
                var bit = 1u << t;
                if ((ignored[i] & bit) != 0)
                {
                    continue;
                }
                if ((found[i] & bit) == 0)
                {
                    wrong[t]++;
                    continue;
                }
                double right = hits[t].Count + 1;
                hits[t].Add(new Hit(right / (wrongAtAll + wrong[t] + right + Spacing), scores[i]));
            }
        }
        return first < 0 ? 0 : scores[first];
    }

    /// <summary>Mean over the recall thresholds of the precision that never rises.</summary>
    internal static double AveragePrecision(Span<Hit> hits, int positives)
    {
        Span<int> places = stackalloc int[CocoOptions.RecallThresholds.Count];
        Read(hits, positives, places);
        double sum = 0;
        foreach (var place in places)
        {
            sum += place < hits.Length ? hits[place].Precision : 0;
        }
        return sum / places.Length;
    }

    // Makes precision never rise, and finds for each recall threshold the hit that reaches it; hits.Length: none does.
    private static void Read(Span<Hit> hits, int positives, Span<int> places)
    {
        for (var i = hits.Length - 2; i >= 0; i--)
        {
            if (hits[i].Precision < hits[i + 1].Precision)
            {
                hits[i] = hits[i] with { Precision = hits[i + 1].Precision };
            }
        }
        var hit = 0;
        for (var r = 0; r < places.Length; r++)
        {
            while (hit < hits.Length && (double)(hit + 1) / positives < CocoOptions.RecallThresholds[r])
            {
                hit++;
            }
            places[r] = hit;
        }
    }

    private sealed class Curves
    {
        private readonly int _kinds;
        private readonly int _areas = CocoOptions.Areas.Count;
        private readonly int _limits;
        private readonly IReadOnlyList<double> _recalls = CocoOptions.RecallThresholds;

        public Curves(CocoOptions options, int kinds)
        {
            (_kinds, _limits) = (kinds, options.MaxDetections.Count);
            var cells = options.IouThresholds.Count * kinds * _areas * _limits;
            (Precision, Recall, Scores) = (new double[cells * _recalls.Count], new double[cells], new double[cells * _recalls.Count]);
            Array.Fill(Precision, -1);
            Array.Fill(Recall, -1);
            Array.Fill(Scores, -1);
        }

        public double[] Precision { get; }

        public double[] Recall { get; }

        public double[] Scores { get; }

        public void Fill(int threshold, int kind, int area, int limit, Span<Hit> hits, int positives, double firstScore)
        {
            Recall[At(threshold, kind, area, limit)] = (double)hits.Length / positives;
            Span<int> places = stackalloc int[_recalls.Count];
            Read(hits, positives, places);
            for (var r = 0; r < places.Length; r++)
            {
                var at = At((threshold * _recalls.Count) + r, kind, area, limit);
                Precision[at] = places[r] < hits.Length ? hits[places[r]].Precision : 0;
                // Recall 0 is reached by the very first detection, right or wrong.
                Scores[at] = _recalls[r] == 0 ? firstScore : places[r] < hits.Length ? hits[places[r]].Score : 0;
            }
        }

        private int At(int row, int kind, int area, int limit) => (((((row * _kinds) + kind) * _areas) + area) * _limits) + limit;
    }
}
