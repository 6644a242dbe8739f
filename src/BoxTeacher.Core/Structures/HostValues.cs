using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>Copies of a tensor's values in managed memory, from any device and any strides.</summary>
public static class HostValues
{
    /// <summary>All values in row-major order, as float32.</summary>
    public static float[] Floats(Tensor tensor) => Copy<float>(tensor, float32);

    /// <summary>All values in row-major order, as int64.</summary>
    public static long[] Longs(Tensor tensor) => Copy<long>(tensor, int64);

    private static T[] Copy<T>(Tensor tensor, ScalarType type) where T : unmanaged
    {
        using var scope = NewDisposeScope();
        using var values = tensor.detach().to(type, CPU).contiguous().data<T>();
        return values.Count == 0 ? [] : values.ToArray();
    }
}
