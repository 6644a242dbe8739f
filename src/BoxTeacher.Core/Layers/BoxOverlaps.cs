using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>
/// Overlaps of each of n boxes with each of m others: [n, 4] and [m, 4], xyxy, to [n, m]. A divisor is at least
/// <c>smallest</c>; 1e-6 in mmdetection's <c>bbox_overlaps</c>.
/// </summary>
public static class BoxOverlaps
{
    private const double Smallest = 1e-6;

    /// <summary>Intersection over union, in [0, 1].</summary>
    public static Tensor Iou(Tensor left, Tensor right, double smallest = Smallest)
    {
        using var scope = NewDisposeScope();
        var shared = Shared(left, right);
        return (shared / Union(left, right, shared, smallest)).MoveToOuterDisposeScope();
    }

    /// <summary>Intersection over the area of the first box, in [0, 1].</summary>
    public static Tensor Iof(Tensor left, Tensor right, double smallest = Smallest)
    {
        using var scope = NewDisposeScope();
        return (Shared(left, right) / Area(left).clamp(min: smallest).unsqueeze(1)).MoveToOuterDisposeScope();
    }

    /// <summary>Generalized IoU (Rezatofighi et al., CVPR 2019): IoU - (hull - union) / hull, in [-1, 1].</summary>
    public static Tensor Giou(Tensor left, Tensor right, double smallest = Smallest)
    {
        using var scope = NewDisposeScope();
        var shared = Shared(left, right);
        var union = Union(left, right, shared, smallest);
        var (a, b) = (left.unsqueeze(1), right.unsqueeze(0));
        var sides = maximum(a.narrow(2, 2, 2), b.narrow(2, 2, 2)) - minimum(a.narrow(2, 0, 2), b.narrow(2, 0, 2));
        var hull = sides.clamp_(min: 0).prod(2).clamp_(min: smallest);
        return (shared / union - (hull - union) / hull).MoveToOuterDisposeScope();
    }

    /// <summary>Width times height of [n, 4] boxes, [n].</summary>
    public static Tensor Area(Tensor boxes)
    {
        using var scope = NewDisposeScope();
        return (boxes.narrow(1, 2, 2) - boxes.narrow(1, 0, 2)).prod(1).MoveToOuterDisposeScope();
    }

    // Coordinate by coordinate: no tensor has more than n * m numbers.
    private static Tensor Shared(Tensor left, Tensor right)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (left.unsqueeze(1).unbind(2), right.unsqueeze(0).unbind(2));
        var width = minimum(a[2], b[2]).sub_(maximum(a[0], b[0])).clamp_(min: 0);
        var height = minimum(a[3], b[3]).sub_(maximum(a[1], b[1])).clamp_(min: 0);
        return width.mul_(height).MoveToOuterDisposeScope();
    }

    private static Tensor Union(Tensor left, Tensor right, Tensor shared, double smallest)
    {
        using var scope = NewDisposeScope();
        return (Area(left).unsqueeze(1) + Area(right).unsqueeze(0)).sub_(shared).clamp_(min: smallest).MoveToOuterDisposeScope();
    }
}
