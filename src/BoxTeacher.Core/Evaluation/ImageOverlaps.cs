using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

/// <summary>One image: its truths and detections of all categories, and the overlap of each pair.</summary>
/// <param name="Truths">Kind of each truth, and whether it is a crowd, in the order of the file.</param>
/// <param name="Detections">Kind and score of each detection, the highest score first; equal ones in the order given.</param>
/// <param name="Values">Intersection over union, [detections, truths].</param>
internal sealed record ImageOverlaps((int Kind, bool IsCrowd)[] Truths, (int Kind, double Score)[] Detections, double[] Values)
{
    /// <summary>The overlaps of one detection.</summary>
    public ReadOnlySpan<double> Of(int detection) => Values.AsSpan(detection * Truths.Length, Truths.Length);

    /// <summary>The truth of greatest positive overlap among those that a predicate lets pass, the first of equals; -1: none.</summary>
    public int Best(int detection, Func<int, bool> counts)
    {
        var overlaps = Of(detection);
        var best = -1;
        for (var g = 0; g < overlaps.Length; g++)
        {
            if (overlaps[g] > (best < 0 ? 0 : overlaps[best]) && counts(g))
            {
                best = g;
            }
        }
        return best;
    }

    /// <summary>Measures all images, several at a time, in the order of the data set.</summary>
    public static ImageOverlaps[] Measure(
        InstanceDataset truth, IReadOnlyList<DetectionResult> results, IouType type, CocoOptions options)
    {
        var perImage = results.ToLookup(result => result.ImageId);
        ImageRecord[] images = [.. truth.Images.Where(image => options.ImageIds?.Contains(image.Id) ?? true)];
        var kinds = Kinds(truth.Categories.Count, options);
        var overlaps = new ImageOverlaps[images.Length];
        ParallelWork.For(images.Length, i => overlaps[i] = Measure(images[i], [.. perImage[images[i].Id]], type, kinds));
        return overlaps;
    }

    private static ImageOverlaps Measure(ImageRecord image, DetectionResult[] results, IouType type, int[] kinds)
    {
        Annotation[] annotations = [.. image.Annotations.Where(item => kinds[item.Category] >= 0)];
        var truths = Array.ConvertAll(annotations, item => CocoTruth.Of(item, image.Size, type));
        DetectionResult[] kept = [.. results.Where(result => result.Category >= 0 && kinds[result.Category] >= 0)];
        var order = ScoreOrder.Descending([.. kept.Select(result => result.Score)]);
        var detections = Array.ConvertAll(order, place => kept[place]);
        var overlaps = new double[detections.Length * truths.Length];
        PairOverlaps.Measure(type, detections, truths, Array.ConvertAll(truths, item => item.IsCrowd), overlaps);
        return new ImageOverlaps(
            Array.ConvertAll(annotations, item => (kinds[item.Category], item.IsCrowd)),
            Array.ConvertAll(detections, result => (kinds[result.Category], result.Score)),
            overlaps);
    }

    // For each category its place among those that are looked at, or -1.
    private static int[] Kinds(int categories, CocoOptions options)
    {
        var next = 0;
        return
        [
            .. Enumerable.Range(0, categories).Select(category =>
                !(options.Categories?.Contains(category) ?? true) ? -1 : options.PerCategory ? next++ : 0),
        ];
    }
}
