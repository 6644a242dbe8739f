using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>Images and feature maps whose channels lie side by side in memory, pixel after pixel.</summary>
internal static class ChannelsLast
{
    /// <summary>[N,C,H,W] as [N,H,W,C], contiguous; a copy only where it lies otherwise.</summary>
    public static Tensor Of(Tensor map) => map.permute(0, 2, 3, 1).contiguous();

    /// <summary>[N,H,W,C] as [N,C,H,W], the same memory.</summary>
    public static Tensor Back(Tensor map) => map.permute(0, 3, 1, 2);
}
