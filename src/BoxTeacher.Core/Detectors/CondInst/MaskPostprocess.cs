using BoxTeacher.Kernels;
using BoxTeacher.Layers;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Detectors;

/// <summary>
/// From candidates and mask probabilities at the network's stride to detections at the size of the image: aligned enlargement,
/// removal of the padding, bilinear resize, threshold, and the quality of each mask.
/// </summary>
public static class MaskPostprocess
{
    // Masks are enlarged and encoded a few at a time: their probabilities stay in the cache, and memory does not grow with their number.
    private const long PixelsAtOnce = 1 << 18;

    /// <summary>The detections of one image.</summary>
    /// <param name="candidates">n candidates; those whose clipped box has no area are left out.</param>
    /// <param name="probabilities">Their masks [n,1,h,w] over the padded input.</param>
    /// <param name="network">Size of the input image without padding.</param>
    /// <param name="output">Size to give boxes and masks in.</param>
    /// <param name="threshold">Probability above which a pixel is foreground.</param>
    /// <param name="maskStride">Input pixels per cell of the masks.</param>
    /// <returns>
    /// In the order of the candidates. Scores are sqrt(candidate's score * mask quality), where the quality is the mean probability of the
    /// mask's pixels, 0 of an empty one.
    /// </returns>
    public static IReadOnlyList<Detection> Apply(BoxCandidates candidates, Tensor probabilities, ImageSize network, ImageSize output,
        double threshold = 0.5, int maskStride = 4)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var device = probabilities.device;
        var (boxes, rows) = candidates.Rescaled(network, output);
        var kept = candidates.Select(rows);
        var index = tensor(Array.ConvertAll(rows, row => (long)row), [rows.Length], device: device);
        var coarse = rows.Length == candidates.Count ? probabilities : probabilities.index_select(0, index);
        var scores = tensor(kept.Scores, [rows.Length], probabilities.dtype, device);

        var found = new List<Detection>(rows.Length);
        var step = (int)Math.Clamp(PixelsAtOnce / Math.Max(output.Area, network.Area), 1, Math.Max(rows.Length, 1));
        for (var start = 0; start < rows.Length; start += step)
        {
            using var part = NewDisposeScope();
            var count = Math.Min(step, rows.Length - start);
            var soft = Resize(coarse.narrow(0, start, count), network, output, maskStride);
            var weighted = HostValues.Floats((scores.narrow(0, start, count) * Quality(soft, threshold)).sqrt());
            var masks = (soft > threshold).cpu().contiguous();
            for (var i = 0; i < count; i++)
            {
                var box = boxes.AsSpan(4 * (start + i), 4);
                found.Add(new Detection(
                    (int)kept.Classes[start + i],
                    weighted[i],
                    Box.FromCorners(box[0], box[1], box[2], box[3]),
                    RunLengthMask.Encode(masks[i].bytes, output.Height, output.Width)));
            }
        }

        return found;
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
        if (FusedKernels.ResizeMasks(probabilities, network, output, maskStride) is { } fused)
        {
            return fused.MoveToOuterDisposeScope();
        }

        var full = AlignedBilinear.Upsample(probabilities, maskStride).narrow(2, 0, network.Height).narrow(3, 0, network.Width);
        // At its own size the resize is the identity.
        if (output != network)
        {
            full = F.interpolate(full, [output.Height, output.Width], null, InterpolationMode.Bilinear, align_corners: false);
        }

        return full.select(1, 0).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The mean probability of the foreground pixels, sum p[p>t] / (#{p>t} + 1e-6), of masks [n,H,W]; of all pixels without a threshold.
    /// </summary>
    public static Tensor Quality(Tensor probabilities, double? threshold = 0.5)
    {
        using var scope = NewDisposeScope();
        if (threshold is not { } limit)
        {
            return (probabilities.sum([1, 2]) / (probabilities.size(1) * probabilities.size(2) + 1e-6)).MoveToOuterDisposeScope();
        }

        if (FusedKernels.MaskQuality(probabilities, limit) is { } fused)
        {
            return fused.MoveToOuterDisposeScope();
        }

        var foreground = (probabilities > limit).to(probabilities.dtype);
        return ((probabilities * foreground).sum([1, 2]) / (foreground.sum([1, 2]) + 1e-6)).MoveToOuterDisposeScope();
    }
}
