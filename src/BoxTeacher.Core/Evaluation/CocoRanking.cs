namespace BoxTeacher.Evaluation;

/// <summary>
/// The detections of one kind within the limit, by descending score; equal ones by image, then rank. The order depends on
/// no other image, so that it holds for any part of the images, and for images that count several times.
/// </summary>
internal sealed class CocoRanking
{
    private readonly int[] _places;
    private readonly int[] _images;
    private readonly List<(int Image, int[] Positives)> _truths = [];

    /// <summary>Ranks the detections of a kind.</summary>
    public CocoRanking(CocoGroups groups, CocoOutcome outcome, int kind)
    {
        var places = new List<int>();
        var images = new List<int>();
        foreach (var cell in groups.Cells.AsSpan(groups.KindStarts[kind]..groups.KindStarts[kind + 1]))
        {
            if (cell.TruthEnd > cell.TruthStart)
            {
                _truths.Add((cell.Image, Positives(groups.Truths.AsSpan(cell.TruthStart..cell.TruthEnd))));
            }
            for (var place = cell.DetectionStart; place < cell.DetectionEnd; place++)
            {
                if (outcome.Rank[place] >= 0)
                {
                    places.Add(place);
                    images.Add(cell.Image);
                }
            }
        }
        var order = ScoreOrder.Descending([.. places.Select(place => groups.Detections[place].Score)]);
        _places = Array.ConvertAll(order, i => places[i]);
        _images = Array.ConvertAll(order, i => images[i]);
        Scores = Array.ConvertAll(_places, place => groups.Detections[place].Score);
        Ranks = Array.ConvertAll(_places, place => outcome.Rank[place]);
    }

    /// <summary>The scores, never rising.</summary>
    public double[] Scores { get; }

    /// <summary>The places by score within image and kind.</summary>
    public int[] Ranks { get; }

    /// <summary>At which thresholds each detection found a truth, or counts neither way, in one area range.</summary>
    public (uint[] Found, uint[] Ignored) In(int area, CocoOutcome outcome) => (
        Array.ConvertAll(_places, place => outcome.Found[area, place]), Array.ConvertAll(_places, place => outcome.Ignored[area, place]));

    /// <summary>Number of truths to be found in an area range.</summary>
    /// <param name="area">Index of the area range.</param>
    /// <param name="copies">How many times each image counts; null: once.</param>
    public int Positives(int area, int[]? copies)
    {
        var sum = 0;
        foreach (var (image, positives) in _truths)
        {
            sum += positives[area] * (copies?[image] ?? 1);
        }
        return sum;
    }

    /// <summary>The detections, by index, in the order of the curve, as if every image stood there so many times.</summary>
    /// <param name="copies">How many times each image counts; null: once.</param>
    public int[] Order(int[]? copies)
    {
        if (copies is null)
        {
            return [.. Enumerable.Range(0, Scores.Length)];
        }
        var order = new List<int>(Scores.Length);
        for (var i = 0; i < Scores.Length;)
        {
            // Equal scores of one image stay together: all of its first copy come before those of its second.
            var next = i + 1;
            while (next < Scores.Length && _images[next] == _images[i] && Scores[next] == Scores[i])
            {
                next++;
            }
            for (var copy = 0; copy < copies[_images[i]]; copy++)
            {
                for (var at = i; at < next; at++)
                {
                    order.Add(at);
                }
            }
            i = next;
        }
        return [.. order];
    }

    private static int[] Positives(ReadOnlySpan<CocoTruth> truths)
    {
        var positives = new int[CocoOptions.Areas.Count];
        foreach (ref readonly var truth in truths)
        {
            for (var area = 0; area < positives.Length; area++)
            {
                var (low, high) = CocoOptions.Areas[area];
                positives[area] += !truth.IsCrowd && truth.Area >= low && truth.Area <= high ? 1 : 0;
            }
        }
        return positives;
    }
}
