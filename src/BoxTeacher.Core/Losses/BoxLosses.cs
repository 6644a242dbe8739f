using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Losses;

/// <summary>
/// Overlap losses on distances left, top, right, bottom from one common location, as FCOS uses them. The overlap
/// carries +1 above and below the line, <c>(inter + 1) / (union + 1)</c>, so that empty boxes keep a finite loss;
/// the generalized form (Rezatofighi et al., CVPR 2019) is <c>iou - (hull - union) / hull</c>.
/// All take [N, 4] tensors of distances &gt;= 0 in one unit (FCOS: strides) and return [N].
/// </summary>
public static class LtrbLoss
{
    /// <summary>-ln IoU (Yu et al., UnitBox).</summary>
    public static Tensor NegativeLogIou(Tensor prediction, Tensor target) => OfOverlap(prediction, target, o => -o.Iou.log());

    /// <summary>1 - IoU.</summary>
    public static Tensor LinearIou(Tensor prediction, Tensor target) => OfOverlap(prediction, target, o => 1 - o.Iou);

    /// <summary>1 - GIoU, in [0, 2].</summary>
    public static Tensor GeneralizedIou(Tensor prediction, Tensor target) => OfOverlap(prediction, target, o => 1 - o.Giou);

    /// <summary>IoU and generalized IoU of each pair.</summary>
    public static (Tensor Iou, Tensor Giou) Overlap(Tensor prediction, Tensor target)
    {
        using var scope = NewDisposeScope();
        var (left, top, right, bottom) = Sides(prediction);
        var (targetLeft, targetTop, targetRight, targetBottom) = Sides(target);

        var area = (left + right) * (top + bottom);
        var targetArea = (targetLeft + targetRight) * (targetTop + targetBottom);
        var inter = (minimum(left, targetLeft) + minimum(right, targetRight))
                    * (minimum(top, targetTop) + minimum(bottom, targetBottom));
        var hull = (maximum(left, targetLeft) + maximum(right, targetRight))
                   * (maximum(top, targetTop) + maximum(bottom, targetBottom));
        var union = area + targetArea - inter;
        var iou = (inter + 1) / (union + 1);
        var giou = iou - (hull - union) / hull;
        return (iou.MoveToOuterDisposeScope(), giou.MoveToOuterDisposeScope());
    }

    private static Tensor OfOverlap(Tensor prediction, Tensor target, Func<(Tensor Iou, Tensor Giou), Tensor> loss)
    {
        using var scope = NewDisposeScope();
        return loss(Overlap(prediction, target)).MoveToOuterDisposeScope();
    }

    private static (Tensor Left, Tensor Top, Tensor Right, Tensor Bottom) Sides(Tensor ltrb)
    {
        var sides = ltrb.unbind(1);
        return (sides[0], sides[1], sides[2], sides[3]);
    }
}

/// <summary>How central a location lies in its box (Tian et al., FCOS, eq. 3), as a target and as a loss.</summary>
public static class Centerness
{
    /// <summary><c>sqrt(min(l,r)/max(l,r) * min(t,b)/max(t,b))</c>: 1 at the center, 0 on the border.</summary>
    /// <param name="ltrb">[N, 4] distances &gt; 0 to left, top, right, bottom.</param>
    /// <returns>[N].</returns>
    public static Tensor Target(Tensor ltrb)
    {
        using var scope = NewDisposeScope();
        var opposite = stack([ltrb.narrow(1, 0, 2), ltrb.narrow(1, 2, 2)]);
        var ratio = opposite.amin(0) / opposite.amax(0);
        return ratio.prod(1).sqrt().MoveToOuterDisposeScope();
    }

    /// <summary>Sum of the binary cross-entropies against centerness targets (0-dim).</summary>
    /// <param name="logits">[N] predicted centerness logits.</param>
    /// <param name="target">[N] targets in [0, 1].</param>
    public static Tensor Sum(Tensor logits, Tensor target) =>
        F.binary_cross_entropy_with_logits(logits, target, reduction: nn.Reduction.Sum);
}
