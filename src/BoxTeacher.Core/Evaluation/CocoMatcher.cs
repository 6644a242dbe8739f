using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>Assigns the detections of a cell to its truths, for all thresholds and area ranges at once.</summary>
internal sealed class CocoMatcher
{
    private const int CellsPerTask = 256;
    private readonly CocoGroups groups;
    private readonly IouType type;
    private readonly CocoOutcome outcome;
    private readonly double[] thresholds;
    private readonly int limit;
    private double[] ious = new double[1024];
    private bool[] crowd = new bool[16];
    private uint[] taken = new uint[16];
    private int[] order = new int[16];
    private int[] candidates = new int[16];
    private bool[] ignored = new bool[16];

    private CocoMatcher(CocoGroups groups, IouType type, CocoOptions options, CocoOutcome outcome)
    {
        (this.groups, this.type, this.outcome) = (groups, type, outcome);
        thresholds = [.. options.IouThresholds.Select(threshold => Math.Min(threshold, 1 - 1e-10))];
        limit = options.MaxDetections[^1];
    }

    /// <summary>Fills in the outcome, several cells at a time.</summary>
    public static void MatchAll(CocoGroups groups, IouType type, CocoOptions options, CocoOutcome outcome)
    {
        int tasks = (groups.Cells.Length + CellsPerTask - 1) / CellsPerTask;
        Parallel.For(0, tasks, () => new CocoMatcher(groups, type, options, outcome), (task, _, matcher) =>
        {
            int end = Math.Min(groups.Cells.Length, (task + 1) * CellsPerTask);
            for (int i = task * CellsPerTask; i < end; i++)
            {
                matcher.Match(groups.Cells[i]);
            }
            return matcher;
        }, _ => { });
    }

    private void Match(CocoCell cell)
    {
        var detections = groups.Detections.AsSpan(cell.DetectionStart, cell.DetectionEnd - cell.DetectionStart);
        if (detections.IsEmpty)
        {
            return;
        }
        SortByScore(detections);
        int kept = Math.Min(limit, detections.Length);
        for (int d = 0; d < detections.Length; d++)
        {
            outcome.Rank[cell.DetectionStart + d] = d < kept ? d : -1;
        }
        detections = detections[..kept];
        var truths = groups.Truths.AsSpan(cell.TruthStart, cell.TruthEnd - cell.TruthStart);
        Measure(detections, truths, cell.Size);
        for (int area = 0; area < CocoOptions.Areas.Count; area++)
        {
            Match(detections, truths, area, cell.DetectionStart);
        }
    }

    private void Match(ReadOnlySpan<DetectionResult> detections, ReadOnlySpan<CocoTruth> truths, int area, int first)
    {
        var (low, high) = CocoOptions.Areas[area];
        OrderTruths(truths, low, high);
        uint all = thresholds.Length == 32 ? uint.MaxValue : (1u << thresholds.Length) - 1;
        for (int d = 0; d < detections.Length; d++)
        {
            uint found = 0, ignore = 0;
            uint outside = detections[d].Area < low || detections[d].Area > high ? all : 0;
            var overlaps = ious.AsSpan(d * truths.Length, truths.Length);
            int count = 0;
            foreach (int g in order.AsSpan(0, truths.Length))
            {
                if (overlaps[g] >= thresholds[0])
                {
                    candidates[count++] = g;
                }
            }
            uint matched = 0;
            for (int t = 0; count > 0 && t < thresholds.Length; t++)
            {
                int best = Best(overlaps, candidates.AsSpan(0, count), t);
                if (best < 0)
                {
                    continue;
                }
                uint bit = 1u << t;
                taken[best] |= bit;
                ignore |= ignored[best] ? bit : 0;
                // The tools note the id of the truth that was found, and take 0 for none.
                matched |= truths[best].Annotation.Id != 0 ? bit : 0;
            }
            found |= matched;
            outcome.Found[area, first + d] = found;
            outcome.Ignored[area, first + d] = ignore | (outside & ~matched);
        }
    }

