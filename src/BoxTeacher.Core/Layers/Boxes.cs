using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>Geometry of axis-aligned boxes, xyxy in pixels.</summary>
public static class Boxes
{
    /// <summary>Intersection over union of every box of <paramref name="left"/> with every box of <paramref name="right"/>.</summary>
    /// <param name="left">[n,4].</param>
    /// <param name="right">[m,4].</param>
    /// <returns>[n,m] in [0,1]; 0 where the union has no area.</returns>
    public static Tensor Iou(Tensor left, Tensor right)
    {
        using var scope = NewDisposeScope();
        var (a, b) = (left.unsqueeze(1), right.unsqueeze(0));
        var upper = minimum(a.narrow(2, 2, 2), b.narrow(2, 2, 2));
        var lower = maximum(a.narrow(2, 0, 2), b.narrow(2, 0, 2));
        var sides = (upper - lower).clamp_(0);
        var intersection = sides.select(2, 0) * sides.select(2, 1);
        var union = Area(left).unsqueeze(1) + Area(right).unsqueeze(0) - intersection;
        return where(intersection > 0, intersection / union, zeros_like(intersection)).MoveToOuterDisposeScope();
    }

    /// <summary>Areas [n] of boxes [n,4].</summary>
    public static Tensor Area(Tensor boxes)
    {
        using var scope = NewDisposeScope();
        var sides = boxes.narrow(1, 2, 2) - boxes.narrow(1, 0, 2);
        return (sides.select(1, 0) * sides.select(1, 1)).MoveToOuterDisposeScope();
    }

    /// <summary>Intersection over union of two boxes of four numbers; NaN when neither has an area.</summary>
    public static float Iou(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var width = MathF.Max(0, MathF.Min(left[2], right[2]) - MathF.Max(left[0], right[0]));
        var height = MathF.Max(0, MathF.Min(left[3], right[3]) - MathF.Max(left[1], right[1]));
        var intersection = width * height;
        var areas = (left[2] - left[0]) * (left[3] - left[1]) + (right[2] - right[0]) * (right[3] - right[1]);
        return intersection / (areas - intersection);
    }
}
