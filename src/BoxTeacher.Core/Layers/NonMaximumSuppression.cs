using System.Numerics;

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
    /// <param name="iouThreshold">In [0, 1].</param>
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
        var keptOfClass = new Dictionary<long, Rivals>();
        foreach (var candidate in order)
        {
            if (kept.Count >= limit && scores[candidate] < scores[kept[limit - 1]])
            {
                break;
            }

            if (!keptOfClass.TryGetValue(classes[candidate], out var rivals))
            {
                keptOfClass[classes[candidate]] = rivals = new Rivals();
            }

            var box = boxes.Slice(4 * candidate, 4);
            if (!rivals.Suppress(box, iouThreshold))
            {
                kept.Add(candidate);
                rivals.Add(box);
            }
        }

        return [.. kept];
    }

    // Whole numbers are sorted several times faster than pairs: a score in the upper half, an index in the lower.
    private static int[] DescendingOrder(ReadOnlySpan<float> scores)
    {
        var keys = new ulong[scores.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            keys[i] = ((ulong)~Ascending(scores[i]) << 32) | (uint)i;
        }

        Array.Sort(keys);
        return Array.ConvertAll(keys, key => (int)(uint)key);
    }

    // A number as ordered as the score: both zeros are one, and what is no number stands above all.
    private static uint Ascending(float score)
    {
        const uint Sign = 1u << 31;
        var bits = BitConverter.SingleToUInt32Bits(score + 0f);
        return float.IsNaN(score) ? uint.MaxValue : (bits & Sign) != 0 ? ~bits : bits | Sign;
    }

    /// <summary>The kept boxes of a class, coordinate by coordinate, so that a candidate meets several at a time.</summary>
    private sealed class Rivals
    {
        private readonly float[][] _corners = [[], [], [], []];
        private float[] _areas = [];
        private int _count;

        /// <summary>Whether the IoU of a box with one of them exceeds the threshold; the same numbers as <c>Box.IoU</c>.</summary>
        public bool Suppress(ReadOnlySpan<float> box, float threshold)
        {
            var (left, top, right, bottom) = (
                new Vector<float>(box[0]), new Vector<float>(box[1]), new Vector<float>(box[2]), new Vector<float>(box[3]));
            var (area, limit) = (new Vector<float>(Area(box)), new Vector<float>(threshold));
            var (lefts, tops, rights, bottoms) = (_corners[0], _corners[1], _corners[2], _corners[3]);
            for (var i = 0; i < _count; i += Vector<float>.Count)
            {
                var width = Vector.Min(new Vector<float>(rights, i), right) - Vector.Max(new Vector<float>(lefts, i), left);
                var height = Vector.Min(new Vector<float>(bottoms, i), bottom) - Vector.Max(new Vector<float>(tops, i), top);
                var meet = Vector.GreaterThan(width, Vector<float>.Zero) & Vector.GreaterThan(height, Vector<float>.Zero);
                var shared = width * height;
                var overlap = shared / (new Vector<float>(_areas, i) + area - shared);
                if (Vector.GreaterThanAny(Vector.ConditionalSelect(Vector.AsVectorSingle(meet), overlap, Vector<float>.Zero), limit))
                {
                    return true;
                }
            }

            return false;
        }

        public void Add(ReadOnlySpan<float> box)
        {
            if (_count == _areas.Length)
            {
                // Places that are still free hold boxes that meet none.
                var room = Math.Max(8 * Vector<float>.Count, 2 * _count);
                foreach (ref var corners in _corners.AsSpan())
                {
                    Array.Resize(ref corners, room);
                }

                Array.Resize(ref _areas, room);
            }

            for (var corner = 0; corner < 4; corner++)
            {
                _corners[corner][_count] = box[corner];
            }

            _areas[_count++] = Area(box);
        }

        private static float Area(ReadOnlySpan<float> box) => (box[2] - box[0]) * (box[3] - box[1]);
    }
}
