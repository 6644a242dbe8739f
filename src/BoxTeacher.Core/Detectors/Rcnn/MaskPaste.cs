using BoxTeacher.Masks;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// Masks of boxes onto the image (detectron2's <c>paste_masks_in_image</c>): the mask's cells fill the box, a pixel is read bilinearly at
/// its center, and all around the mask is 0. Both axes are independent of each other, so that an image is R M C^T.
/// </summary>
public static class MaskPaste
{
    // Pixels of masks before they are encoded: they stay in the cache, and memory does not grow with the number of masks.
    private const long PixelsAtOnce = 1 << 20;

    /// <summary>Soft masks on the image.</summary>
    /// <param name="masks">[n, s, s], probabilities.</param>
    /// <param name="boxes">[n, 4], xyxy in pixels of the image.</param>
    /// <param name="size">Of the image.</param>
    /// <returns>[n, h, w], probabilities; differentiable with respect to the masks.</returns>
    public static Tensor Soft(Tensor masks, Tensor boxes, ImageSize size)
    {
        using var scope = NewDisposeScope();
        using var exact = Precision.Float32.On(masks.device);
        var rows = Shares(boxes.select(1, 1), boxes.select(1, 3), size.Height, masks.size(1)).to(masks.dtype);
        var columns = Shares(boxes.select(1, 0), boxes.select(1, 2), size.Width, masks.size(2)).to(masks.dtype);
        return rows.bmm(masks).bmm(columns.transpose(1, 2)).MoveToOuterDisposeScope();
    }

    /// <summary>The masks of detections: pixels of at least the threshold.</summary>
    /// <param name="masks">[n, s, s], probabilities.</param>
    /// <param name="boxes">[n, 4], xyxy in pixels of the image.</param>
    /// <param name="size">Of the image.</param>
    /// <param name="threshold">0.5 as published.</param>
    public static IReadOnlyList<RunLengthMask> Encode(Tensor masks, Tensor boxes, ImageSize size, double threshold = 0.5)
    {
        using var gradients = no_grad();
        var (count, encoded) = ((int)masks.size(0), new List<RunLengthMask>());
        var step = (int)Math.Clamp(PixelsAtOnce / Math.Max(size.Area, 1), 1, Math.Max(count, 1));
        for (var start = 0; start < count; start += step)
        {
            using var part = NewDisposeScope();
            var length = Math.Min(step, count - start);
            var pixels = Soft(masks.narrow(0, start, length), boxes.narrow(0, start, length), size).ge(threshold).cpu().contiguous();
            for (var i = 0; i < length; i++)
            {
                encoded.Add(RunLengthMask.Encode(pixels[i].bytes, size.Height, size.Width));
            }
        }

        return encoded;
    }

    // [n, length, cells]: how much each cell counts at the center of each pixel. A box without extent has no pixels.
    private static Tensor Shares(Tensor low, Tensor high, long length, long cells)
    {
        Tensor Range(long count) => arange(count, dtype: low.dtype, device: low.device);
        var sides = (high - low).clamp(min: 1e-6);
        var places = (Range(length) + 0.5 - low.unsqueeze(1)) / sides.unsqueeze(1) * cells - 0.5;
        return (1 - (places.unsqueeze(2) - Range(cells)).abs()).clamp(min: 0);
    }
}
