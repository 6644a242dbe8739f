using System.Buffers;

namespace BoxTeacher.Masks;

/// <summary>Overlap of many masks with one set of true masks, whose runs are unpacked once.</summary>
internal ref struct MaskOverlap
{
    private readonly ReadOnlySpan<RunLengthMask> _truths;
    private readonly int[] _truthIntervals;
    private readonly int[] _truthEnds;
    private int[] _intervals;

    public MaskOverlap(ReadOnlySpan<RunLengthMask> truths)
    {
        _truths = truths;
        var limit = 0;
        foreach (var truth in truths)
        {
            limit += truth.RunLimit;
        }
        _truthIntervals = ArrayPool<int>.Shared.Rent(Math.Max(1, limit));
        _truthEnds = ArrayPool<int>.Shared.Rent(Math.Max(1, truths.Length));
        _intervals = ArrayPool<int>.Shared.Rent(256);
        var end = 0;
        for (var g = 0; g < truths.Length; g++)
        {
            end += truths[g].CopyIntervals(_truthIntervals.AsSpan(end));
            _truthEnds[g] = end;
        }
    }

    /// <summary>
    /// Intersection over union of one mask with each truth; see <see cref="RunLengthMask.IoU(RunLengthMask, RunLengthMask, bool)"/>.
    /// </summary>
    public void IoU(RunLengthMask detection, ReadOnlySpan<bool> crowd, Span<double> result)
    {
        var count = -1;
        for (var g = 0; g < _truths.Length; g++)
        {
            var truth = _truths[g];
            result[g] = 0;
            var apart = detection.Left >= truth.Right || truth.Left >= detection.Right
                || detection.Top >= truth.Bottom || truth.Top >= detection.Bottom;
            if (apart)
            {
                continue;
            }
            if (detection.Size != truth.Size)
            {
                result[g] = -1;
                continue;
            }
            if (count < 0)
            {
                count = Unpack(detection);
            }
            var start = g == 0 ? 0 : _truthEnds[g - 1];
            var from = Math.Max(detection.Left, truth.Left) * truth.Height;
            var shared = Shared(
                From(_intervals.AsSpan(0, count), from), From(_truthIntervals.AsSpan(start, _truthEnds[g] - start), from));
            if (shared > 0)
            {
                result[g] = (double)shared / (crowd[g] ? detection.Area : detection.Area + truth.Area - shared);
            }
        }
    }

    /// <summary>Gives the buffers back.</summary>
    public readonly void Dispose()
    {
        ArrayPool<int>.Shared.Return(_truthIntervals);
        ArrayPool<int>.Shared.Return(_truthEnds);
        ArrayPool<int>.Shared.Return(_intervals);
    }

    // Leaves out the _intervals that end at or before a position.
    private static ReadOnlySpan<int> From(ReadOnlySpan<int> intervals, int position)
    {
        int low = 0, high = intervals.Length / 2;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            var before = intervals[(2 * middle) + 1] <= position;
            low = before ? middle + 1 : low;
            high = before ? high : middle;
        }
        return intervals[(2 * low)..];
    }

    /// <summary>Number of positions that two ordered lists of intervals (start, end, start, end, ...) share.</summary>
    internal static long Shared(ReadOnlySpan<int> a, ReadOnlySpan<int> b)
    {
        long shared = 0;
        int i = 0, j = 0;
        while (i < a.Length - 1 && j < b.Length - 1)
        {
            int endA = a[i + 1], endB = b[j + 1];
            var stretch = Math.Min(endA, endB) - Math.Max(a[i], b[j]);
            shared += Math.Max(stretch, 0);
            // Both advances are computed without a branch: their outcome is as good as random.
            i += endA <= endB ? 2 : 0;
            j += endB <= endA ? 2 : 0;
        }
        return shared;
    }

    private int Unpack(RunLengthMask mask)
    {
        if (_intervals.Length < mask.RunLimit)
        {
            ArrayPool<int>.Shared.Return(_intervals);
            _intervals = ArrayPool<int>.Shared.Rent(mask.RunLimit);
        }
        return mask.CopyIntervals(_intervals);
    }
}
