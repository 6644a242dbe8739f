using static TorchSharp.torch;

namespace BoxTeacher.Losses;

/// <summary>What a predicted mask IoU learns (Huang et al., Mask Scoring R-CNN 2019, section 3.3; as coded in CenterMask2).</summary>
public static class MaskIouLoss
{
    /// <summary>
    /// IoU of predicted masks with their objects: |P and T| / (|P| + |T| / visible - |P and T|), the union being at least 1. What of an
    /// object lies outside of its box counts in the union. In double precision, without gradient.
    /// </summary>
    /// <param name="logits">[M, s, s] of masks over boxes; above 0 is foreground.</param>
    /// <param name="targets">[M, s, s], 0 or 1: the object in the box.</param>
    /// <param name="visible">[M] share of the object's area that lies in the box, above 0.</param>
    /// <returns>[M] float64 in [0, 1].</returns>
    public static Tensor Target(Tensor logits, Tensor targets, Tensor visible)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        Tensor Area(Tensor masks) => masks.sum([1, 2], type: float64);
        var predicted = logits.detach() > 0;
        var overlap = Area(targets.mul(predicted));
        var union = (Area(predicted) + Area(targets) / visible.to(float64) - overlap).clamp(min: 1);
        return (overlap / union).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>loss_maskiou</c>: 0.5 (prediction - target)^2, the mean over masks whose target is above 0. Without any such mask 0, with a
    /// gradient of zeros.
    /// </summary>
    /// <param name="predicted">[M] of the masks' own classes.</param>
    /// <param name="target">[M] as from <see cref="Target"/>.</param>
    public static LossTerm Term(Tensor predicted, Tensor target)
    {
        using var scope = NewDisposeScope();
        var counted = (target > 0).to(predicted.dtype);
        var sum = ((predicted - target.to(predicted.dtype)).square() * counted).sum() / 2;
        return new LossTerm("loss_maskiou", sum, counted.sum()).MoveToOuterDisposeScope();
    }
}
