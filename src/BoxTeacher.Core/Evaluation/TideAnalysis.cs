namespace BoxTeacher.Evaluation;

/// <summary>
/// TIDE, to the letter of the published code (tidecv 1.0.1: quantify.py, errors/error.py, errors/main_errors.py, ap.py).
/// Where it is more exact than the paper, section 2.2: localization, whose bounds belong to it, is asked before category,
/// then duplicate, then background, and "both" is what is left. A truth is given to the error of highest score among those
/// of category and localization together; the others at it are only taken away. A detection on a crowd of its category is
/// not on the curve, but an oracle may fix it all the same.
/// </summary>
internal sealed class TideAnalysis
{
    // Of an image, all categories together; the COCO tools have 100 of each category.
    private const int MaxDetections = 100;

    private readonly double _foreground;
    private readonly double _background;
    private readonly List<Point> _all = [];
    private readonly List<Point> _right = [];
    private readonly List<Fault> _faults = [];
    private readonly int[] _positives;
    private readonly int[] _missed;

    /// <summary>Sorts the errors of all images.</summary>
    public TideAnalysis(IEnumerable<ImageOverlaps> images, int kinds, double foreground, double background)
    {
        (_foreground, _background) = (foreground, background);
        (_positives, _missed) = (new int[kinds], new int[kinds]);
        foreach (var image in images)
        {
            Sort(image);
        }
    }

    /// <summary>A detection on the curve of a kind.</summary>
    private readonly record struct Point(int Kind, double Score, bool IsRight);

    /// <summary>An error; the curve has <paramref name="Before"/>, after the oracle <paramref name="After"/>.</summary>
    private readonly record struct Fault(TideError Error, int Kind, Point? Before, Point? After);

    /// <summary>Average precision as it is.</summary>
    public double AP => Mean(_all, _positives);

    /// <summary>The base, the gain of each oracle, and the two special ones.</summary>
    public static TideSummary Analyze(IEnumerable<ImageOverlaps> images, int kinds, double foreground, double background)
    {
        var analysis = new TideAnalysis(images, kinds, foreground, background);
        var ap = analysis.AP;
        return new TideSummary(
            ap,
            [.. Enum.GetValues<TideError>().Select(error => new TideCost(
                error, analysis._faults.Count(fault => fault.Error == error), Math.Max(analysis.Fixed(error) - ap, 0)))],
            analysis.PerfectPrecision() - ap,
            analysis.PerfectRecall() - ap);
    }

    /// <summary>Average precision without errors of some kinds. Of equal scores what was wrong comes first, as there.</summary>
    public double Fixed(params IReadOnlyCollection<TideError> kinds)
    {
        var positives = _positives.ToArray();
        var points = new List<Point>();
        foreach (var fault in _faults)
        {
            var isFixed = kinds.Contains(fault.Error);
            positives[fault.Kind] -= isFixed && fault.Error == TideError.Miss ? 1 : 0;
            if ((isFixed ? fault.After : fault.Before) is { } point)
            {
                points.Add(point);
            }
        }
        return Mean([.. points, .. _right], positives);
    }

    private double PerfectPrecision() => Mean(
        [.. Wrong.Select(point => point with { Score = 0 }), .. _right.Select(point => point with { Score = 1 })], _positives);

    private double PerfectRecall() => Mean([.. Wrong, .. _right], [.. _positives.Zip(_missed, (all, missed) => all - missed)]);

    private IEnumerable<Point> Wrong => _faults.Select(fault => fault.Before).OfType<Point>();

