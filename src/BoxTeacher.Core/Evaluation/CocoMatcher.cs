namespace BoxTeacher.Evaluation;

/// <summary>Assigns the detections of a cell to its truths, for all thresholds and area ranges at once.</summary>
internal sealed class CocoMatcher
{
    private const int CellsPerTask = 256;
    private readonly CocoGroups _groups;
    private readonly IouType _type;
    private readonly CocoOutcome _outcome;
    private readonly double[] _thresholds;
    private readonly int _limit;
    private double[] _ious = new double[1024];
    private bool[] _crowd = new bool[16];
    private uint[] _taken = new uint[16];
    private int[] _order = new int[16];
    private int[] _candidates = new int[16];
    private bool[] _ignored = new bool[16];

    private CocoMatcher(CocoGroups groups, IouType type, CocoOptions options, CocoOutcome outcome)
    {
        (_groups, _type, _outcome) = (groups, type, outcome);
        _thresholds = [.. options.IouThresholds.Select(threshold => Math.Min(threshold, 1 - 1e-10))];
        _limit = options.MaxDetections[^1];
    }

    /// <summary>Fills in the outcome, several cells at a time.</summary>
    public static void MatchAll(CocoGroups groups, IouType type, CocoOptions options, CocoOutcome outcome)
    {
        var tasks = (groups.Cells.Length + CellsPerTask - 1) / CellsPerTask;
        Parallel.For(0, tasks, () => new CocoMatcher(groups, type, options, outcome), (task, _, matcher) =>
        {
            var end = Math.Min(groups.Cells.Length, (task + 1) * CellsPerTask);
            for (var i = task * CellsPerTask; i < end; i++)
            {
                matcher.Match(groups.Cells[i]);
            }
            return matcher;
        }, _ => { });
    }

    private void Match(CocoCell cell)
    {
        var detections = _groups.Detections.AsSpan(cell.DetectionStart, cell.DetectionEnd - cell.DetectionStart);
        if (detections.IsEmpty)
        {
            return;
        }
        SortByScore(detections);
        var kept = Math.Min(_limit, detections.Length);
        for (var d = 0; d < detections.Length; d++)
        {
            _outcome.Rank[cell.DetectionStart + d] = d < kept ? d : -1;
        }
        detections = detections[..kept];
        var truths = _groups.Truths.AsSpan(cell.TruthStart, cell.TruthEnd - cell.TruthStart);
        Measure(detections, truths);
        for (var area = 0; area < CocoOptions.Areas.Count; area++)
        {
            Match(detections, truths, area, cell.DetectionStart);
        }
    }

    private void Match(ReadOnlySpan<DetectionResult> detections, ReadOnlySpan<CocoTruth> truths, int area, int first)
    {
        var (low, high) = CocoOptions.Areas[area];
        OrderTruths(truths, low, high);
        var all = _thresholds.Length == 32 ? uint.MaxValue : (1u << _thresholds.Length) - 1;
        for (var d = 0; d < detections.Length; d++)
        {
            uint found = 0, ignore = 0;
            var outside = detections[d].Area < low || detections[d].Area > high ? all : 0;
            var overlaps = _ious.AsSpan(d * truths.Length, truths.Length);
            var count = 0;
            foreach (var g in _order.AsSpan(0, truths.Length))
            {
                if (overlaps[g] >= _thresholds[0])
                {
                    _candidates[count++] = g;
                }
            }
            uint matched = 0;
            for (var t = 0; count > 0 && t < _thresholds.Length; t++)
            {
                var best = Best(overlaps, _candidates.AsSpan(0, count), t);
                if (best < 0)
                {
                    continue;
                }
                var bit = 1u << t;
                _taken[best] |= bit;
                ignore |= _ignored[best] ? bit : 0;
                // The tools note the id of the truth that was found, and take 0 for none.
                matched |= truths[best].Id != 0 ? bit : 0;
            }
            found |= matched;
            _outcome.Found[area, first + d] = found;
            _outcome.Ignored[area, first + d] = ignore | (outside & ~matched);
        }
    }

    // Of the truths that are free, the one with the greatest overlap, the last of equals; but a truth that counts goes
    // before any that is _ignored.
    private int Best(ReadOnlySpan<double> overlaps, ReadOnlySpan<int> truths, int threshold)
    {
        var least = _thresholds[threshold];
        var bit = 1u << threshold;
        var best = -1;
        foreach (var g in truths)
        {
            if ((_taken[g] & bit) != 0 && !_crowd[g])
            {
                continue;
            }
            if (best >= 0 && !_ignored[best] && _ignored[g])
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

    // Those that count first, each part in the _order of the file.
    private void OrderTruths(ReadOnlySpan<CocoTruth> truths, double low, double high)
    {
        var count = 0;
        for (var g = 0; g < truths.Length; g++)
        {
            var size = truths[g].Area;
            _ignored[g] = _crowd[g] || size < low || size > high;
            _taken[g] = 0;
            if (!_ignored[g])
            {
                _order[count++] = g;
            }
        }
        for (var g = 0; g < truths.Length; g++)
        {
            if (_ignored[g])
            {
                _order[count++] = g;
            }
        }
    }

    private void Measure(ReadOnlySpan<DetectionResult> detections, ReadOnlySpan<CocoTruth> truths)
    {
        if (_crowd.Length < truths.Length)
        {
            var length = 2 * truths.Length;
            (_crowd, _taken, _order, _candidates, _ignored) =
                (new bool[length], new uint[length], new int[length], new int[length], new bool[length]);
        }
        if (_ious.Length < (long)detections.Length * truths.Length)
        {
            _ious = new double[2 * detections.Length * truths.Length];
        }
        for (var g = 0; g < truths.Length; g++)
        {
            _crowd[g] = truths[g].IsCrowd;
        }
        PairOverlaps.Measure(_type, detections, truths, _crowd, _ious);
    }

    // Descending, equal scores in the _order given. Cells are small and often sorted already.
    private static void SortByScore(Span<DetectionResult> detections)
    {
        if (detections.Length <= 32)
        {
            for (var i = 1; i < detections.Length; i++)
            {
                var item = detections[i];
                var j = i;
                for (; j > 0 && detections[j - 1].Score < item.Score; j--)
                {
                    detections[j] = detections[j - 1];
                }
                detections[j] = item;
            }
            return;
        }
        var keyed = new (double Score, int Place)[detections.Length];
        for (var i = 0; i < keyed.Length; i++)
        {
            keyed[i] = (-detections[i].Score, i);
        }
        var items = detections.ToArray();
        Array.Sort(keyed, items);
        items.CopyTo(detections);
    }
}
