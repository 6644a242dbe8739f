
namespace BoxTeacher.Evaluation;

/// <summary>Average precision of each category at one overlap; not a number for a category without truths.</summary>
/// <param name="Overlap">The overlap threshold.</param>
/// <param name="PerCategory">One number a category.</param>
public sealed record VocPrecision(double Overlap, IReadOnlyList<double> PerCategory)
{
    /// <summary>The mean over the categories that have truths.</summary>
    public double Mean => PerCategory.Where(ap => !double.IsNaN(ap)).DefaultIfEmpty(double.NaN).Average();
}

/// <summary>
/// The outcome of PASCAL VOC evaluation, in the three definitions that published results use. They differ by a few
/// thousandths, so a comparison must use one and the same.
/// </summary>
/// <param name="Coco">
/// COCO's curves at overlaps 0.25, 0.3, ..., 0.95, read at 101 recalls (BoxLevelSet; BoxTeacher's tables are of this
/// family).
/// </param>
/// <param name="Abo">Average best overlap: over images and categories, the mean of each truth's greatest overlap.</param>
/// <param name="Bbtp">All-point average precision; overlap must exceed the threshold (BBTP, Hsu et al., NeurIPS 2019).</param>
/// <param name="Chainercv">All-point average precision as in ChainerCV; overlap must reach the threshold.</param>
/// <param name="Chainercv07">The same, read at 11 recalls as VOC did up to 2007 (SDS, MNC, FCIS).</param>
public sealed record VocSummary(
    CocoSummary Coco, double Abo, IReadOnlyList<VocPrecision> Bbtp,
    IReadOnlyList<VocPrecision> Chainercv, IReadOnlyList<VocPrecision> Chainercv07)
{
    /// <summary>The overlaps at which average precision is given.</summary>
    public static IReadOnlyList<double> Overlaps { get; } = [0.25, 0.5, 0.7, 0.75];

    /// <summary>COCO-style average precision at overlap 0.25.</summary>
    public double AP25 => Coco.MeanPrecision(0.25);

    /// <summary>COCO-style average precision at overlap 0.5.</summary>
    public double AP50 => Coco.MeanPrecision(0.5);

    /// <summary>COCO-style average precision at overlap 0.7.</summary>
    public double AP70 => Coco.MeanPrecision(0.7);

    /// <summary>COCO-style average precision at overlap 0.75.</summary>
    public double AP75 => Coco.MeanPrecision(0.75);

    /// <summary>All numbers with their names.</summary>
    public IReadOnlyList<(string Name, double Value)> Numbers =>
    [
        (nameof(AP25), AP25), (nameof(AP50), AP50), (nameof(AP70), AP70), (nameof(AP75), AP75), ("ABO", Abo),
        .. Named("bbtp", Bbtp), .. Named("chainercv", Chainercv), .. Named("chainercv07", Chainercv07),
    ];

    private static IEnumerable<(string, double)> Named(string definition, IReadOnlyList<VocPrecision> values) =>
        values.Select(value => ($"{definition}_AP{100 * value.Overlap:0}", value.Mean));
}
