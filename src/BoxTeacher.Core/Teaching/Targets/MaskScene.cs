using BoxTeacher.Losses;
using BoxTeacher.Structures;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Targets;

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
public sealed record MaskScene(
    Tensor Pixels, int Stride, IReadOnlyList<int> ImageOfBox, Tensor Boxes, Tensor BoxMasks, Tensor Valid)
{
    private readonly float[] corners = HostValues.Floats(Boxes);

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
        corners.AsSpan(4 * FirstBoxOf(image), 4 * ImageOfBox.Count(other => other == image));

    /// <summary>Looks at a batch.</summary>
    /// <param name="pixels">[N, 3, H, W] uint8 RGB of the weak view, zero padded; H and W multiples of <paramref name="stride"/>.</param>
    /// <param name="sizes">Size of each image without padding.</param>
    /// <param name="originalSizes">Size of each image in its file.</param>
    /// <param name="targets">Boxes of each image.</param>
    /// <param name="stride">Pixels per cell of the mask logits; 4 in all published recipes.</param>
    /// <param name="bottomRows">
    /// Rows of the original image, counted from its end, that take no part in pairs: COCO photos often end in a
    /// caption or frame. 10 in all published recipes.
    /// </param>
    public static MaskScene Of(
        Tensor pixels, IReadOnlyList<ImageSize> sizes, IReadOnlyList<ImageSize> originalSizes,
        IReadOnlyList<BoxTargets> targets, int stride = 4, int bottomRows = 10)
    {
        using var scope = NewDisposeScope();
        var (height, width) = (pixels.shape[2] / stride, pixels.shape[3] / stride);
        int[] images = [.. targets.SelectMany((target, image) => Enumerable.Repeat(image, target.Count))];
        var boxes = cat([.. targets.Select(target => target.Boxes)]);
        var masks = BoxRaster.Masks(boxes, height, width, stride);
        var valid = zeros([sizes.Count, height, width], device: pixels.device);
        for (var image = 0; image < sizes.Count; image++)
        {
            var rows = sizes[image].Height - RemovedRows(sizes[image].Height, originalSizes[image].Height, bottomRows);
            valid[image].narrow(0, 0, Samples(rows)).narrow(1, 0, Samples(sizes[image].Width)).fill_(1);
        }

        return new MaskScene(
            pixels, stride, images, boxes.MoveToOuterDisposeScope(), masks.MoveToOuterDisposeScope(), valid.MoveToOuterDisposeScope());

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
            BoxRaster.PairRegion(corners.AsSpan(4 * box, 4), Height, Width, Stride, pairs))];
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
    public Tensor ImageIndex() => tensor(ImageOfBox.Select(image => (long)image).ToArray(), device: Pixels.device);

    /// <summary>
    /// Full masks of the boxes as the grid sees them, every <see cref="Stride"/>-th pixel from Stride / 2 on:
    /// [G, h, w] float32.
    /// </summary>
    /// <param name="targets">Labels of each image, with masks [n, height, width].</param>
    /// <exception cref="ArgumentException">An image with boxes has no masks.</exception>
    public Tensor FullMasks(IReadOnlyList<BoxTargets> targets)
    {
        using var scope = NewDisposeScope();
        var result = zeros_like(BoxMasks);
        for (var image = 0; image < targets.Count; image++)
        {
            if (targets[image] is { Count: > 0 } target)
            {
                var masks = target.Masks ?? throw new ArgumentException(
                    $"Image {image} of the batch has boxes but no masks, and this method learns from masks.", nameof(targets));
                var samples = GridSamples(masks);
                result.narrow(0, FirstBoxOf(image), target.Count)
                    .narrow(1, 0, samples.size(1)).narrow(2, 0, samples.size(2)).copy_(samples);
            }
        }

        return result.MoveToOuterDisposeScope();
    }

    /// <summary>What the grid sees of masks [n, height, width]: a view of the pixels at Stride / 2 + k * Stride.</summary>
    public Tensor GridSamples(Tensor masks) => masks
        .slice(1, Stride / 2, masks.size(1), Stride)
        .slice(2, Stride / 2, masks.size(2), Stride);
}
