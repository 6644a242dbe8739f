using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>
/// What box supervision knows about a batch, on the grid of the mask logits. G boxes of the whole batch stand in the
/// order of their images. Tensors belong to the caller's dispose scope.
/// </summary>
/// <param name="Pixels">[N, 3, H, W] uint8 RGB of the weak view, zero padded.</param>
/// <param name="Stride">Pixels per grid cell.</param>
/// <param name="ImageOfBox">Image of each box, ascending.</param>
/// <param name="Boxes">[G, 4] float32 xyxy in pixels.</param>
/// <param name="BoxMasks">[G, h, w] float32: 1 inside the box.</param>
/// <param name="Valid">[N, h, w] float32: 0 in the padding and in the image's last rows.</param>
/// <param name="Corners">[4G]: the boxes in managed memory.</param>
public sealed record MaskGrid(
    Tensor Pixels, int Stride, IReadOnlyList<int> ImageOfBox, Tensor Boxes, Tensor BoxMasks, Tensor Valid, float[] Corners)
{
    /// <summary>G: boxes of the batch.</summary>
    public int Count => ImageOfBox.Count;

    /// <summary>Rows of the grid.</summary>
    public int Height => (int)(Pixels.shape[2] / Stride);

    /// <summary>Columns of the grid.</summary>
    public int Width => (int)(Pixels.shape[3] / Stride);

    /// <summary>Position of an image's first box among the boxes of the batch.</summary>
    public int FirstBoxOf(int image) => ImageOfBox.TakeWhile(other => other < image).Count();

    /// <summary>The boxes of an image: four numbers each, xyxy in pixels.</summary>
    public ReadOnlySpan<float> BoxesOf(int image) =>
        Corners.AsSpan(4 * FirstBoxOf(image), 4 * ImageOfBox.Count(other => other == image));

    /// <summary>Looks at a view.</summary>
    /// <param name="view">Images with their boxes and their pixels; padded sides are multiples of <paramref name="stride"/>.</param>
    /// <param name="stride">Pixels per cell of the mask logits; 4 in all published recipes.</param>
    /// <param name="bottomRows">
    /// Rows of the original image, counted from its end, that take no part in pairs: COCO photos often end in a
    /// caption or frame. 10 in all published recipes.
    /// </param>
    /// <exception cref="ArgumentException">The view has no pixels.</exception>
    public static MaskGrid Of(View view, int stride = 4, int bottomRows = 10)
    {
        using var scope = NewDisposeScope();
        var pixels = view.Pixels
            ?? throw new ArgumentException("Colors are compared on a view's pixels, and this one has none.", nameof(view));
        var (height, width) = (pixels.shape[2] / stride, pixels.shape[3] / stride);
        int[] images = [.. view.Truth.SelectMany((truth, image) => Enumerable.Repeat(image, truth.Count))];
        var boxes = cat([.. view.Truth.Select(truth => truth.Boxes)]);
        var masks = BoxRaster.Masks(boxes, height, width, stride);
        var valid = zeros(view.Count, height, width, float32, pixels.device);
        for (var image = 0; image < view.Count; image++)
        {
            var size = view.Images.Sizes[image];
            var rows = size.Height - RemovedRows(size.Height, view.OriginalSizes[image].Height, bottomRows);
            valid[image].narrow(0, 0, Samples(rows)).narrow(1, 0, Samples(size.Width)).fill_(1);
        }

        return new MaskGrid(
            pixels, stride, images, boxes.MoveToOuterDisposeScope(), masks.MoveToOuterDisposeScope(), valid.MoveToOuterDisposeScope(),
            [.. HostObjects.Of(view.Truth).SelectMany(truth => truth.Boxes)]);

        // Samples at stride / 2 + k * stride that lie before a row or column.
        int Samples(int end) => int.Max(0, (end - stride / 2 + stride - 1) / stride);
    }

    /// <summary>Rows at the end of a resized image that stand for <paramref name="bottomRows"/> rows of its file.</summary>
    public static int RemovedRows(int height, int originalHeight, int bottomRows = 10) =>
        (int)((double)bottomRows * height / originalHeight);

    /// <summary>Mask instances grouped by box, each group with the grid region that its pairs can touch.</summary>
    /// <param name="boxOfInstance">Box index of each instance.</param>
    /// <param name="pairs">Which pairs are looked at.</param>
    public IReadOnlyList<InstanceGroup> Groups(ReadOnlySpan<int> boxOfInstance, PixelPairs pairs)
    {
        PixelRegion[] regions = [.. Enumerable.Range(0, Count).Select(box =>
            BoxRaster.PairRegion(Corners.AsSpan(4 * box, 4), Height, Width, Stride, pairs))];
        return InstanceGroup.Runs(boxOfInstance, regions);
    }

    /// <summary>
    /// Pair weights from affinities: a pair counts once from each end that lies in the box, if the other end is valid,
    /// <c>w = a * (B_i valid_j + B_j valid_i)</c>.
    /// </summary>
    /// <param name="affinity">[G, P, h, w], 0 for pairs that leave the grid.</param>
    /// <param name="pairs">Which pairs are looked at.</param>
    /// <returns>[G, P, h, w].</returns>
    public Tensor PairWeights(Tensor affinity, PixelPairs pairs)
    {
        using var scope = NewDisposeScope();
        var valid = Valid.index_select(0, ImageIndex());
        var ends = BoxMasks.unsqueeze(1) * pairs.Second(valid);
        ends.add_(pairs.Second(BoxMasks).mul_(valid.unsqueeze(1)));
        return ends.mul_(affinity).MoveToOuterDisposeScope();
    }

    /// <summary>[G] int64: image of each box.</summary>
    public Tensor ImageIndex() => DeviceValues.Of(ImageOfBox.Select(image => (long)image).ToArray(), Pixels.device);
}

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
