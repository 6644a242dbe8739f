using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>Copies of a tensor's values in managed memory, from any device and any strides.</summary>
public static class HostValues
{
    /// <summary>All values in row-major order, as float32.</summary>
    public static float[] Floats(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var values = tensor.detach().to(float32).cpu().contiguous().data<float>();
        return values.ToArray();
    }

    /// <summary>All values in row-major order, as int64.</summary>
    public static long[] Longs(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var values = tensor.detach().to(int64).cpu().contiguous().data<long>();
        return values.ToArray();
    }
}
