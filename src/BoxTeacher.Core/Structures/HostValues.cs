using System.Diagnostics;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>
/// Copies of a tensor's values in managed memory, from any device and any strides. The host waits for each until the device has done
/// everything that was asked of it before.
/// </summary>
public static class HostValues
{
    [ThreadStatic]
    private static Action<HostCopy>? _listener;

    /// <summary>All values in row-major order, as float32.</summary>
    public static float[] Floats(Tensor tensor, [CallerFilePath] string file = "", [CallerMemberName] string member = "") =>
        Copy<float>(tensor, float32, file, member);

    /// <summary>All values in row-major order, as int64.</summary>
    public static long[] Longs(Tensor tensor, [CallerFilePath] string file = "", [CallerMemberName] string member = "") =>
        Copy<long>(tensor, int64, file, member);

    /// <summary>All values in row-major order, as uint8.</summary>
    public static byte[] Bytes(Tensor tensor, [CallerFilePath] string file = "", [CallerMemberName] string member = "") =>
        Copy<byte>(tensor, uint8, file, member);

    /// <summary>Boxes, and a whole number that each of them has, in one copy.</summary>
    /// <param name="boxes">[n, 4].</param>
    /// <param name="numbers">[n], of size up to 2^24, which float32 holds exactly.</param>
    /// <param name="file">Whose copy it is.</param>
    /// <param name="member">Whose copy it is.</param>
    public static (float[] Boxes, long[] Numbers) Boxes(
        Tensor boxes, Tensor numbers, [CallerFilePath] string file = "", [CallerMemberName] string member = "")
    {
        using var scope = NewDisposeScope();
        var rows = Floats(cat([boxes.detach().to(float32), numbers.to(float32).unsqueeze(1)], 1), file, member);
        var (corners, whole) = (new float[rows.Length / 5 * 4], new long[rows.Length / 5]);
        for (var i = 0; i < whole.Length; i++)
        {
            rows.AsSpan(5 * i, 4).CopyTo(corners.AsSpan(4 * i));
            whole[i] = (long)rows[5 * i + 4];
        }

        return (corners, whole);
    }

    /// <summary>Where a mask is set: [k, dimensions] int64 on its device. The host waits for k.</summary>
    public static Tensor Places(Tensor mask, [CallerFilePath] string file = "", [CallerMemberName] string member = "")
    {
        var start = Stopwatch.GetTimestamp();
        var places = mask.nonzero();
        Tell(CopyDirection.ToHost, sizeof(long), start, file, member);
        return places;
    }

    /// <summary>The rows in which a mask [n] is set: [k] int64 on its device. The host waits for k.</summary>
    public static Tensor Rows(Tensor mask, [CallerFilePath] string file = "", [CallerMemberName] string member = "")
    {
        using var places = Places(mask, file, member);
        return places.squeeze(1);
    }

    /// <summary>Tells of each copy that this thread asks for, until it is disposed: a profile of waits.</summary>
    /// <param name="listen">Is told after each copy.</param>
    public static IDisposable Listen(Action<HostCopy> listen)
    {
        var before = _listener;
        _listener = before + listen;
        return new Listening(() => _listener = before);
    }

    internal static void Tell(CopyDirection direction, long bytes, long start, string file, string member) =>
        _listener?.Invoke(new HostCopy(
            $"{Path.GetFileNameWithoutExtension(file)}.{member}", direction, bytes, Stopwatch.GetElapsedTime(start)));

    private static T[] Copy<T>(Tensor tensor, ScalarType type, string file, string member) where T : unmanaged
    {
        using var scope = NewDisposeScope();
        var start = Stopwatch.GetTimestamp();
        using var values = tensor.detach().to(type, CPU).contiguous().data<T>();
        var copy = values.Count == 0 ? Array.Empty<T>() : values.ToArray();
        Tell(CopyDirection.ToHost, (long)copy.Length * Unsafe.SizeOf<T>(), start, file, member);
        return copy;
    }

    private sealed class Listening(Action stop) : IDisposable
    {
        public void Dispose() => stop();
    }
}

/// <summary>Tensors of managed values on any device.</summary>
public static class DeviceValues
{
    /// <summary>
    /// A tensor of these values. A CUDA device takes them from pinned memory while the host goes on; libtorch keeps that memory until the
    /// copy is done.
    /// </summary>
    /// <param name="values">In row-major order: float32, float64, int64 or uint8.</param>
    /// <param name="shape">Of the tensor.</param>
    /// <param name="device">Where it is.</param>
    /// <param name="dtype">Type of the tensor; null: that of the values.</param>
    /// <param name="file">Whose copy it is.</param>
    /// <param name="member">Whose copy it is.</param>
    /// <exception cref="ArgumentException">Values of another type.</exception>
    public static Tensor Of<T>(
        T[] values, long[] shape, Device device, ScalarType? dtype = null, [CallerFilePath] string file = "",
        [CallerMemberName] string member = "") where T : unmanaged
    {
        var start = Stopwatch.GetTimestamp();
        var own = values switch
        {
            float[] floats => tensor(floats, shape, dtype, CPU),
            double[] doubles => tensor(doubles, shape, dtype, CPU),
            long[] longs => tensor(longs, shape, dtype, CPU),
            byte[] bytes => tensor(bytes, shape, dtype, CPU),
            _ => throw new ArgumentException($"values are float32, float64, int64 or uint8, not {typeof(T)}", nameof(values)),
        };
        return Told(own, device, start, file, member);
    }

    /// <summary>Rows or other numbers [n] int64.</summary>
    public static Tensor Of(
        long[] values, Device device, [CallerFilePath] string file = "", [CallerMemberName] string member = "") =>
        Of(values, [values.Length], device, null, file, member);

    /// <summary>A tensor on the CPU, which it takes the place of, on another device.</summary>
    /// <param name="own">On the CPU; disposed unless it stays there.</param>
    /// <param name="device">Where it is wanted.</param>
    /// <param name="file">Whose copy it is.</param>
    /// <param name="member">Whose copy it is.</param>
    public static Tensor Of(Tensor own, Device device, [CallerFilePath] string file = "", [CallerMemberName] string member = "") =>
        Told(own, device, Stopwatch.GetTimestamp(), file, member);

    private static Tensor Told(Tensor own, Device device, long start, string file, string member)
    {
        var bytes = own.numel() * own.element_size();
        var moved = To(own, device);
        HostValues.Tell(CopyDirection.ToDevice, bytes, start, file, member);
        return moved;
    }

    private static Tensor To(Tensor own, Device device)
    {
        if (device.type == TorchSharp.DeviceType.CPU)
        {
            return own;
        }

        using (own)
        {
            if (device.type != TorchSharp.DeviceType.CUDA)
            {
                return own.to(device);
            }

            using var pinned = own.pin_memory();
            return pinned.to(device, non_blocking: true);
        }
    }
}

/// <summary>Where a copy goes.</summary>
public enum CopyDirection
{
    /// <summary>The host waits for it.</summary>
    ToHost,

    /// <summary>The host does not wait for it.</summary>
    ToDevice,
}

/// <summary>A copy between host and device.</summary>
/// <param name="Place">File and member that asked for it.</param>
/// <param name="Direction">Where it went.</param>
/// <param name="Bytes">How much.</param>
/// <param name="Time">What it took the host, work that it waited for included.</param>
public readonly record struct HostCopy(string Place, CopyDirection Direction, long Bytes, TimeSpan Time);
