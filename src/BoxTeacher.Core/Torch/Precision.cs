using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>
/// What convolutions and matrix products are computed in. Weights, their averages and the optimizer's state stay float32.
/// </summary>
public enum Precision
{
    /// <summary>24 bits of a number count.</summary>
    Float32,

    /// <summary>8 bits count, over the range of float32.</summary>
    Bfloat16,

    /// <summary>11 bits count, up to 65504; gradients have to be scaled.</summary>
    Float16,
}

/// <summary>
/// libtorch's autocast, which TorchSharp does not have: within it convolutions and matrix products take their inputs and weights in the
/// lower precision; what comes out of them keeps it until something asks for float32 (PyTorch, "Automatic Mixed Precision"). It belongs to
/// the thread. Backward passes go in the types of their forward passes, outside of it.
/// </summary>
public static partial class Autocast
{
    [ThreadStatic]
    private static Scope? _innermost;

    /// <summary>
    /// Computes in a precision until the returned value is disposed, on the same thread. Within a lower one, float32 is an island: what
    /// enters it still has to be made float32. A weight that learns is converted once per outermost scope, so that passes with and without
    /// gradients of the same weights do not share one.
    /// </summary>
    /// <param name="precision">The precision.</param>
    /// <param name="device">Where it holds.</param>
    /// <exception cref="NotSupportedException">A lower precision on another device than a CPU or CUDA.</exception>
    public static IDisposable On(this Precision precision, Device device) => new Scope(precision, device.type);

    /// <summary>A tensor of 16 bits per number as float32, any other one itself.</summary>
    public static Tensor Widened(this Tensor tensor) =>
        tensor.dtype is ScalarType.BFloat16 or ScalarType.Float16 ? tensor.to(ScalarType.Float32) : tensor;

    /// <summary>Whether this thread computes in a lower precision than float32.</summary>
    internal static bool IsReduced => _innermost is { Precision: not Precision.Float32 };

    /// <summary>Why a precision is slow on this machine; null: it is not, or nobody knows.</summary>
    /// <param name="precision">The precision.</param>
    /// <param name="device">Where it is to hold.</param>
    public static string? Warning(this Precision precision, Device device) => device.type != DeviceType.CPU || !X86Base.IsSupported ? null
        : precision switch
        {
            Precision.Bfloat16 when !Has(subleaf: 1, register: 0, bit: 5) =>
                "bfloat16: this processor has no instructions for it (avx512_bf16, amx_bf16); float32 is faster here",
            Precision.Float16 when !Has(subleaf: 0, register: 3, bit: 23) =>
                "float16: this processor has no instructions for it (avx512_fp16); float32 is faster here",
            _ => null,
        };

    // A bit of leaf 7 of CPUID: Intel's manual, volume 2A.
    private static bool Has(int subleaf, int register, int bit)
    {
        const int Leaf = 7;
        if (X86Base.CpuId(0, 0).Eax < Leaf || X86Base.CpuId(Leaf, 0).Eax < subleaf)
        {
            return false;
        }

        var (eax, _, _, edx) = X86Base.CpuId(Leaf, subleaf);
        return ((register == 0 ? eax : edx) >> bit & 1) != 0;
    }

    private sealed class Scope : IDisposable
    {
        private readonly Scope? _outer;
        private readonly DeviceType _device;

        public Scope(Precision precision, DeviceType device)
        {
            if (precision != Precision.Float32 && device is not (DeviceType.CPU or DeviceType.CUDA))
            {
                throw new NotSupportedException($"there is no {precision} on {device}");
            }

            (_outer, Precision, _device) = (_innermost, precision, device);
            Change(Before, precision);
            _innermost = this;
        }

        public Precision Precision { get; }

        private Precision Before => _outer is { } outer && outer._device == _device ? outer.Precision : Precision.Float32;

        public void Dispose()
        {
            Change(Precision, Before);
            _innermost = _outer;
        }

        private void Change(Precision from, Precision to)
        {
            if (from == to)
            {
                return;
            }

            // Converted weights are known by the weight alone. Those of the outer scope survive an island of float32.
            if (from != Precision.Float32 && (to != Precision.Float32 || _outer is null))
            {
                Native.ClearCache();
            }

            if (to != Precision.Float32)
            {
                Native.SetType((sbyte)_device, (sbyte)(to == Precision.Bfloat16 ? ScalarType.BFloat16 : ScalarType.Float16));
            }

            Native.Enable((sbyte)_device, to != Precision.Float32);
        }
    }

    // Functions of at::autocast by the names that C++ gives them on Linux and macOS.
    private static partial class Native
    {
        private const string Library = "torch_cpu";

        [LibraryImport(Library, EntryPoint = "_ZN2at8autocast20set_autocast_enabledEN3c1010DeviceTypeEb")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static partial void Enable(sbyte device, [MarshalAs(UnmanagedType.U1)] bool enabled);

        [LibraryImport(Library, EntryPoint = "_ZN2at8autocast18set_autocast_dtypeEN3c1010DeviceTypeENS1_10ScalarTypeE")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static partial void SetType(sbyte device, sbyte type);

        [LibraryImport(Library, EntryPoint = "_ZN2at8autocast11clear_cacheEv")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static partial void ClearCache();
    }
}
