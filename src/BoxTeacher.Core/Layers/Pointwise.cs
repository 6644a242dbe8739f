using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>
/// 1x1 convolutions at full speed on one CPU thread. A 1x1 kernel means the same at any dilation; but with one thread, stride 1 and
/// fewer than 16 images libtorch turns an undilated one into a matrix product by BLAS, and a dilated one goes to oneDNN. Where BLAS is
/// the reference library the difference is a factor of 20.
/// </summary>
internal static class Pointwise
{
    /// <summary>The dilation to give a 1x1 convolution module.</summary>
    public const int Dilation = 2;

    /// <summary>The dilation to give a square kernel of a side on the device of its input; null for the default.</summary>
    public static long[]? DilationFor(Tensor input, long kernel) => kernel == 1 && input.device_type == DeviceType.CPU ? [Dilation, Dilation] : null;
}
