using System.Buffers;

namespace BoxTeacher.Masks;

/// <content>Masks against masks.</content>
public sealed partial class RunLengthMask
{
    /// <summary>Intersection over union of two masks by the COCO rule.</summary>
    /// <param name="detection">The detected mask.</param>
    /// <param name="truth">The true mask.</param>
    /// <param name="crowd">Whether the truth is a crowd region: then the denominator is the detection's area.</param>
    /// <returns>
    /// A value in [0, 1], 0 when nothing is shared; -1 for masks of different sizes whose boxes overlap, as the COCO
    /// tools have it.
    /// </returns>
    public static double IoU(RunLengthMask detection, RunLengthMask truth, bool crowd = false)
    {
        double result = 0;
        IoU([detection], [truth], [crowd], new Span<double>(ref result));
        return result;
    }

    /// <summary>Intersection over union of every detection with every truth, by the COCO rule.</summary>
    /// <param name="detections">The detected masks, D of them.</param>
    /// <param name="truths">The true masks, G of them.</param>
    /// <param name="crowd">For each truth, whether it is a crowd region.</param>
    /// <param name="result">Room for D * G values, row by row: detection first.</param>
    /// <exception cref="ArgumentException">A span's length does not fit.</exception>
    public static void IoU(
        ReadOnlySpan<RunLengthMask> detections, ReadOnlySpan<RunLengthMask> truths, ReadOnlySpan<bool> crowd, Span<double> result)
    {
        if (crowd.Length != truths.Length || result.Length != detections.Length * truths.Length)
        {
            throw new ArgumentException("One crowd flag a truth and one result a pair are needed.", nameof(result));
        }
        using var overlap = new MaskOverlap(truths);
        for (var d = 0; d < detections.Length; d++)
        {
            overlap.IoU(detections[d], crowd, result.Slice(d * truths.Length, truths.Length));
        }
    }

    /// <summary>The pixels that are foreground in at least one of the masks.</summary>
    /// <param name="masks">At least one mask, all of one size.</param>
    public static RunLengthMask Union(params ReadOnlySpan<RunLengthMask> masks) => Merge(masks, 1);

    /// <summary>The pixels that are foreground in all of the masks.</summary>
    /// <param name="masks">At least one mask, all of one size.</param>
    public static RunLengthMask Intersect(params ReadOnlySpan<RunLengthMask> masks) => Merge(masks, masks.Length);

    /// <summary>The pixels of this mask that are not in the other.</summary>
    /// <param name="other">A mask of the same size.</param>
    public RunLengthMask Except(RunLengthMask other) => Intersect(this, Complement(other));

    private static RunLengthMask Complement(RunLengthMask mask)
    {
        var intervals = ArrayPool<int>.Shared.Rent(mask.RunLimit);
        var count = mask.CopyIntervals(intervals);
        using var writer = new RunWriter(count + 2, mask.Height);
        var position = 0;
        writer.Add(0);
        foreach (var change in intervals.AsSpan(0, count))
        {
            writer.Add(change - position);
            position = change;
        }
        writer.Add((mask.Height * mask.Width) - position);
        ArrayPool<int>.Shared.Return(intervals);
        return new RunLengthMask(writer, mask.Height, mask.Width);
    }

    // The starts and ends of all masks' foreground, in order of position, count how many masks cover each stretch.
    private static RunLengthMask Merge(ReadOnlySpan<RunLengthMask> masks, int needed)
    {
        if (masks.IsEmpty)
        {
            throw new ArgumentException("At least one mask is needed.", nameof(masks));
        }
        var size = masks[0].Size;
        var limit = 0;
        foreach (var mask in masks)
        {
            limit += mask.RunLimit;
            if (mask.Size != size)
            {
                throw new ArgumentException($"Masks of {size} and of {mask.Size} pixels cannot be merged.", nameof(masks));
            }
        }
        if (masks.Length == 1)
        {
            return masks[0];
        }
        var buffer = ArrayPool<int>.Shared.Rent(2 * limit);
        var starts = buffer.AsSpan(0, limit);
        var ends = buffer.AsSpan(limit, limit);
        var count = 0;
        var intervals = ArrayPool<int>.Shared.Rent(limit);
        foreach (var mask in masks)
        {
            var written = mask.CopyIntervals(intervals);
            for (var i = 0; i < written; i += 2)
            {
                starts[count] = intervals[i];
                ends[count++] = intervals[i + 1];
            }
        }
        starts[..count].Sort();
        ends[..count].Sort();
        using var writer = new RunWriter((2 * count) + 1, size.Height);
        int depth = 0, position = 0;
        for (int s = 0, e = 0; e < count;)
        {
            // All that starts or ends at one place counts together, so that runs which touch become one.
            var here = s < count ? Math.Min(starts[s], ends[e]) : ends[e];
            var before = depth >= needed;
            for (; s < count && starts[s] == here; s++)
            {
                depth++;
            }
            for (; e < count && ends[e] == here; e++)
            {
                depth--;
            }
            if (before != depth >= needed)
            {
                writer.Add(here - position);
                position = here;
            }
        }
        if (position < size.Area)
        {
            writer.Add((int)size.Area - position);
        }
        ArrayPool<int>.Shared.Return(intervals);
        ArrayPool<int>.Shared.Return(buffer);
        return new RunLengthMask(writer, size.Height, size.Width);
    }
}
