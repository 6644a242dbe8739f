using BoxTeacher.Kernels;
using BoxTeacher.Layers;
using BoxTeacher.Structures;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Detectors;

/// <summary>The detections of one image with their masks. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Instances">
/// At the size that was asked for. Their scores are sqrt(detector's score * mask quality); they are not sorted anew. Masks are bool, or
/// probabilities when no threshold was given.
/// </param>
/// <param name="MaskQuality">[n] mean probability of each mask's foreground pixels, in [0, 1]; 0 for an empty mask.</param>
/// <param name="Rows">For each instance its row among the candidates; candidates whose clipped box has no area are gone.</param>
public sealed record Postprocessed(Instances Instances, Tensor MaskQuality, int[] Rows);

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
    /// <param name="threshold">
    /// Probability above which a pixel is foreground; null keeps probabilities, all of which then count for the quality.
    /// </param>
    /// <param name="maskStride">Input pixels per cell of the masks.</param>
    public static Postprocessed Apply(BoxCandidates candidates, Tensor probabilities, ImageSize network, ImageSize output,
        double? threshold = 0.5, int maskStride = 4)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var device = probabilities.device;
        var (boxes, rows) = candidates.Rescaled(network, output);
        var kept = candidates.Select(rows);
        var index = tensor(Array.ConvertAll(rows, row => (long)row), [rows.Length], device: device);
        var coarse = rows.Length == candidates.Count ? probabilities : probabilities.index_select(0, index);

        var masks = new List<Tensor>();
        var qualities = new List<Tensor>();
        var step = (int)Math.Clamp(PixelsAtOnce / Math.Max(output.Area, network.Area), 1, Math.Max(rows.Length, 1));
        for (var start = 0; start < rows.Length; start += step)
        {
            var (mask, itsQuality) =
                Finish(coarse.narrow(0, start, Math.Min(step, rows.Length - start)), network, output, threshold, maskStride);
            masks.Add(mask);
            qualities.Add(itsQuality);
        }
        var none = rows.Length == 0;
        var quality = none ? probabilities.new_zeros([0]) : cat(qualities);
        var detectorScores = tensor(kept.Scores, [rows.Length], probabilities.dtype, device);
        var found = new Instances(
            tensor(boxes, [rows.Length, 4], device: device),
            tensor(kept.Classes, [rows.Length], device: device),
            (detectorScores * quality).sqrt(),
            none ? probabilities.new_zeros([0, output.Height, output.Width]).to(threshold is null ? probabilities.dtype : ScalarType.Bool)
                : cat(masks));
        return new Postprocessed(found.MoveToOuterDisposeScope(), quality.MoveToOuterDisposeScope(), rows);
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

    private static (Tensor Mask, Tensor Quality) Finish(
        Tensor coarse, ImageSize network, ImageSize output, double? threshold, int maskStride)
    {
        using var scope = NewDisposeScope();
        var soft = Resize(coarse, network, output, maskStride);
        var mask = threshold is { } limit ? soft > limit : soft.contiguous();
        return (mask.MoveToOuterDisposeScope(), Quality(soft, threshold).MoveToOuterDisposeScope());
    }
}
