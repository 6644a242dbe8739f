using BoxTeacher.Layers;

using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Methods;

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
        var x = rgb / 255;
        var linear = where(x > 0.04045, ((x + 0.055) / 1.055).pow(2.4), x / 12.92);
        var matrix = tensor(ToXyz, dtype: rgb.dtype, device: rgb.device).view(3, 3);
        var white = tensor(White, dtype: rgb.dtype, device: rgb.device).view(3, 1, 1);
        var xyz = matrix.matmul(linear.flatten(2)).view(rgb.shape) / white;
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
