using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Layers;

/// <summary>
/// Enlarges a feature map so that pixel (f*i + f/2) of the output is pixel i of the input, as CondInst aligns mask features
/// with locations at i*stride + stride/2. Output j reads the input at (j - f/2) / f, clamped at the border.
/// </summary>
public static class AlignedBilinear
{
    /// <summary>Bilinear enlargement by a whole factor.</summary>
    /// <param name="input">[N,C,h,w], any floating type; N may be 0.</param>
    /// <param name="factor">At least 1.</param>
    /// <returns>[N,C,factor*h,factor*w]; a strided view of a slightly larger tensor.</returns>
    public static Tensor Upsample(Tensor input, int factor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(factor, 1);
        if (factor == 1)
            return input.alias();
        using var scope = NewDisposeScope();
        var (height, width) = (input.size(2), input.size(3));
        if (input.size(0) == 0)
            return input.new_zeros([0, input.size(1), height * factor, width * factor]).MoveToOuterDisposeScope();
        // One replicated pixel in front puts the clamped border inside the map; one behind is needed from factor 3 on.
        var behind = factor > 2 ? 1 : 0;
        var padded = F.pad(input, (1, behind, 1, behind), PaddingModes.Replicate);
        var fine = F.interpolate(padded, [factor * (height + behind) + 1, factor * (width + behind) + 1], null, InterpolationMode.Bilinear, align_corners: true);
        var start = factor - factor / 2;
        return fine.narrow(2, start, factor * height).narrow(3, start, factor * width).MoveToOuterDisposeScope();
    }
}
