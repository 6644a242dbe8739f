using System;
using System.Runtime.InteropServices;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

/// <content>The library itself: version, threads, CUDA, switches.</content>
public static partial class torch
{
    /// <summary>libtorch's version.</summary>
    public static unsafe string __version__ => Marshal.PtrToStringUTF8((nint)NativeMethods.bt_torch_version())!;

    public static int get_num_threads() => NativeMethods.bt_get_num_threads();
    public static void set_num_threads(int num) => Error.Check(NativeMethods.bt_set_num_threads(num));
    public static int get_num_interop_threads() => NativeMethods.bt_get_num_interop_threads();
    public static void set_num_interop_threads(int num) => Error.Check(NativeMethods.bt_set_num_interop_threads(num));

    public static bool cuda_is_available() => cuda.is_available();
    public static bool mps_is_available() => false;

    /// <summary>The innermost open dispose scope of the calling thread.</summary>
    public static DisposeScope? CurrentDisposeScope => DisposeScopeManager.ForThread.Current;

    /// <summary>Runs an expression in a scope of its own, which only its result leaves.</summary>
    public static Tensor WrappedTensorDisposeScope(Func<Tensor> expr)
    {
        using var scope = NewDisposeScope();
        return expr().MoveToOuterDisposeScope();
    }

    public static void _assert(bool condition, string message)
    {
        if (!condition) {
            throw new InvalidOperationException(message);
        }
    }

    public static void _assert(Func<bool> condition, string message) => _assert(condition(), message);

    public static class cuda
    {
        public static bool is_available() => device_count() > 0;
        public static bool is_cudnn_available() => NativeMethods.bt_cudnn_is_available() != 0;
        public static int device_count() => NativeMethods.bt_cuda_device_count();
        public static void manual_seed(long seed) => torch.manual_seed(seed);
        public static void manual_seed_all(long seed) => torch.manual_seed(seed);

        /// <summary>Waits for everything the device was told to do.</summary>
        public static void synchronize(Device? device = null) => Error.Check(NativeMethods.bt_cuda_synchronize(device?.index ?? -1));
    }

    public static class backends
    {
        private static bool Get(int flag) => NativeMethods.bt_get_flag(flag) != 0;
        private static void Set(int flag, bool value) => Error.Check(NativeMethods.bt_set_flag(flag, value ? 1 : 0));

        public static class cuda
        {
            public static class matmul
            {
                /// <summary>Whether products of float matrices may round to TF32.</summary>
                public static bool allow_tf32 { get => Get(0); set => Set(0, value); }

                /// <summary>Whether products of half matrices may be summed in half.</summary>
                public static bool allow_fp16_reduced_precision_reduction { get => Get(3); set => Set(3, value); }
            }
        }

        public static class cudnn
        {
            /// <summary>Whether convolutions may round to TF32.</summary>
            public static bool allow_tf32 { get => Get(1); set => Set(1, value); }
        }
    }

    /// <summary>Only deterministic algorithms, until disposed.</summary>
    public static IDisposable use_deterministic_algorithms(bool mode = true, bool warn_only = false) => new DeterministicMode(mode, warn_only);

    public static bool are_deterministic_algorithms_enabled() => NativeMethods.bt_get_flag(2) != 0;
    public static bool is_deterministic_algorithms_warn_only_enabled() => NativeMethods.bt_get_flag(4) != 0;

    private sealed class DeterministicMode : IDisposable
    {
        private readonly (int On, int WarnOnly) _before = (NativeMethods.bt_get_flag(2), NativeMethods.bt_get_flag(4));

        internal DeterministicMode(bool on, bool warnOnly) => Switch(on ? 1 : 0, warnOnly ? 1 : 0);

        private static void Switch(int on, int warnOnly) => Error.Check(NativeMethods.bt_set_flag(2, on | warnOnly << 1));

        public void Dispose() => Switch(_before.On, _before.WarnOnly);
    }
}
