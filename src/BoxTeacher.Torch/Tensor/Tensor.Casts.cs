using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Other element types and devices. The result is always another object, though maybe over the same memory.</content>
    public partial class Tensor
    {
        private static readonly Operator s_toDtype = new("to", "dtype");
        private static readonly Operator s_toDevice = new("to", "device");
        private static readonly Operator s_contiguous = new("contiguous");
        private static readonly Operator s_conjugate = new("conj");
        private static readonly Operator s_zero = new("zero_");

        private Tensor Converted(Tensor result, bool disposeAfter)
        {
            if (disposeAfter) {
                Dispose();
            }
            return result;
        }

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => Converted(s_toDtype.Tensor(this, type, non_blocking, copy), disposeAfter);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => Converted(s_toDevice.Tensor(this, device, dtype, non_blocking, copy), disposeAfter);

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => Converted(s_toDevice.Tensor(this, device, type, non_blocking, copy), disposeAfter);

        public Tensor to(DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => to(new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        public Tensor to(string device, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => to(new Device(device), copy, disposeAfter, non_blocking);

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
            => to(type, copy, disposeAfter, non_blocking);

        public Tensor type(ScalarType dtype) => to_type(dtype);
        public Tensor type(Func<Tensor, Tensor> typeFunc) => typeFunc(this);

        public Tensor cpu() => to(CPU);

        public Tensor cuda(Device? device = null, bool non_blocking = false)
            => device is null or { type: DeviceType.CUDA } ? to(device ?? CUDA, non_blocking: non_blocking)
                : throw new ArgumentException("Device type must be CUDA", nameof(device));

        public Tensor mps(bool non_blocking = false) => to(MPS, non_blocking: non_blocking);

        public Tensor @bool() => to(ScalarType.Bool);
        public Tensor @byte() => to(ScalarType.Byte);
        public Tensor @char() => to(ScalarType.Int8);
        public Tensor @short() => to(ScalarType.Int16);
        public Tensor @int() => to(ScalarType.Int32);
        public Tensor @long() => to(ScalarType.Int64);
        public Tensor half() => to(ScalarType.Float16);
        public Tensor bfloat16() => to(ScalarType.BFloat16);
        public Tensor @float() => to(ScalarType.Float32);
        public Tensor @double() => to(ScalarType.Float64);
        public Tensor cfloat() => to(ScalarType.ComplexFloat32);
        public Tensor cdouble() => to(ScalarType.ComplexFloat64);

        public Tensor contiguous() => s_contiguous.Tensor(this);
        public Tensor conj() => s_conjugate.Tensor(this);

        /// <summary>Sets every element to 0. Unlike other in-place functions it returns another object.</summary>
        public Tensor zero_() => s_zero.Tensor(this);

        public bool is_floating_point() => torch.is_floating_point(dtype);
        public bool is_complex() => torch.is_complex(dtype);
        public bool is_integral() => torch.is_integral(dtype);
        public bool is_quantized() => torch.is_quantized(dtype);
        public bool is_sparse => NativeMethods.bt_layout(Handle) != 0;

        public Tensor SparseIndices => s_indices.Tensor(this);
        public Tensor SparseValues => s_values.Tensor(this);

        private static readonly Operator s_indices = new("_indices");
        private static readonly Operator s_values = new("_values");
    }
}
