using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

/// <summary>One object that was detected in a Cityscapes image.</summary>
/// <param name="LabelId">Its label's id; labels that are not evaluated are left out.</param>
/// <param name="Confidence">Its confidence; only the order matters.</param>
/// <param name="Mask">Where it is: all pixels but zero.</param>
public sealed record CityscapesDetection(int LabelId, double Confidence, LabelMap Mask);

/// <summary>
/// Instance-level average precision as Cityscapes' scripts define it (evalInstanceLevelSemanticLabeling): overlaps must
/// exceed 0.5, 0.55, ..., 0.95; objects below 100 pixels, groups and void regions neither count nor punish; the curve is
/// integrated by central differences over recall.
/// </summary>
public static class CityscapesEvaluator
{
    private const int PerLabel = 1000, MinPixels = 100;

    // numpy's arange(0.5, 1, 0.05), whose steps are the difference of its first two numbers.
    private static readonly double[] Overlaps = [.. Enumerable.Range(0, 10).Select(i => 0.5 + (i * (0.5 + 0.05 - 0.5)))];

    /// <summary>Compares detections with the truth.</summary>
    /// <param name="images">
    /// For each image the picture of instance ids and the detections; enumerated once, several at a time.
    /// </param>
    /// <exception cref="ArgumentException">A detection's mask has another size than its image.</exception>
    public static CityscapesSummary Evaluate(IReadOnlyList<Func<(LabelMap Truth, IReadOnlyList<CityscapesDetection> Detections)>> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var matches = new ImageMatches[images.Count];
        ParallelWork.For(images.Count, i =>
        {
            var (truth, detections) = images[i]();
            matches[i] = Match(truth, detections);
        });
        var precision = new double[CityscapesLabels.Things.Count, Overlaps.Length];
        for (var category = 0; category < CityscapesLabels.Things.Count; category++)
        {
            for (var o = 0; o < Overlaps.Length; o++)
            {
                precision[category, o] = Precision(matches, category, Overlaps[o]);
            }
        }
        return new CityscapesSummary(Overlaps, precision);
    }

    private sealed record Region(int Value, int Pixels)
    {
        public bool IsGroup => Value < PerLabel;

        public bool Counts => !IsGroup && Pixels >= MinPixels;
    }

    // A detection with the number of pixels that it shares with void and with each region of its label.
    private sealed record Found(double Confidence, int Pixels, int Void, int[] Shared)
    {
        public double Overlap(Region region, int index) => (double)Shared[index] / (region.Pixels + Pixels - Shared[index]);
    }

    private sealed record ImageMatches(List<Region>[] Regions, List<Found>[] Detections);

    private static ImageMatches Match(LabelMap truth, IReadOnlyList<CityscapesDetection> detections)
    {
        var regions = new List<Region>[CityscapesLabels.Things.Count];
        var found = new List<Found>[regions.Length];
        for (var i = 0; i < regions.Length; i++)
        {
            (regions[i], found[i]) = ([], []);
        }
        foreach (var (value, pixels) in truth.Count())
        {
            var category = CityscapesLabels.ThingOf(value < PerLabel ? value : value / PerLabel);
            if (category >= 0)
            {
                regions[category].Add(new Region(value, pixels));
            }
        }
        int[] isVoid = [.. CityscapesLabels.All.Where(label => label.IsIgnored && label.Id >= 0).Select(label => label.Id)];
        var histogram = new int[ushort.MaxValue + 1];
        foreach (var detection in detections)
        {
            var category = CityscapesLabels.ThingOf(detection.LabelId);
            if (category < 0)
            {
                continue;
            }
            if ((detection.Mask.Height, detection.Mask.Width) != (truth.Height, truth.Width))
            {
                throw new ArgumentException(
                    $"A mask of {detection.Mask.Height}x{detection.Mask.Width} pixels in an image of {truth.Height}x{truth.Width}.",
                    nameof(detections));
            }
            Array.Clear(histogram);
            var pixels = 0;
            for (var i = 0; i < truth.Labels.Length; i++)
            {
                if (detection.Mask.Labels[i] != 0)
                {
                    histogram[truth.Labels[i]]++;
                    pixels++;
                }
            }
            if (pixels > 0)
            {
                int[] shared = [.. regions[category].Select(region => histogram[region.Value])];
                found[category].Add(new Found(detection.Confidence, pixels, isVoid.Sum(id => histogram[id]), shared));
            }
        }
        return new ImageMatches(regions, found);
    }

    private static double Precision(ImageMatches[] images, int category, double overlap)
    {
        var outcome = new List<(double Score, bool Right)>();
        var missed = 0;
        bool haveTruth = false, haveDetection = false;
        foreach (var image in images)
        {
            var (regions, detections) = (image.Regions[category], image.Detections[category]);
            haveDetection |= detections.Count > 0;
            for (var r = 0; r < regions.Count; r++)
            {
                if (regions[r].Counts)
                {
                    haveTruth = true;
                    missed += Claim(regions[r], r, detections, overlap, outcome) ? 0 : 1;
                }
            }
            foreach (var detection in detections)
            {
                if (IsWrong(detection, regions, overlap))
                {
                    outcome.Add((detection.Confidence, false));
                }
            }
        }
        return !haveTruth ? double.NaN : haveDetection ? Integrate(outcome, missed) : 0;
    }

    // The detection of highest confidence has found the region, further ones are wrong.
    private static bool Claim(Region region, int index, List<Found> detections, double overlap, List<(double, bool)> outcome)
    {
        var best = double.NegativeInfinity;
        var claimed = false;
        foreach (var detection in detections)
        {
            if (detection.Shared[index] > 0 && detection.Overlap(region, index) > overlap)
            {
                if (claimed)
                {
                    outcome.Add((Math.Min(best, detection.Confidence), false));
                }
                best = Math.Max(best, detection.Confidence);
                claimed = true;
            }
        }
        if (claimed)
        {
            outcome.Add((best, true));
        }
        return claimed;
    }

    // It overlaps no region enough, and does not lie on what is not to be judged: void, groups and small objects, where
    // a small group counts twice.
    private static bool IsWrong(Found detection, List<Region> regions, double overlap)
    {
        long excused = detection.Void;
        for (var r = 0; r < regions.Count; r++)
        {
            var shared = detection.Shared[r];
            if (shared > 0 && detection.Overlap(regions[r], r) > overlap)
            {
                return false;
            }
            excused += regions[r].IsGroup ? shared : 0;
            excused += regions[r].Pixels < MinPixels ? shared : 0;
        }
        return (double)excused / detection.Pixels <= overlap;
    }

    private static double Integrate(List<(double Score, bool Right)> outcome, int missed)
    {
        var ordered = outcome.OrderBy(item => item.Score).ToList();
        var total = ordered.Count(item => item.Right);
        var precision = new List<double>();
        var recall = new List<double>();
        var dropped = 0;
        for (var i = 0; i < ordered.Count; i++)
        {
            // Equal scores make one point of the curve.
            if (i == 0 || ordered[i].Score != ordered[i - 1].Score)
            {
                int right = total - dropped, wrong = ordered.Count - i - right;
                precision.Add((double)right / (right + wrong));
                recall.Add((double)right / (right + dropped + missed));
            }
            dropped += ordered[i].Right ? 1 : 0;
        }
        precision.Add(1);
        recall.Add(0);
        double area = 0;
        for (var i = 0; i < precision.Count; i++)
        {
            double before = recall[Math.Max(i - 1, 0)], after = i + 1 < recall.Count ? recall[i + 1] : 0;
            area += precision[i] * 0.5 * (before - after);
        }
        return area;
    }
}
