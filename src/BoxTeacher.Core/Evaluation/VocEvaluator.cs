using BoxTeacher.Data;
using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>Average precision as published results on PASCAL VOC define it; see <see cref="VocSummary"/>.</summary>
public static class VocEvaluator
{
    private const int MaxDetections = 100;

    /// <summary>Compares detections with the truth.</summary>
    /// <param name="truth">The data set.</param>
    /// <param name="results">The detections.</param>
    /// <param name="type">
    /// Whether boxes or masks are compared, and so which of a detection's two scores counts; results on VOC are about masks.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A detection is of an image or a category that the truth lacks, or a mask is missing where masks are compared.
    /// </exception>
    public static VocSummary Evaluate(InstanceDataset truth, IReadOnlyList<DetectionResult> results, IouType type = IouType.Mask)
    {
        ArgumentNullException.ThrowIfNull(truth);
        ArgumentNullException.ThrowIfNull(results);
        results = DetectionResult.Ranked(results, type);
        var options = new CocoOptions { IouThresholds = CocoOptions.Spaced(0.25, 0.95, 15) };
        var coco = CocoEvaluation.Match(truth, results, type, options).Summary;
        var cells = Cells(truth, results, type);
        double[] best = [.. cells.Where(cell => cell.Truths > 0 && cell.Detections.Length > 0).Select(BestOverlap)];
        return new VocSummary(
            coco,
            best.Length == 0 ? double.NaN : best.Average(),
            Precisions(truth, cells, BbtpMatches, FirstOfEquals, AllPoint),
            Precisions(truth, cells, ChainercvMatches, LastOfEquals, AllPoint),
            Precisions(truth, cells, ChainercvMatches, LastOfEquals, ElevenPoint));
    }

    /// <summary>What is in one image of one category: detections by descending score, and their overlaps with the truths.</summary>
    private sealed record Cell(int Category, bool ImageHasTruth, int Truths, DetectionResult[] Detections, double[] Overlaps)
    {
        public ReadOnlySpan<double> Of(int detection) => Overlaps.AsSpan(detection * Truths, Truths);
    }

    private readonly record struct Outcome(double Score, bool Right);

    private delegate void Matcher(Cell cell, double overlap, List<Outcome> outcome);

    private static IEnumerable<Outcome> FirstOfEquals(IEnumerable<Outcome> outcome) => outcome.OrderByDescending(item => item.Score);

    // ChainerCV reverses an ascending order, so that of equal scores the last comes first: once for the matches in an image,
    // and once more for the curve. (Its sort keeps the order of equals in short lists; in long ones it depends on the machine.)
    private static IEnumerable<Outcome> LastOfEquals(IEnumerable<Outcome> outcome) =>
        outcome.Reverse().OrderByDescending(item => item.Score);

    private static Cell[] Cells(InstanceDataset truth, IReadOnlyList<DetectionResult> results, IouType type)
    {
        var perImage = results.Where(result => result.Category >= 0).ToLookup(result => result.ImageId);
        var perRecord = new Cell[truth.Images.Count][];
        ParallelWork.For(truth.Images.Count, i =>
        {
            var image = truth.Images[i];
            var detections = perImage[image.Id].ToLookup(result => result.Category);
            var truths = image.Annotations.Where(annotation => !annotation.IsCrowd).ToLookup(annotation => annotation.Category);
            perRecord[i] =
            [
                .. detections.Select(group => group.Key).Union(truths.Select(group => group.Key)).Order().Select(category => Measure(
                    category, truths.Count > 0, [.. truths[category]],
                    [.. detections[category].OrderByDescending(result => result.Score)], image.Size, type)),
            ];
        });
        return [.. perRecord.SelectMany(cells => cells)];
    }

    private static Cell Measure(
        int category, bool imageHasTruth, Annotation[] truths, DetectionResult[] detections, ImageSize size, IouType type)
    {
        var overlaps = new double[detections.Length * truths.Length];
        PairOverlaps.Measure(
            type, detections, Array.ConvertAll(truths, item => CocoTruth.Of(item, size, type)), new bool[truths.Length], overlaps);
        return new Cell(category, imageHasTruth, truths.Length, detections, overlaps);
    }

