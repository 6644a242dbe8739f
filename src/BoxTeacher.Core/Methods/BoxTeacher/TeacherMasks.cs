using BoxTeacher.Detectors;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>The teacher's predictions for one image that may become pseudo masks, in pixels of the weak view.</summary>
/// <param name="boxes">[n, 4] float32 xyxy.</param>
/// <param name="scores">[n] detection scores c in [0, 1]; FCOS: sqrt(class probability * center-ness).</param>
/// <param name="probabilities">[n, H, W] foreground probabilities.</param>
/// <param name="threshold">A pixel is foreground above it; null: every pixel counts and masks stay soft.</param>
public sealed class TeacherMasks(Tensor boxes, Tensor scores, Tensor probabilities, double? threshold = 0.5)
{
    // Ranks and confidences both read it, and it costs a pass over all pixels.
    private readonly Tensor _quality = MaskPostprocess.Quality(probabilities, threshold);

    /// <summary>[n, 4] float32 xyxy.</summary>
    public Tensor Boxes => boxes;

    /// <summary>[n] detection scores c in [0, 1].</summary>
    public Tensor Scores => scores;

    /// <summary>[n, H, W] foreground probabilities.</summary>
    public Tensor Probabilities => probabilities;

    /// <summary>The masks: 0/1 by the threshold, or the probabilities themselves. [n, H, W] float.</summary>
    public Tensor Masks => Cut(Probabilities);

    /// <summary>
    /// m = sum p [p &gt; threshold] / (#{p &gt; threshold} + 1e-6), the mean probability of the mask's foreground;
    /// without a threshold the mean over all pixels. [n].
    /// </summary>
    public Tensor Quality() => _quality.alias();

    /// <summary>The same over foreground pixels within the boxes, rows int(y1) .. int(y2), columns int(x1) .. int(x2). [n].</summary>
    public Tensor QualityInBox()
    {
        using var scope = NewDisposeScope();
        var counted = BoxRaster.Masks(Boxes, Probabilities.shape[1], Probabilities.shape[2], stride: 1);
        if (threshold is not null)
        {
            counted.mul_(Masks);
        }

        return ((Probabilities * counted).sum([1, 2]) / (counted.sum([1, 2]) + 1e-6)).MoveToOuterDisposeScope();
    }

    /// <summary>sqrt(c * m), what detections are ranked by. [n].</summary>
    public Tensor DetectionScores()
    {
        using var scope = NewDisposeScope();
        return (Scores * _quality).sqrt().MoveToOuterDisposeScope();
    }

    /// <summary>Some of the probabilities as masks: 0/1 by the threshold, or as they are.</summary>
    internal Tensor Cut(Tensor values) => threshold is { } limit ? (values > limit).to(values.dtype) : values.alias();
}

/// <summary>
/// How far pseudo masks are to be trusted: the weight of their boxes' instances in the pseudo losses. [n] in [0, 1]; 0 takes a mask out of
/// the losses. Anything else ends the training.
/// </summary>
public delegate Tensor ConfidenceScore(TeacherMasks masks);

/// <summary>The confidence scores of the paper and of its code.</summary>
public static class Confidence
{
    /// <summary>
    /// The published code: s = sqrt(sqrt(c) * m), with m the mean foreground probability over the whole image. A
    /// square root more than the paper's, and the box is not looked at.
    /// </summary>
    public static ConfidenceScore Published { get; } = masks => (masks.Scores.sqrt() * masks.Quality()).sqrt();

    /// <summary>The paper: s = sqrt(c * m), with m the mean foreground probability inside the box.</summary>
    public static ConfidenceScore Paper { get; } = masks => (masks.Scores * masks.QualityInBox()).sqrt();

    /// <summary>No confidence scoring: every assigned mask weighs 1.</summary>
    public static ConfidenceScore Off { get; } = masks => ones_like(masks.Scores);

    /// <summary>
    /// The published score of the masks cut at 0.5, also where masks are kept soft: soft masks may then be compared with binary ones under
    /// the same weights.
    /// </summary>
    public static ConfidenceScore OfBinaryMasks { get; } = masks =>
        Published(new TeacherMasks(masks.Boxes, masks.Scores, masks.Probabilities));
}
