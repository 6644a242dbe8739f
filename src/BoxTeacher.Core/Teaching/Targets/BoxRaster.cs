using BoxTeacher.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Targets;

/// <summary>
/// Boxes as masks on a coarser grid. In full resolution a box covers rows int(y1) .. int(y2 + 1) - 1 and columns
/// int(x1) .. int(x2 + 1) - 1; the grid looks at every <c>stride</c>-th pixel, beginning at stride / 2.
/// </summary>
public static class BoxRaster
{
    /// <summary>Box masks: 1 inside, 0 outside.</summary>
    /// <param name="boxes">[n, 4] float xyxy in pixels.</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="width">Columns of the grid.</param>
    /// <param name="stride">Pixels per grid cell.</param>
    /// <returns>[n, height, width] in the dtype of <paramref name="boxes"/>.</returns>
    public static Tensor Masks(Tensor boxes, long height, long width, int stride)
    {
        using var scope = NewDisposeScope();
        var begin = boxes.narrow(1, 0, 2).trunc();
        var end = (boxes.narrow(1, 2, 2) + 1).trunc();
        var columns = Covered(width, 0);
        var rows = Covered(height, 1);
        return (rows.unsqueeze(2) & columns.unsqueeze(1)).to(boxes.dtype).MoveToOuterDisposeScope();

        Tensor Covered(long count, int axis)
        {
            var samples = (arange(count, dtype: boxes.dtype, device: boxes.device) * stride + stride / 2).unsqueeze(0);
            return (samples >= begin.narrow(1, axis, 1)) & (samples < end.narrow(1, axis, 1));
        }
    }

    /// <summary>The part of the grid in which pairs of pixels may have an end inside the box.</summary>
    /// <param name="box">xyxy in pixels.</param>
    /// <param name="height">Rows of the grid.</param>
    /// <param name="width">Columns of the grid.</param>
    /// <param name="stride">Pixels per grid cell.</param>
    /// <param name="pairs">Which pairs are looked at.</param>
    public static PixelRegion PairRegion(ReadOnlySpan<float> box, int height, int width, int stride, PixelPairs pairs)
    {
        var (left, right) = (FirstSample(box[0], stride), FirstSample(box[2] + 1, stride));
        var (top, bottom) = (FirstSample(box[1], stride), FirstSample(box[3] + 1, stride));
        if (left >= right || top >= bottom)
        {
            return default;
        }

        var from = (Y: int.Clamp(top - pairs.Reach, 0, height), X: int.Clamp(left - pairs.Reach, 0, width));
        var to = (Y: int.Clamp(bottom, 0, height), X: int.Clamp(right + pairs.Reach, 0, width));
        return new PixelRegion(from.Y, from.X, to.Y - from.Y, to.X - from.X);
    }

    /// <summary>Index of the first sample (stride / 2 + k * stride) at or after the whole pixel of a coordinate.</summary>
    private static int FirstSample(float coordinate, int stride) =>
        (int)Math.Ceiling(((int)coordinate - stride / 2) / (double)stride);
}
