using System.Collections.Generic;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>
/// The order in which the elements of images [N, C, H, W] lie in memory. With channels last, convolutions on the CPU read
/// memory in order; the sizes and indices of a tensor stay what they are.
/// </summary>
public static class MemoryFormats
{
    /// <summary>The same values with the channels of a pixel side by side: strides [HWC, 1, WC, C].</summary>
    /// <param name="images">A tensor of four dimensions; others come back as they are, as a new object.</param>
    public static Tensor ChannelsLast(Tensor images)
    {
        if (images.ndim != 4 || IsChannelsLast(images)) {
            return images.alias();
        }
        using var moved = images.permute(0, 2, 3, 1);
        using var dense = moved.contiguous();
        return dense.permute(0, 3, 1, 2);
    }

    /// <summary>Whether a tensor [N, C, H, W] lies so.</summary>
    public static bool IsChannelsLast(Tensor images)
    {
        if (images.ndim != 4) {
            return false;
        }
        var (shape, stride) = (images.shape, images.stride());
        var expected = 1L;
        foreach (var d in (int[])[1, 3, 2, 0]) {
            if (shape[d] != 1 && stride[d] != expected) {
                return false;
            }
            expected *= shape[d];
        }
        return true;
    }

    /// <summary>Moves weights of convolutions [O, I, kH, kW] to channels last, in place: each stays the same object.</summary>
    public static void ChannelsLast(IEnumerable<Tensor> weights)
    {
        using var guard = no_grad();
        foreach (var weight in weights) {
            if (weight.ndim == 4 && !IsChannelsLast(weight)) {
                using var moved = ChannelsLast(weight);
                // The object keeps its identity for optimizers: only the storage beneath it changes.
                weight.set_(moved);
            }
        }
    }
}