    private void Sort(ImageOverlaps image)
    {
        var truths = image.Truths;
        var detections = image.Detections.AsSpan(0, Math.Min(MaxDetections, image.Detections.Length));
        var finds = new int[detections.Length];
        var taken = new bool[truths.Length];
        for (var d = 0; d < detections.Length; d++)
        {
            var kind = detections[d].Kind;
            var best = image.Best(d, g => !truths[g].IsCrowd && truths[g].Kind == kind && !taken[g]);
            finds[d] = best >= 0 && image.Of(d)[best] >= _foreground ? best : -1;
            if (finds[d] >= 0)
            {
                taken[best] = true;
            }
        }
        // A truth that was not found is given to the first error that could have found it: the one of highest score.
        var given = new bool[truths.Length];
        for (var d = 0; d < detections.Length; d++)
        {
            var (kind, score) = detections[d];
            var point = new Point(kind, score, finds[d] >= 0);
            if (point.IsRight)
            {
                _all.Add(point);
                _right.Add(point);
                continue;
            }
            var crowd = image.Best(d, g => truths[g].IsCrowd && truths[g].Kind == kind);
            Point? before = crowd >= 0 && image.Of(d)[crowd] > _foreground ? null : point;
            if (before is not null)
            {
                _all.Add(point);
            }
            var (error, target) = Classify(image, d, taken);
            Point? right = target >= 0 && !taken[target] && !given[target] ? new Point(truths[target].Kind, score, true) : null;
            if (right is not null)
            {
                given[target] = true;
            }
            _faults.Add(new Fault(error, kind, before, right));
        }
        for (var g = 0; g < truths.Length; g++)
        {
            var (kind, isCrowd) = truths[g];
            _positives[kind] += isCrowd ? 0 : 1;
            _missed[kind] += isCrowd || taken[g] ? 0 : 1;
            if (!isCrowd && !taken[g] && !given[g])
            {
                _faults.Add(new Fault(TideError.Miss, kind, null, null));
            }
        }
    }

    // The error of a wrong detection, and the truth that it stands for, or -1.
    private (TideError Error, int Target) Classify(ImageOverlaps image, int detection, bool[] taken)
    {
        var truths = image.Truths;
        var kind = image.Detections[detection].Kind;
        var same = image.Best(detection, g => !truths[g].IsCrowd && truths[g].Kind == kind);
        var other = image.Best(detection, g => !truths[g].IsCrowd && truths[g].Kind != kind);
        var found = image.Best(detection, g => taken[g] && truths[g].Kind == kind);
        var (sameOverlap, otherOverlap, foundOverlap) = (Overlap(same), Overlap(other), Overlap(found));
        return sameOverlap >= _background && sameOverlap <= _foreground ? (TideError.Loc, same)
            : otherOverlap >= _foreground ? (TideError.Cls, other)
            : foundOverlap >= _foreground ? (TideError.Dupe, -1)
            : Math.Max(sameOverlap, otherOverlap) <= _background ? (TideError.Bkg, -1)
            : (TideError.Both, -1);

        double Overlap(int truth) => truth < 0 ? 0 : image.Of(detection)[truth];
    }

    // Over the kinds that have a truth or a detection.
    private static double Mean(IReadOnlyList<Point> points, int[] positives)
    {
        var perKind = points.ToLookup(point => point.Kind);
        return Enumerable.Range(0, positives.Length)
            .Where(kind => positives[kind] > 0 || perKind.Contains(kind))
            .Select(kind => Precision([.. perKind[kind]], positives[kind]))
            .DefaultIfEmpty(double.NaN).Average();
    }

    // Precision that never rises, read at recalls 0, 0.01, ..., 1.
    private static double Precision(Point[] points, int positives)
    {
        var order = ScoreOrder.Descending(Array.ConvertAll(points, point => point.Score));
        var precision = new List<double>();
        for (var i = 0; i < order.Length; i++)
        {
            if (points[order[i]].IsRight)
            {
                precision.Add((precision.Count + 1.0) / (i + 1));
            }
        }
        for (var i = precision.Count - 2; i >= 0; i--)
        {
            precision[i] = Math.Max(precision[i], precision[i + 1]);
        }
        double sum = 0;
        var hit = 0;
        for (var percent = 0; positives > 0 && percent <= 100; percent++)
        {
            while (hit < precision.Count && (hit + 1.0) / positives < percent / 100.0)
            {
                hit++;
            }
            sum += hit < precision.Count ? precision[hit] : 0;
        }
        return sum / 101;
    }
}
