using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>Which pseudo-labels of an image a loss learns from: their rows in order, [k] int64.</summary>
public delegate Tensor PseudoLabelFilter(PseudoLabels labels);

/// <summary>The filters of the papers. All comparisons are strict.</summary>
public static class PseudoLabelFilters
{
    /// <summary>A score above the threshold, and both sides of the box longer than so many pixels.</summary>
    public static PseudoLabelFilter Score(double threshold, double minSide = 0) => labels =>
        Rows(labels, labels.Scores > threshold, minSide);

    /// <summary>
    /// A mean deviation under jitter below the limit (Soft Teacher, section 3.3), and both sides longer than so many pixels. The score does
    /// not matter.
    /// </summary>
    /// <exception cref="InvalidOperationException">The deviation is not known.</exception>
    public static PseudoLabelFilter Deviation(double limit, double minSide = 0) => labels =>
        Rows(labels, labels.MeanDeviation < limit, minSide);

    /// <summary>
    /// A predicted mask IoU above the threshold (Polite Teacher, section 3; the prediction itself, without the score).
    /// </summary>
    /// <exception cref="InvalidOperationException">The quality is not known.</exception>
    public static PseudoLabelFilter MaskQuality(double threshold) => labels =>
    {
        using var scope = NewDisposeScope();
        return HostValues.Rows(labels.Quality > threshold).MoveToOuterDisposeScope();
    };

    /// <summary>All of them.</summary>
    public static PseudoLabelFilter All { get; } = labels => arange(labels.Instances.Count, int64, labels.Instances.Boxes.device);

    /// <summary>What both filters let pass.</summary>
    public static PseudoLabelFilter Both(PseudoLabelFilter first, PseudoLabelFilter second) => labels =>
    {
        using var scope = NewDisposeScope();
        var (rows, others) = (first(labels), second(labels));
        return rows.index_select(0, HostValues.Rows(isin(rows, others))).MoveToOuterDisposeScope();
    };

    private static Tensor Rows(PseudoLabels labels, Tensor wanted, double minSide)
    {
        using var scope = NewDisposeScope();
        var boxes = labels.Instances.Boxes;
        var sides = boxes.narrow(1, 2, 2) - boxes.narrow(1, 0, 2);
        return HostValues.Rows(wanted & (sides > minSide).all(1)).MoveToOuterDisposeScope();
    }
}

/// <summary>Takes the pseudo-labels of an image from the teacher's view to the student's.</summary>
/// <param name="labels">In pixels of the weak view.</param>
/// <param name="weak">The teacher's view.</param>
/// <param name="strong">The student's.</param>
/// <param name="image">The image in both, 0-based.</param>
public delegate PseudoLabels PseudoLabelTransport(PseudoLabels labels, View weak, View strong, int image);

/// <summary>The two published ways. A box becomes the box around its four moved corners; nothing makes up for its growth.</summary>
public static class PseudoLabelTransports
{
    /// <summary>
    /// The authors' code: at once, clipped to the student's image. A box that lies outside becomes one without an area on the border.
    /// </summary>
    public static PseudoLabels Direct(PseudoLabels labels, View weak, View strong, int image) =>
        labels.Moved(weak.To(strong, image), strong.Images.Sizes[image]);

    /// <summary>
    /// mmdetection 3: to the original image and clipped there, then to the student's and clipped again; boxes are dropped unless both sides
    /// are longer than so many pixels.
    /// </summary>
    /// <param name="minSide">Pixels of the student's view; published: 0.01.</param>
    public static PseudoLabelTransport ThroughOriginal(double minSide = 0.01) => (labels, weak, strong, image) =>
    {
        using var scope = NewDisposeScope();
        var moved = labels
            .Moved(weak.FromOriginal[image].Inverse(), weak.OriginalSizes[image])
            .Moved(strong.FromOriginal[image], strong.Images.Sizes[image]);
        return moved.Select(PseudoLabelFilters.Score(double.NegativeInfinity, minSide)(moved)).MoveToOuterDisposeScope();
    };
}
