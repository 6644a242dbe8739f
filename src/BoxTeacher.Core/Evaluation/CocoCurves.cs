using System.Runtime.InteropServices;

namespace BoxTeacher.Evaluation;

/// <summary>Precision, recall and scores from what became of the detections.</summary>
internal static class CocoCurves
{
    // numpy's spacing(1), which keeps the denominator from being zero.
    private const double Spacing = 2.220446049250313e-16;

    /// <summary>Draws the curves of all kinds, several at a time.</summary>
    public static CocoSummary Draw(CocoGroups groups, CocoOutcome outcome, CocoOptions options)
    {
        var curves = new Curves(options, groups.Kinds.Count);
        Parallel.For(0, groups.Kinds.Count, kind => Draw(groups, outcome, options, kind, curves));
        return new CocoSummary(options, groups.Kinds, curves.Precision, curves.Recall, curves.Scores);
    }

    private static void Draw(CocoGroups groups, CocoOutcome outcome, CocoOptions options, int kind, Curves curves)
    {
        var cells = groups.Cells.AsSpan(groups.KindStarts[kind]..groups.KindStarts[kind + 1]);
        if (cells.IsEmpty)
        {
            return;
        }
        var places = ByScore(groups, outcome, cells[0].DetectionStart, cells[^1].DetectionEnd);
        var ranks = Array.ConvertAll(places, place => outcome.Rank[place]);
        var scores = Array.ConvertAll(places, place => groups.Detections[place].Score);
        uint[] found = new uint[places.Length], ignored = new uint[places.Length];
        var hits = new List<Hit>[options.IouThresholds.Count];
        for (var t = 0; t < hits.Length; t++)
        {
            hits[t] = [];
        }
        var truths = groups.Truths.AsSpan(cells[0].TruthStart..cells[^1].TruthEnd);
        for (var area = 0; area < CocoOptions.Areas.Count; area++)
        {
            var positives = Positives(truths, area);
            if (positives == 0)
            {
                continue;
            }
            for (var i = 0; i < places.Length; i++)
            {
                (found[i], ignored[i]) = (outcome.Found[area, places[i]], outcome.Ignored[area, places[i]]);
            }
            for (var limit = 0; limit < options.MaxDetections.Count; limit++)
            {
                var firstScore = Walk(ranks, scores, found, ignored, options.MaxDetections[limit], hits);
                for (var threshold = 0; threshold < hits.Length; threshold++)
                {
                    curves.Fill(threshold, kind, area, limit, CollectionsMarshal.AsSpan(hits[threshold]), positives, firstScore);
                }
            }
        }
    }

    private static int Positives(ReadOnlySpan<CocoTruth> truths, int area)
    {
        var (low, high) = CocoOptions.Areas[area];
        var positives = 0;
        foreach (var (annotation, _) in truths)
        {
            positives += !annotation.IsCrowd && annotation.Area >= low && annotation.Area <= high ? 1 : 0;
        }
        return positives;
    }

    // The places of the detections within the limit, by descending score; equal ones by image, then rank.
    private static int[] ByScore(CocoGroups groups, CocoOutcome outcome, int start, int end)
    {
        var places = new int[end - start];
        var keys = new double[end - start];
        var count = 0;
        for (var i = start; i < end; i++)
        {
            if (outcome.Rank[i] >= 0)
            {
                keys[count] = -groups.Detections[i].Score;
                places[count++] = i;
            }
        }
        Array.Sort(keys, places, 0, count);
        for (var i = 0; i < count;)
        {
            var next = i + 1;
            while (next < count && keys[next] == keys[i])
            {
                next++;
            }
            places.AsSpan(i, next - i).Sort();
            i = next;
        }
        return places.AsSpan(0, count).ToArray();
    }

    private readonly record struct Hit(double Precision, double Score);

    // Precision changes for the better only where a truth is found, so these places are all that the curves need.
    // Returns the score of the first detection within the limit, or 0.
    private static double Walk(int[] ranks, double[] scores, uint[] found, uint[] ignored, int limit, List<Hit>[] hits)
    {
        var wrong = new int[hits.Length];
        foreach (var list in hits)
        {
            list.Clear();
        }
        int wrongAtAll = 0, first = -1;
        for (var i = 0; i < ranks.Length; i++)
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
            // From the right on precision never falls.
            for (var i = hits.Length - 2; i >= 0; i--)
            {
                if (hits[i].Precision < hits[i + 1].Precision)
                {
                    hits[i] = hits[i] with { Precision = hits[i + 1].Precision };
                }
            }
            var hit = 0;
            for (var r = 0; r < _recalls.Count; r++)
            {
                while (hit < hits.Length && (double)(hit + 1) / positives < _recalls[r])
                {
                    hit++;
                }
                var at = At((threshold * _recalls.Count) + r, kind, area, limit);
                Precision[at] = hit < hits.Length ? hits[hit].Precision : 0;
                // Recall 0 is reached by the very first detection, right or wrong.
                Scores[at] = _recalls[r] == 0 ? firstScore : hit < hits.Length ? hits[hit].Score : 0;
            }
        }

        private int At(int row, int kind, int area, int limit) => (((((row * _kinds) + kind) * _areas) + area) * _limits) + limit;
    }
}
