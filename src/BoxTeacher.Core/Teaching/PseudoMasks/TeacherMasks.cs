using BoxTeacher.Detectors;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.PseudoMasks;

/// <summary>The teacher's predictions for one image that may become pseudo masks, in pixels of the weak view.</summary>
/// <param name="boxes">[n, 4] float32 xyxy.</param>
/// <param name="scores">[n] FCOS score c = sqrt(class probability * centreness), in [0, 1].</param>
/// <param name="probabilities">[n, H, W] foreground probabilities.</param>
/// <param name="threshold">A pixel is foreground above it; null: every pixel counts and masks stay soft.</param>
public sealed class TeacherMasks(Tensor boxes, Tensor scores, Tensor probabilities, double? threshold = 0.5)
{
    // Ranks and confidences both read it, and it costs a pass over all pixels.
    private readonly Tensor quality = MaskPostprocess.Quality(probabilities, threshold);

    /// <summary>[n, 4] float32 xyxy.</summary>
    public Tensor Boxes => boxes;

    /// <summary>[n] FCOS score c = sqrt(class probability * centreness), in [0, 1].</summary>
    public Tensor Scores => scores;

    /// <summary>[n, H, W] foreground probabilities.</summary>
    public Tensor Probabilities => probabilities;

    /// <summary>The masks: 0/1 by the threshold, or the probabilities themselves. [n, H, W] float.</summary>
    public Tensor Masks => Cut(Probabilities);

    /// <summary>
    /// m = sum p [p &gt; threshold] / (#{p &gt; threshold} + 1e-6), the mean probability of the mask's foreground;
    /// without a threshold the mean over all pixels. [n].
    /// </summary>
    public Tensor Quality() => quality.alias();

    /// <summary>The same over foreground pixels within the boxes, rows int(y1) .. int(y2), columns int(x1) .. int(x2). [n].</summary>
    public Tensor QualityInBox()
    {
        using var scope = NewDisposeScope();
        var counted = Targets.BoxRaster.Masks(Boxes, Probabilities.shape[1], Probabilities.shape[2], stride: 1);
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
        return (Scores * quality).sqrt().MoveToOuterDisposeScope();
    }

    /// <summary>Some of the probabilities as masks: 0/1 by the threshold, or as they are.</summary>
    internal Tensor Cut(Tensor values) => threshold is { } limit ? (values > limit).to(values.dtype) : values.alias();
}
