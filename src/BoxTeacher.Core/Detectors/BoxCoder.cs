using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>Keeps dw and dh, logarithms of ratios of sides, in bounds before they are exponentiated.</summary>
public delegate Tensor SideLimit(Tensor logarithms);

/// <summary>The limits of the published code.</summary>
public static class SideLimits
{
    /// <summary>1000 / 16: the largest ratio of sides as published.</summary>
    public const double Ratio = 1000.0 / 16;

    /// <summary>mmdetection: a box becomes at most <paramref name="ratio"/> times larger or smaller.</summary>
    public static SideLimit Both(double ratio = Ratio) => logarithms => logarithms.clamp(-Math.Log(ratio), Math.Log(ratio));

    /// <summary>detectron2: a box becomes at most <paramref name="ratio"/> times larger, and as small as it likes.</summary>
    public static SideLimit Above(double ratio = Ratio) => logarithms => logarithms.clamp(max: Math.Log(ratio));
}

/// <summary>
/// Boxes as moves of other boxes (Girshick et al. 2014): dx, dy are the way of the center in sides of the box, dw, dh the logarithms of the
/// ratios of sides; all are divided by a deviation of their own. detectron2's weights are the inverse deviations.
/// </summary>
/// <param name="deviations">Of dx, dy, dw, dh.</param>
/// <param name="limit">Keeps dw and dh in bounds; null: as mmdetection.</param>
/// <param name="means">Of dx, dy, dw, dh, subtracted before the division; null: 0, as published.</param>
public sealed class BoxCoder(IReadOnlyList<double> deviations, SideLimit? limit = null, IReadOnlyList<double>? means = null)
{
    private readonly SideLimit _limit = limit ?? SideLimits.Both();

    /// <summary>Of the region proposal network: deviations 1.</summary>
    public static BoxCoder Proposals { get; } = new([1, 1, 1, 1]);

    /// <summary>Of the second stage: deviations 0.1, 0.1, 0.2, 0.2.</summary>
    public static BoxCoder Regions { get; } = new([0.1, 0.1, 0.2, 0.2]);

    /// <summary>The moves from boxes to their targets.</summary>
    /// <param name="boxes">[n, 4], xyxy.</param>
    /// <param name="targets">[n, 4], xyxy.</param>
    /// <returns>[n, 4]: dx, dy, dw, dh; not finite where a side is 0.</returns>
    public Tensor Encode(Tensor boxes, Tensor targets)
    {
        using var scope = NewDisposeScope();
        var ((center, sides), (goal, goalSides)) = (Centered(boxes), Centered(targets));
        var deltas = cat([(goal - center) / sides, (goalSides / sides).log()], 1);
        return ((deltas - Means(deltas)) / Row(deviations, deltas)).MoveToOuterDisposeScope();
    }

    /// <summary>Boxes after their moves, not clipped.</summary>
    /// <param name="boxes">[n, 4], xyxy.</param>
    /// <param name="deltas">[n, 4k]: k moves of each box.</param>
    /// <returns>[n, 4k], with the gradient of the deltas.</returns>
    public Tensor Decode(Tensor boxes, Tensor deltas)
    {
        using var scope = NewDisposeScope();
        var (center, sides) = Centered(boxes);
        var moves = deltas.reshape(deltas.size(0), deltas.size(1) / 4, 4);
        moves = moves * Row(deviations, deltas) + Means(deltas);
        var middle = center.unsqueeze(1) + sides.unsqueeze(1) * moves.narrow(2, 0, 2);
        var half = sides.unsqueeze(1) * _limit(moves.narrow(2, 2, 2)).exp() * 0.5;
        return cat([middle - half, middle + half], 2).flatten(1).MoveToOuterDisposeScope();
    }

    private static (Tensor Center, Tensor Sides) Centered(Tensor boxes)
    {
        var (low, high) = (boxes.narrow(1, 0, 2), boxes.narrow(1, 2, 2));
        return ((low + high) * 0.5, high - low);
    }

    private static Tensor Row(IReadOnlyList<double> numbers, Tensor like) =>
        DeviceValues.Of((double[])[.. numbers], [4], like.device, like.dtype);

    private Tensor Means(Tensor like) => means is null ? zeros([4], like.dtype, like.device) : Row(means, like);
}
