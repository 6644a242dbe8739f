using BoxTeacher.Structures;
using BoxTeacher.Torch;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Methods;

/// <summary>
/// Says which pairs of pixels ought to share a label, from the picture or from the teacher's masks. The loss looks at pairs with an end
/// inside the box only, so an affinity need not.
/// </summary>
/// <param name="grid">Picture, boxes and valid pixels on the mask grid.</param>
/// <param name="masks">[G, h, w] float32 in [0, 1]: the teacher's masks within their boxes; zeros for boxes without one.</param>
/// <param name="pairs">Which pixels are compared.</param>
/// <returns>[G, P, h, w] float32 in [0, 1], 0 for pairs that leave the grid; a fresh tensor.</returns>
public delegate Tensor PairAffinity(MaskGrid grid, Tensor masks, PixelPairs pairs);

/// <summary>The affinities of the papers.</summary>
public static class Affinity
{
    /// <summary>
    /// Pixels of like color belong together (BoxInst, section 3.2). BoxInst and BoxTeacher use it as <c>Affinity.Color.AtLeast(0.3)</c>.
    /// </summary>
    public static PairAffinity Color { get; } = (grid, _, pairs) =>
    {
        using var scope = NewDisposeScope();
        var similarity = ColorSimilarity.OfPairs(ColorSimilarity.Lab(ColorSimilarity.Shrink(grid.Pixels, grid.Stride)), pairs);
        return similarity.index_select(0, grid.ImageIndex()).MoveToOuterDisposeScope();
    };

    /// <summary>Pixels that the teacher's mask puts on the same side belong together: <c>m_i m_j + (1 - m_i)(1 - m_j)</c>.</summary>
    public static PairAffinity Masks { get; } = (_, masks, pairs) => OfMasks(masks, pairs);

    /// <summary>
    /// The same of masks smoothed by <see cref="MaskSmoothing.Mean3x3"/> (BoxTeacher's noise-reduced affinity, section 3.4), which uses it
    /// as <c>Affinity.SmoothedMasks.AtLeast(0.5)</c>.
    /// </summary>
    public static PairAffinity SmoothedMasks { get; } = (_, masks, pairs) =>
    {
        using var scope = NewDisposeScope();
        return OfMasks(MaskSmoothing.Mean3x3(masks), pairs).MoveToOuterDisposeScope();
    };

    /// <summary>No pair: the loss that reads this affinity is zero.</summary>
    public static PairAffinity None { get; } = (_, masks, pairs) =>
        masks.new_zeros([masks.size(0), pairs.Count, masks.size(1), masks.size(2)]);

    /// <summary>Hard affinities: 1 where the affinity is at least <paramref name="threshold"/> (which is &gt; 0), else 0.</summary>
    public static PairAffinity AtLeast(this PairAffinity affinity, double threshold)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threshold);
        return (grid, masks, pairs) =>
        {
            using var scope = NewDisposeScope();
            var soft = affinity(grid, masks, pairs);
            return (soft >= threshold).to(soft.dtype).MoveToOuterDisposeScope();
        };
    }

    /// <summary>The affinity of each pair by masks [G, h, w] in [0, 1]: [G, P, h, w].</summary>
    public static Tensor OfMasks(Tensor masks, PixelPairs pairs)
    {
        using var scope = NewDisposeScope();
        var (first, second) = (masks.unsqueeze(1), pairs.Second(masks));
        var affinity = first * second + (1 - first) * (1 - second);
        return (affinity * pairs.Inside(masks)).MoveToOuterDisposeScope();
    }
}

/// <summary>What may be done to pseudo masks before affinities are read from them.</summary>
public static class MaskSmoothing
{
    /// <summary>The mean of a mask and its 3x3 average (zero padded, always divided by 9), as published.</summary>
    /// <param name="masks">[G, h, w] in [0, 1].</param>
    /// <returns>The same shape.</returns>
    public static Tensor Mean3x3(Tensor masks)
    {
        using var scope = NewDisposeScope();
        var average = F.avg_pool2d(masks.unsqueeze(1), 3, 1, 1).squeeze(1);
        return average.add_(masks).mul_(0.5).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// How alike the colors of two pixels look: <c>exp(-|Lab_i - Lab_j| / 2)</c> on the image averaged over the mask
/// grid's cells (BoxInst, section 3.2).
/// </summary>
public static class ColorSimilarity
{
    // sRGB primaries under D65.
    private static readonly double[] ToXyz =
    [
        0.412453, 0.357580, 0.180423,
        0.212671, 0.715160, 0.072169,
        0.019334, 0.119193, 0.950227,
    ];

    // The white point of D65, of single precision in every dtype, as published.
    private static readonly float[] White = [0.95047f, 1.0f, 1.08883f];

    /// <summary>The image as the mask grid sees it: cell means, cut to whole numbers.</summary>
    /// <param name="pixels">[N, 3, H, W] uint8, H and W multiples of <paramref name="stride"/>.</param>
    /// <param name="stride">Pixels per cell.</param>
    /// <returns>[N, 3, H / stride, W / stride] float32, whole numbers in 0..255.</returns>
    public static Tensor Shrink(Tensor pixels, int stride)
    {
        using var scope = NewDisposeScope();
        return F.avg_pool2d(pixels.to(float32), stride).floor().MoveToOuterDisposeScope();
    }

    /// <summary>CIE L*a*b* of sRGB colors.</summary>
    /// <param name="rgb">[N, 3, H, W] in 0..255, red first.</param>
    /// <returns>Same shape: L in 0..100, a and b about -128..127.</returns>
    public static Tensor Lab(Tensor rgb)
    {
        using var scope = NewDisposeScope();
        using var exact = Precision.Float32.On(rgb.device);
        var x = rgb / 255;
        var linear = where(x > 0.04045, ((x + 0.055) / 1.055).pow(2.4), x / 12.92);
        var matrix = DeviceValues.Of(ToXyz, [3, 3], rgb.device, rgb.dtype);
        var white = DeviceValues.Of(White, [3, 1, 1], rgb.device, rgb.dtype);
        var xyz = (linear.unsqueeze(1) * matrix.view(3, 3, 1, 1)).sum([2]) / white;
        var f = where(xyz > 0.008856, xyz.pow(1.0 / 3), 7.787 * xyz + 16.0 / 116);
        var (fx, fy, fz) = (f.select(1, 0), f.select(1, 1), f.select(1, 2));
        return stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Similarity of the colors of each pair.</summary>
    /// <param name="lab">[N, 3, H, W].</param>
    /// <param name="pairs">Which pixels are compared.</param>
    /// <returns>[N, P, H, W] in (0, 1], 0 for pairs that leave the image.</returns>
    public static Tensor OfPairs(Tensor lab, PixelPairs pairs)
    {
        using var scope = NewDisposeScope();
        var difference = pairs.Second(lab) - lab.unsqueeze(2);
        var distance = difference.square().sum(1).sqrt();
        return ((distance * -0.5).exp() * pairs.Inside(lab)).MoveToOuterDisposeScope();
    }
}
