using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

/// <summary>
/// How often a truth of one category was detected as one of another. In each image detections choose by descending score,
/// each the truth of greatest overlap, of whatever category, that is still free. What matches nothing goes with background,
/// but a detection on a crowd of its own category is left out.
/// </summary>
public sealed class ConfusionMatrix
{
    private readonly int[,] _counts;

    private ConfusionMatrix(IReadOnlyList<Category> categories, int[,] counts) => (Categories, _counts) = (categories, counts);

    /// <summary>The categories, in the order of rows and columns.</summary>
    public IReadOnlyList<Category> Categories { get; }

    /// <summary>The row and column of background, after those of the categories.</summary>
    public int Background => Categories.Count;

    /// <summary>Number of truths of one category that were detected as another.</summary>
    /// <param name="truth">Row: the true category; <see cref="Background"/>: detections that match no truth.</param>
    /// <param name="detected">Column: the detected category; <see cref="Background"/>: truths that were missed.</param>
    public int this[int truth, int detected] => _counts[truth, detected];

    internal static ConfusionMatrix Of(
        IReadOnlyList<ImageOverlaps> images, IReadOnlyList<Category> categories, double score, double iou)
    {
        var background = categories.Count;
        var counts = new int[background + 1, background + 1];
        foreach (var image in images)
        {
            var truths = image.Truths;
            var taken = new bool[truths.Length];
            for (var d = 0; d < image.Detections.Length && image.Detections[d].Score >= score; d++)
            {
                var kind = image.Detections[d].Kind;
                var best = image.Best(d, g => !taken[g] && !truths[g].IsCrowd);
                if (best >= 0 && image.Of(d)[best] >= iou)
                {
                    taken[best] = true;
                    counts[truths[best].Kind, kind]++;
                    continue;
                }
                var crowd = image.Best(d, g => truths[g].IsCrowd && truths[g].Kind == kind);
                if (crowd < 0 || image.Of(d)[crowd] < iou)
                {
                    counts[background, kind]++;
                }
            }
            foreach (var (g, truth) in truths.Index())
            {
                if (!truth.IsCrowd && !taken[g])
                {
                    counts[truth.Kind, background]++;
                }
            }
        }
        return new ConfusionMatrix(categories, counts);
    }
}