    private static double BestOverlap(Cell cell)
    {
        double sum = 0;
        for (var g = 0; g < cell.Truths; g++)
        {
            double best = 0;
            for (var d = 0; d < Math.Min(MaxDetections, cell.Detections.Length); d++)
            {
                best = Math.Max(best, cell.Of(d)[g]);
            }
            sum += best;
        }
        return sum / cell.Truths;
    }

    // The best truth that no better detection has taken; detections in images without any truth do not count.
    private static void BbtpMatches(Cell cell, double overlap, List<Outcome> outcome)
    {
        var taken = new bool[cell.Truths];
        for (var d = 0; cell.ImageHasTruth && d < cell.Detections.Length; d++)
        {
            var best = -1;
            for (var g = 0; g < cell.Truths; g++)
            {
                if (!taken[g] && (best < 0 || cell.Of(d)[g] > cell.Of(d)[best]))
                {
                    best = g;
                }
            }
            var right = best >= 0 && cell.Of(d)[best] > overlap;
            if (right)
            {
                taken[best] = true;
            }
            outcome.Add(new Outcome(cell.Detections[d].Score, right));
        }
    }

    // The best truth, taken or not; overlaps and threshold are single-precision numbers there.
    private static void ChainercvMatches(Cell cell, double overlap, List<Outcome> outcome)
    {
        var taken = new bool[cell.Truths];
        foreach (var d in Enumerable.Range(0, cell.Detections.Length).Reverse().OrderByDescending(d => cell.Detections[d].Score))
        {
            var best = -1;
            for (var g = 0; g < cell.Truths; g++)
            {
                if (best < 0 || (float)cell.Of(d)[g] > (float)cell.Of(d)[best])
                {
                    best = g;
                }
            }
            var right = best >= 0 && (float)cell.Of(d)[best] >= (float)overlap && !taken[best];
            if (best >= 0 && (float)cell.Of(d)[best] >= (float)overlap)
            {
                taken[best] = true;
            }
            outcome.Add(new Outcome(cell.Detections[d].Score, right));
        }
    }

    private static VocPrecision[] Precisions(
        InstanceDataset truth, Cell[] cells, Matcher match, Func<IEnumerable<Outcome>,
        IEnumerable<Outcome>> order, Func<double[], double[], double> average)
    {
        var perCategory = cells.ToLookup(cell => cell.Category);
        return
        [
            .. VocSummary.Overlaps.Select(overlap => new VocPrecision(
                overlap, [.. Enumerable.Range(0, truth.Categories.Count)
                    .Select(category => Precision([.. perCategory[category]], overlap, match, order, average))])),
        ];
    }

    private static double Precision(
        Cell[] cells, double overlap, Matcher match, Func<IEnumerable<Outcome>,
        IEnumerable<Outcome>> order, Func<double[], double[], double> average)
    {
        var positives = cells.Sum(cell => cell.Truths);
        if (positives == 0)
        {
            return double.NaN;
        }
        var outcome = new List<Outcome>();
        foreach (var cell in cells)
        {
            match(cell, overlap, outcome);
        }
        var ordered = order(outcome).ToList();
        double[] precision = new double[ordered.Count], recall = new double[ordered.Count];
        var right = 0;
        foreach (var (i, item) in ordered.Index())
        {
            right += item.Right ? 1 : 0;
            precision[i] = (double)right / (i + 1);
            recall[i] = (double)right / positives;
        }
        return average(precision, recall);
    }

    // The area under the curve that never rises.
    private static double AllPoint(double[] precision, double[] recall)
    {
        double area = 0, highest = 0;
        for (var i = precision.Length - 1; i >= 0; i--)
        {
            highest = Math.Max(highest, precision[i]);
            area += highest * (recall[i] - (i == 0 ? 0 : recall[i - 1]));
        }
        return area;
    }

    private static double ElevenPoint(double[] precision, double[] recall)
    {
        double sum = 0;
        for (var point = 0; point <= 10; point++)
        {
            double highest = 0;
            for (var i = 0; i < precision.Length; i++)
            {
                if (recall[i] >= point * 0.1)
                {
                    highest = Math.Max(highest, precision[i]);
                }
            }
            sum += highest / 11;
        }
        return sum;
    }
}
