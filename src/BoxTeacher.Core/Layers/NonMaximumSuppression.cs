using BoxTeacher.Structures;

namespace BoxTeacher.Layers;

/// <summary>Greedy non-maximum suppression on managed values: one sort and a loop, no tensor operation per box.</summary>
public static class NonMaximumSuppression
{
    /// <summary>
    /// Keeps boxes in descending order of score; a box goes when its IoU with a kept box of the same class exceeds the threshold.
    /// Equal scores keep their order. Boxes without area have an undefined IoU with each other and suppress nothing.
    /// </summary>
    /// <param name="boxes">4n numbers, xyxy.</param>
    /// <param name="scores">n scores.</param>
    /// <param name="classes">n classes.</param>
    /// <param name="iouThreshold">In [0,1].</param>
    /// <param name="limit">How many boxes to keep; those tied with the last one are kept too.</param>
    /// <returns>Indices of the kept boxes, best first.</returns>
    public static int[] ByClass(ReadOnlySpan<float> boxes, ReadOnlySpan<float> scores, ReadOnlySpan<long> classes, float iouThreshold,
        int limit = int.MaxValue)
    {
        if (boxes.Length != 4 * scores.Length || classes.Length != scores.Length)
        {
            throw new ArgumentException(
                $"{scores.Length} scores need as many classes and boxes, not {classes.Length} and {boxes.Length / 4}.");
        }

        var order = DescendingOrder(scores);
        var kept = new List<int>();
        var keptOfClass = new Dictionary<long, List<int>>();
        foreach (var candidate in order)
        {
            if (kept.Count >= limit && scores[candidate] < scores[kept[limit - 1]])
            {
                break;
            }

            if (!keptOfClass.TryGetValue(classes[candidate], out var rivals))
            {
                keptOfClass[classes[candidate]] = rivals = [];
            }

            if (IsSuppressed(boxes, candidate, rivals, iouThreshold))
            {
                continue;
            }

            kept.Add(candidate);
            rivals.Add(candidate);
        }
        return [.. kept];
    }

    private static bool IsSuppressed(ReadOnlySpan<float> boxes, int candidate, List<int> rivals, float threshold)
    {
        var box = boxes.Slice(4 * candidate, 4);
        foreach (var rival in rivals)
        {
            if (Box.IoU(boxes.Slice(4 * rival, 4), box) > threshold)
            {
                return true;
            }
        }

        return false;
    }

    private static int[] DescendingOrder(ReadOnlySpan<float> scores)
    {
        var order = new int[scores.Length];
        var keys = new (float Score, int Index)[scores.Length];
        for (var i = 0; i < order.Length; i++)
        {
            (order[i], keys[i]) = (i, (-scores[i], i));
        }

        Array.Sort(keys, order);
        return order;
    }
}
