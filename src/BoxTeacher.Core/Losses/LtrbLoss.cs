using static TorchSharp.torch;

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