    // Of the truths that are free, the one with the greatest overlap, the last of equals; but a truth that counts goes
    // before any that is ignored.
    private int Best(ReadOnlySpan<double> overlaps, ReadOnlySpan<int> truths, int threshold)
    {
        double least = thresholds[threshold];
        uint bit = 1u << threshold;
        int best = -1;
        foreach (int g in truths)
        {
            if ((taken[g] & bit) != 0 && !crowd[g])
            {
                continue;
            }
            if (best >= 0 && !ignored[best] && ignored[g])
            {
                break;
            }
            if (overlaps[g] >= least)
            {
                least = overlaps[g];
                best = g;
            }
        }
        return best;
    }

    // Those that count first, each part in the order of the file.
    private void OrderTruths(ReadOnlySpan<CocoTruth> truths, double low, double high)
    {
        int count = 0;
        for (int g = 0; g < truths.Length; g++)
        {
            double size = truths[g].Annotation.Area;
            ignored[g] = crowd[g] || size < low || size > high;
            taken[g] = 0;
            if (!ignored[g])
            {
                order[count++] = g;
            }
        }
        for (int g = 0; g < truths.Length; g++)
        {
            if (ignored[g])
            {
                order[count++] = g;
            }
        }
    }

    private void Measure(ReadOnlySpan<DetectionResult> detections, ReadOnlySpan<CocoTruth> truths, ImageSize size)
    {
        if (crowd.Length < truths.Length)
        {
            int length = 2 * truths.Length;
            (crowd, taken, order, candidates, ignored) = (new bool[length], new uint[length], new int[length], new int[length], new bool[length]);
        }
        if (ious.Length < (long)detections.Length * truths.Length)
        {
            ious = new double[2 * detections.Length * truths.Length];
        }
        for (int g = 0; g < truths.Length; g++)
        {
            crowd[g] = truths[g].Annotation.IsCrowd;
        }
        if (truths.IsEmpty)
        {
            return;
        }
        if (type == IouType.Box)
        {
            MeasureBoxes(detections, truths);
        }
        else
        {
            MeasureMasks(detections, truths, size);
        }
    }

    private void MeasureBoxes(ReadOnlySpan<DetectionResult> detections, ReadOnlySpan<CocoTruth> truths)
    {
        for (int d = 0; d < detections.Length; d++)
        {
            for (int g = 0; g < truths.Length; g++)
            {
                ious[(d * truths.Length) + g] = Box.IoU(detections[d].Box, truths[g].Annotation.Box, crowd[g]);
            }
        }
    }

    private void MeasureMasks(ReadOnlySpan<DetectionResult> detections, ReadOnlySpan<CocoTruth> truths, ImageSize size)
    {
        var masks = new RunLengthMask[truths.Length];
        for (int g = 0; g < masks.Length; g++)
        {
            var annotation = truths[g].Annotation;
            masks[g] = annotation.Segmentation?.ToMask(size) ?? RunLengthMask.FromBox(annotation.Box, size.Height, size.Width);
        }
        using var overlap = new MaskOverlap(masks);
        for (int d = 0; d < detections.Length; d++)
        {
            var mask = detections[d].Mask ?? RunLengthMask.FromBox(detections[d].Box, size.Height, size.Width);
            overlap.IoU(mask, crowd, ious.AsSpan(d * truths.Length, truths.Length));
        }
    }

    // Descending, equal scores in the order given. Cells are small and often sorted already.
    private static void SortByScore(Span<DetectionResult> detections)
    {
        if (detections.Length <= 32)
        {
            for (int i = 1; i < detections.Length; i++)
            {
                var item = detections[i];
                int j = i;
                for (; j > 0 && detections[j - 1].Score < item.Score; j--)
                {
                    detections[j] = detections[j - 1];
                }
                detections[j] = item;
            }
            return;
        }
        var keyed = new (double Score, int Place)[detections.Length];
        for (int i = 0; i < keyed.Length; i++)
        {
            keyed[i] = (-detections[i].Score, i);
        }
        var items = detections.ToArray();
        Array.Sort(keyed, items);
        items.CopyTo(detections);
    }
}
