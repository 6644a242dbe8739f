using BoxTeacher.Losses;
using BoxTeacher.Teaching.Targets;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Teaching.Affinity;

/// <summary>
/// Pixels that the teacher's mask puts on the same side belong together (BoxTeacher, noise-reduced affinity):
/// <c>m_i m_j + (1 - m_i)(1 - m_j)</c>. BoxTeacher uses it as <c>new MaskAffinity(MaskSmoothing.Mean3x3).AtLeast(0.5)</c>.
/// </summary>
/// <param name="smoothing">What is done to a mask before its pixels are compared.</param>
public sealed class MaskAffinity(Func<Tensor, Tensor> smoothing) : IAffinitySource
{
    /// <inheritdoc />
    public Tensor Affinity(MaskScene scene, Tensor pseudoMasks, PixelPairs pairs) => OfMasks(pseudoMasks, pairs);

    /// <summary>Affinity of each pair.</summary>
    /// <param name="masks">[G, h, w] in [0, 1].</param>
    /// <param name="pairs">Which pixels are compared.</param>
    /// <returns>[G, P, h, w] in [0, 1], 0 for pairs that leave the grid.</returns>
    public Tensor OfMasks(Tensor masks, PixelPairs pairs)
    {
        using var scope = NewDisposeScope();
        var mask = smoothing(masks);
        var (first, second) = (mask.unsqueeze(1), pairs.Second(mask));
        var affinity = first * second + (1 - first) * (1 - second);
        return (affinity * pairs.Inside(mask)).MoveToOuterDisposeScope();
    }
}

/// <summary>What may be done to pseudo masks before affinities are read from them: [G, h, w] -> [G, h, w].</summary>
public static class MaskSmoothing
{
    /// <summary>The mean of the mask and its 3x3 average (zero padded, always divided by 9), as published.</summary>
    public static Tensor Mean3x3(Tensor masks)
    {
        using var scope = NewDisposeScope();
        var average = F.avg_pool2d(masks.unsqueeze(1), 3, 1, 1).squeeze(1);
        return average.add_(masks).mul_(0.5).MoveToOuterDisposeScope();
    }

    /// <summary>The mask as it is.</summary>
    public static Tensor None(Tensor masks) => masks.alias();
}
