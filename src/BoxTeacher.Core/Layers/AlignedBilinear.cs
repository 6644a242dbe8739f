using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>
/// Enlarges a feature map so that pixel (f*i + f/2) of the output is pixel i of the input, as CondInst aligns mask features
/// with locations at i*stride + stride/2. Output j reads the input at (j - f/2) / f, clamped at the border.
/// </summary>
/// <remarks>
/// Written as weighted sums of shifted maps, one axis after the other; on a CPU many times faster than the library's resize.
/// </remarks>
public static class AlignedBilinear
{
    /// <summary>Bilinear enlargement by a whole factor.</summary>
    /// <param name="input">[N,C,h,w], any floating type; N may be 0.</param>
    /// <param name="factor">At least 1.</param>
    /// <returns>[N,C,factor*h,factor*w].</returns>
    public static Tensor Upsample(Tensor input, int factor)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(factor, 1);
        using var scope = NewDisposeScope();
        // Along the axes as they lie in memory.
        var output = input.is_contiguous()
            ? Stretch(Stretch(input, factor, 2), factor, 3)
            : ChannelsLast.Back(Stretch(Stretch(ChannelsLast.Of(input), factor, 1), factor, 2));
        return output.MoveToOuterDisposeScope();
    }

    // One axis. Output i*f + k lies at i + d with d = (k - f/2) / f, between cell i and its neighbor on the side of d.
    private static Tensor Stretch(Tensor input, int factor, int axis)
    {
        var count = input.size(axis);
        if (factor == 1)
        {
            return input.alias();
        }

        var before = cat([input.narrow(axis, 0, 1), input.narrow(axis, 0, count - 1)], axis);
        var behind = factor > 2 ? cat([input.narrow(axis, 1, count - 1), input.narrow(axis, count - 1, 1)], axis) : input;
        var phases = new Tensor[factor];
        for (var k = 0; k < factor; k++)
        {
            var distance = (k - factor / 2) / (double)factor;
            phases[k] = distance switch
            {
                0 => input,
                < 0 => (input * (1 + distance)).add_(before, -distance),
                _ => (input * (1 - distance)).add_(behind, distance),
            };
        }
        return stack(phases, axis + 1).flatten(axis, axis + 1);
    }
}
