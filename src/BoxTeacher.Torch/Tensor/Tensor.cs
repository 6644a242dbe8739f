using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// A tensor of libtorch. It holds one reference on the native tensor, given back by <see cref="Dispose()"/>, by the
    /// dispose scope that was open when it was made, or, as the last resort, by the finalizer.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long s_live;
        private static long s_peak;

        private nint _handle;
        /// <summary>The scope that will dispose this tensor, and the place it has there.</summary>
        internal DisposeScope? Scope;
        internal int ScopeSlot;

        /// <summary>Takes over the reference that <paramref name="handle"/> carries.</summary>
        internal Tensor(nint handle)
        {
            _handle = handle;
            var live = Interlocked.Increment(ref s_live);
            if (live > Volatile.Read(ref s_peak)) {
                Volatile.Write(ref s_peak, live);
            }
            DisposeScopeManager.ForThread.Register(this);
        }

        /// <summary>Number of tensors alive in this process.</summary>
        public static long TotalCount => Interlocked.Read(ref s_live);
        public static long PeakCount => Interlocked.Read(ref s_peak);

        /// <summary>The native tensor, borrowed.</summary>
        /// <exception cref="InvalidOperationException">The tensor has been disposed.</exception>
        public IntPtr Handle
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get {
                if (_handle == 0) {
                    ThrowEmpty();
                }
                return _handle;
            }
        }

        [DoesNotReturn]
        private static void ThrowEmpty() => throw new InvalidOperationException("Tensor invalid -- empty handle.");

        public bool IsInvalid => _handle == 0;

        /// <summary>Gives the native reference away: this tensor becomes empty.</summary>
        public IntPtr DecoupleFromNativeHandle()
        {
            GC.SuppressFinalize(this);
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0) {
                Interlocked.Decrement(ref s_live);
                DisposeScopeManager.ForThread.Forget(this);
            }
            return handle;
        }

        ~Tensor() => Dispose(false);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle == 0) {
                return;
            }
            Interlocked.Decrement(ref s_live);
            if (disposing) {
                DisposeScopeManager.ForThread.Forget(this);
            }
            NativeMethods.bt_release(handle);
        }

        /// <summary>
        /// Disposal by the owning scope, which has let go of this tensor and releases what it returns: the native tensor,
        /// or 0 when there is none any more.
        /// </summary>
        internal nint TakeForScope()
        {
            Scope = null;
            var handle = Interlocked.Exchange(ref _handle, 0);
            if (handle != 0) {
                GC.SuppressFinalize(this);
            }
            return handle;
        }

        /// <summary>Releases native tensors that a scope has taken.</summary>
        internal static unsafe void Release(ReadOnlySpan<nint> handles)
        {
            Interlocked.Add(ref s_live, -handles.Length);
            fixed (nint* first = handles) {
                NativeMethods.bt_release_all(first, handles.Length);
            }
        }

        public Tensor MoveToOuterDisposeScope()
        {
            Scope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            Scope?.Detach(this);
            return this;
        }

        public Tensor DetatchFromDisposeScope() => DetachFromDisposeScope();

        public Tensor MoveToOtherDisposeScope(DisposeScope other)
        {
            if (Scope is { } scope) {
                scope.MoveToOther(other, this);
            } else {
                other?.Attach(this);
            }
            return this;
        }

        public Tensor MoveToOtherDisposeScope(Tensor other) => other.Scope is { } scope ? MoveToOtherDisposeScope(scope) : DetachFromDisposeScope();

        public long Dimensions => NativeMethods.bt_dim(Handle);
        public long ndim => Dimensions;
        public long dim() => Dimensions;
        public long NumberOfElements => NativeMethods.bt_numel(Handle);
        public long numel() => NumberOfElements;
        public long ElementSize => NativeMethods.bt_element_size(Handle);
        public long element_size() => ElementSize;
        public ScalarType dtype => (ScalarType)NativeMethods.bt_dtype(Handle);
        public Device device => Device.Unpack(NativeMethods.bt_device(Handle));
        public DeviceType device_type => (DeviceType)(NativeMethods.bt_device(Handle) >> 16);
        public int device_index => (short)(NativeMethods.bt_device(Handle) & 0xffff);
        public bool is_cuda => device_type == DeviceType.CUDA;
        public bool is_meta => device_type == DeviceType.META;
        public bool is_cpu() => device_type == DeviceType.CPU;

        /// <summary>The sizes, as a fresh array.</summary>
        public unsafe long[] shape
        {
            get {
                var handle = Handle;
                var sizes = new ReadOnlySpan<long>(NativeMethods.bt_sizes(handle), (int)NativeMethods.bt_dim(handle)).ToArray();
                GC.KeepAlive(this);
                return sizes;
            }
        }

        public long[] size() => shape;

        /// <summary>The size of one dimension, counted from the end when negative.</summary>
        public unsafe long size(int dim)
        {
            var handle = Handle;
            var n = NativeMethods.bt_dim(handle);
            if (dim >= n || dim < -n) {
                throw new System.Runtime.InteropServices.ExternalException($"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})");
            }
            var size = NativeMethods.bt_sizes(handle)[dim < 0 ? dim + n : dim];
            GC.KeepAlive(this);
            return size;
        }

        public unsafe long[] stride()
        {
            var strides = NativeMethods.bt_strides(Handle);
            if (strides == null && ndim > 0) {
                Error.Throw();
            }
            var result = new ReadOnlySpan<long>(strides, (int)ndim).ToArray();
            GC.KeepAlive(this);
            return result;
        }

        public long stride(int dim)
        {
            var strides = stride();
            return strides[dim < 0 ? dim + strides.Length : dim];
        }

        public long storage_offset() => NativeMethods.bt_storage_offset(Handle);
        public bool is_contiguous() => NativeMethods.bt_is_contiguous(Handle, 0) != 0;
    }
}
