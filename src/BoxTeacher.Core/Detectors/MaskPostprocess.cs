using BoxTeacher.Layers;
using BoxTeacher.Structures;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Detectors;

/// <summary>
/// From candidates and mask probabilities at the network's stride to detections at the size of the image: aligned enlargement,
/// removal of the padding, bilinear resize, threshold, and the quality of each mask.
/// </summary>
public static class MaskPostprocess
{
    // Masks are enlarged a few at a time, so that their probabilities stay in the cache.
    private const long PixelsAtOnce = 1 << 18;

    /// <summary>The detections of one image.</summary>
    /// <param name="candidates">n candidates.</param>
    /// <param name="probabilities">Their masks [n,1,h,w] over the padded input.</param>
    /// <param name="network">Size of the input image without padding.</param>
    /// <param name="output">Size to give boxes and masks in.</param>
    /// <param name="threshold">Probability above which a pixel is foreground; null keeps probabilities, all of which then count for the quality.</param>
    /// <param name="maskStride">Input pixels per cell of the masks.</param>
    /// <returns>Detections whose clipped box has an area.</returns>
    public static Detections Apply(FcosCandidates candidates, Tensor probabilities, ImageSize network, ImageSize output,
        double? threshold = 0.5, int maskStride = 4)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var device = probabilities.device;
        var (boxes, rows) = Rescale(candidates, network, output);
        var kept = candidates.Select(rows);
        var index = tensor(Array.ConvertAll(rows, row => (long)row), [rows.Length], device: device);
        var coarse = rows.Length == candidates.Count ? probabilities : probabilities.index_select(0, index);

        var masks = new List<Tensor>();
        var qualities = new List<Tensor>();
        var step = (int)Math.Clamp(PixelsAtOnce / Math.Max(output.Area, network.Area), 1, Math.Max(rows.Length, 1));
        for (var start = 0; start < rows.Length; start += step)
        {
            var (mask, quality) = Finish(coarse.narrow(0, start, Math.Min(step, rows.Length - start)), network, output, threshold, maskStride);
            masks.Add(mask);
            qualities.Add(quality);
        }
        var none = rows.Length == 0;
        return new Detections(output,
            tensor(boxes, [rows.Length, 4], device: device),
            tensor(kept.Classes, [rows.Length], device: device),
            tensor(kept.Scores, [rows.Length], probabilities.dtype, device),
            none ? probabilities.new_zeros([0]) : cat(qualities),
            none ? probabilities.new_zeros([0, output.Height, output.Width]).to(threshold is null ? probabilities.dtype : ScalarType.Bool) : cat(masks),
            rows);
    }

    /// <summary>Mask probabilities at the size of the image.</summary>
    /// <param name="probabilities">[n,1,h,w] over the padded input.</param>
    /// <param name="network">Size of the input image without padding.</param>
    /// <param name="output">Size to give.</param>
    /// <param name="maskStride">Input pixels per cell.</param>
    /// <returns>[n,H,W].</returns>
    public static Tensor Resize(Tensor probabilities, ImageSize network, ImageSize output, int maskStride = 4)
    {
        using var scope = NewDisposeScope();
        if (HasKernel(probabilities))
            return MaskKernels.Resize(probabilities.contiguous(), network, output, maskStride).MoveToOuterDisposeScope();
        var full = AlignedBilinear.Upsample(probabilities, maskStride).narrow(2, 0, network.Height).narrow(3, 0, network.Width);
        // At its own size the resize is the identity.
        if (output != network)
            full = F.interpolate(full, [output.Height, output.Width], null, InterpolationMode.Bilinear, align_corners: false);
        return full.select(1, 0).MoveToOuterDisposeScope();
    }

    /// <summary>The mean probability of the foreground pixels, sum p[p>t] / (#{p>t} + 1e-6), of masks [n,H,W]; of all pixels without a threshold.</summary>
    public static Tensor Quality(Tensor probabilities, double? threshold = 0.5)
    {
        using var scope = NewDisposeScope();
        if (threshold is not { } limit)
            return (probabilities.sum([1, 2]) / (probabilities.size(1) * probabilities.size(2) + 1e-6)).MoveToOuterDisposeScope();
        if (HasKernel(probabilities))
            return MaskKernels.Quality(probabilities.contiguous(), (float)limit).MoveToOuterDisposeScope();
        var foreground = (probabilities > limit).to(probabilities.dtype);
        return ((probabilities * foreground).sum([1, 2]) / (foreground.sum([1, 2]) + 1e-6)).MoveToOuterDisposeScope();
    }

    private static bool HasKernel(Tensor masks) => masks.device_type == DeviceType.CPU && masks.dtype == float32 && !masks.requires_grad;

    private static (Tensor Mask, Tensor Quality) Finish(Tensor coarse, ImageSize network, ImageSize output, double? threshold, int maskStride)
    {
        using var scope = NewDisposeScope();
        var soft = Resize(coarse, network, output, maskStride);
        var mask = threshold is { } limit ? soft > limit : soft.contiguous();
        return (mask.MoveToOuterDisposeScope(), Quality(soft, threshold).MoveToOuterDisposeScope());
    }

    /// <summary>Boxes of candidates at the size of the output.</summary>
    /// <param name="candidates">n candidates.</param>
    /// <param name="network">Size of the input image without padding.</param>
    /// <param name="output">Size to give boxes in.</param>
    /// <returns>Scaled and clipped boxes (four numbers each, xyxy) of those whose box keeps an area, and their rows.</returns>
    public static (float[] Boxes, int[] Rows) Rescale(FcosCandidates candidates, ImageSize network, ImageSize output)
    {
        var scaleX = (float)((double)output.Width / network.Width);
        var scaleY = (float)((double)output.Height / network.Height);
        var boxes = new List<float>();
        var rows = new List<int>();
        for (var i = 0; i < candidates.Count; i++)
        {
            var box = candidates.Boxes.AsSpan(4 * i, 4);
            var (x1, x2) = (Math.Clamp(box[0] * scaleX, 0, output.Width), Math.Clamp(box[2] * scaleX, 0, output.Width));
            var (y1, y2) = (Math.Clamp(box[1] * scaleY, 0, output.Height), Math.Clamp(box[3] * scaleY, 0, output.Height));
            if (!(x2 - x1 > 0 && y2 - y1 > 0))
                continue;
            boxes.AddRange([x1, y1, x2, y2]);
            rows.Add(i);
        }
        return ([.. boxes], [.. rows]);
    }
}
