using System;
using System.Collections.Generic;
using System.IO;
using System.Numerics;
using System.Runtime.CompilerServices;
using BoxTeacher.Torch;
using BoxTeacher.Torch.Interop;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Reading values.</content>
    public partial class Tensor
    {
        /// <summary>The only element, of exactly the tensor's element type.</summary>
        /// <exception cref="ArgumentException">More elements than one, or another type.</exception>
        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1) {
                throw new ArgumentException("Number of elements in the tensor must be 1");
            }
            ValidateType(typeof(T));
            var (kind, i, re, im) = Only();
            // The JIT keeps one branch of each instance.
            if (typeof(T) == typeof(float)) {
                return Unsafe.BitCast<float, T>((float)re);
            }
            if (typeof(T) == typeof(double)) {
                return Unsafe.BitCast<double, T>(re);
            }
            if (typeof(T) == typeof(long)) {
                return Unsafe.BitCast<long, T>(i);
            }
            if (typeof(T) == typeof(int)) {
                return Unsafe.BitCast<int, T>((int)i);
            }
            if (typeof(T) == typeof(short)) {
                return Unsafe.BitCast<short, T>((short)i);
            }
            if (typeof(T) == typeof(byte)) {
                return Unsafe.BitCast<byte, T>((byte)i);
            }
            if (typeof(T) == typeof(sbyte)) {
                return Unsafe.BitCast<sbyte, T>((sbyte)i);
            }
            if (typeof(T) == typeof(bool)) {
                return Unsafe.BitCast<bool, T>(i != 0);
            }
            if (typeof(T) == typeof(Half)) {
                return Unsafe.BitCast<Half, T>((Half)re);
            }
            if (typeof(T) == typeof(BFloat16)) {
                return Unsafe.BitCast<BFloat16, T>((BFloat16)re);
            }
            if (typeof(T) == typeof((float, float))) {
                return Unsafe.BitCast<(float, float), T>(((float)re, (float)im));
            }
            return Unsafe.BitCast<Complex, T>(new Complex(re, im));
        }

        internal void ValidateType(Type type)
        {
            if (ScalarTypeOf(type) != dtype) {
                throw new ArgumentException($"{type.Name} is not compatible with {dtype}");
            }
        }

        private unsafe (Scalar.ValueKind Kind, long Int, double Real, double Imaginary) Only()
        {
            long i = 0;
            var d = stackalloc double[2];
            var kind = (Scalar.ValueKind)Error.Check(NativeMethods.bt_item(Handle, &i, d));
            GC.KeepAlive(this);
            return (kind, i, d[0], d[1]);
        }

        /// <summary>The only element as a number of its own type.</summary>
        public Scalar ToScalar()
        {
            var (kind, i, re, im) = Only();
            return kind switch {
                Scalar.ValueKind.Double => new Scalar(re, dtype),
                Scalar.ValueKind.Complex => new Scalar(new Complex(re, im), dtype),
                _ => new Scalar(i, dtype),
            };
        }

        /// <summary>The elements in place, or, for a tensor elsewhere than on the CPU, an error.</summary>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            ValidateType(typeof(T));
            if (device_type != DeviceType.CPU) {
                throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
            }
            return new TensorAccessor<T>(this);
        }

        /// <summary>First element in memory.</summary>
        internal unsafe byte* DataPointer()
        {
            var p = NativeMethods.bt_data(Handle);
            if (p == null && NumberOfElements > 0) {
                Error.Throw();
            }
            return (byte*)p;
        }

        /// <summary>The memory of a contiguous tensor on the CPU.</summary>
        public unsafe Span<byte> bytes
        {
            get {
                if (!is_contiguous()) {
                    throw new NotImplementedException("Bytes() called on non-contiguous tensor.");
                }
                if (device_type != DeviceType.CPU) {
                    throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
                }
                return new Span<byte>(DataPointer(), checked((int)(NumberOfElements * ElementSize)));
            }
            set {
                if (value.Length != NumberOfElements * ElementSize) {
                    throw new ArgumentException("Mismatched data sizes in SetBytes().");
                }
                value.CopyTo(bytes);
            }
        }

        private unsafe T ReadCpu<T>(long i) where T : unmanaged
        {
            if (i < 0 || i >= NumberOfElements) {
                throw new IndexOutOfRangeException($"element {i} of a tensor of {NumberOfElements}");
            }
            var value = ((T*)DataPointer())[i];
            GC.KeepAlive(this);
            return value;
        }

        /// <summary>An element by its place in memory.</summary>
        public T ReadCpuValue<T>(long i) where T : unmanaged => ReadCpu<T>(i);
        public bool ReadCpuBool(long i) => ReadCpu<bool>(i);
        public byte ReadCpuByte(long i) => ReadCpu<byte>(i);
        public sbyte ReadCpuSByte(long i) => ReadCpu<sbyte>(i);
        public short ReadCpuInt16(long i) => ReadCpu<short>(i);
        public int ReadCpuInt32(long i) => ReadCpu<int>(i);
        public long ReadCpuInt64(long i) => ReadCpu<long>(i);
        public float ReadCpuSingle(long i) => ReadCpu<float>(i);
        public double ReadCpuDouble(long i) => ReadCpu<double>(i);
        public float ReadCpuFloat16(long i) => (float)ReadCpu<Half>(i);
        public float ReadCpuBFloat16(long i) => (float)ReadCpu<BFloat16>(i);

        /// <summary>The values as nested lists; of a scalar, as a <see cref="Scalar"/>.</summary>
        public object tolist()
        {
            if (ndim == 0) {
                return ToScalar();
            }
            var list = new List<object>((int)shape[0]);
            foreach (var row in unbind()) {
                using (row) {
                    list.Add(row.tolist());
                }
            }
            return list;
        }

        /// <summary>Fills the tensor with raw little-endian elements.</summary>
        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024) => TensorBytes.Read(this, stream, Math.Max(bufferSize, 1));

        /// <summary>Writes the raw little-endian elements.</summary>
        public void WriteBytesToStream(Stream stream, int bufferSize = 1024) => TensorBytes.Write(this, stream, Math.Max(bufferSize, 1));

        public bool Equals(Tensor target) => target is not null && s_equal.Bool(this, target);
        public override bool Equals(object? obj) => obj is Tensor t && ReferenceEquals(this, t);
        public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);

        private static readonly Operator s_equal = new("equal");

        /// <summary>Whether sizes and all elements agree, as a tensor of one truth value.</summary>
        public Tensor equal(Tensor target) => tensor(s_equal.Bool(this, target));
    }
}
