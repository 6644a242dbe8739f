using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.PseudoMasks;

/// <summary>The teacher's predictions for one image that may become pseudo masks, in pixels of the weak view.</summary>
/// <param name="Boxes">[n, 4] float32 xyxy.</param>
/// <param name="Scores">[n] FCOS score c = sqrt(class probability * centreness), in [0, 1].</param>
/// <param name="Probabilities">[n, H, W] foreground probabilities.</param>
/// <param name="Threshold">A pixel is foreground above it; null: every pixel counts and masks stay soft.</param>
public sealed record TeacherMasks(Tensor Boxes, Tensor Scores, Tensor Probabilities, double? Threshold = 0.5)
{
    /// <summary>The masks: 0/1 by the threshold, or the probabilities themselves. [n, H, W] float.</summary>
    public Tensor Masks => Threshold is { } threshold
        ? (Probabilities > threshold).to(Probabilities.dtype)
        : Probabilities.alias();

    /// <summary>
    /// m = sum p [p &gt; threshold] / (#{p &gt; threshold} + 1e-6), the mean probability of the mask's foreground;
    /// without a threshold the mean over all pixels. [n].
    /// </summary>
    public Tensor Quality() => Quality(Masks);

    /// <summary>The same over foreground pixels within the boxes, rows int(y1) .. int(y2), columns int(x1) .. int(x2). [n].</summary>
    public Tensor QualityInBox()
    {
        using var scope = NewDisposeScope();
        var inBox = Targets.BoxRaster.Masks(Boxes, Probabilities.shape[1], Probabilities.shape[2], stride: 1);
        return Quality(Masks * inBox).MoveToOuterDisposeScope();
    }

    /// <summary>sqrt(c * m), what detections are ranked by. [n].</summary>
    public Tensor DetectionScores()
    {
        using var scope = NewDisposeScope();
        return (Scores * Quality()).sqrt().MoveToOuterDisposeScope();
    }

    private Tensor Quality(Tensor counted)
    {
        using var scope = NewDisposeScope();
        var weight = Threshold is null ? ones_like(counted) : counted;
        return ((Probabilities * weight).sum([1, 2]) / (weight.sum([1, 2]) + 1e-6)).MoveToOuterDisposeScope();
    }
}
