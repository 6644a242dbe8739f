using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Indexing by integers, ranges, masks and index tensors.</content>
    public partial class Tensor
    {
        public Tensor this[long i1] { get => Select(i1); set => Assign(value, i1); }
        public Tensor this[long i1, long i2] { get => Select(i1, i2); set => Assign(value, i1, i2); }
        public Tensor this[long i1, long i2, long i3] { get => Select(i1, i2, i3); set => Assign(value, i1, i2, i3); }

        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => Select(i1, i2, i3, i4);
            set => Assign(value, i1, i2, i3, i4);
        }

        public Tensor this[long i1, long i2, long i3, long i4, long i5]
        {
            get => Select(i1, i2, i3, i4, i5);
            set => Assign(value, i1, i2, i3, i4, i5);
        }

        public Tensor this[long i1, long i2, long i3, long i4, long i5, long i6]
        {
            get => Select(i1, i2, i3, i4, i5, i6);
            set => Assign(value, i1, i2, i3, i4, i5, i6);
        }

        public Tensor this[params long[] indices] { get => Select(indices); set => Assign(value, indices); }
        public Tensor this[params TensorIndex[] indices] { get => index(indices); set => index_put_(value, indices); }
        public Tensor this[params Tensor[] indices] { get => index(indices); set => index_put_(value, indices); }

        private unsafe Tensor Select(params ReadOnlySpan<long> indices)
        {
            nint handle;
            fixed (long* p = indices) {
                handle = NativeMethods.bt_select(Handle, p, indices.Length);
            }
            GC.KeepAlive(this);
            return new Tensor(Error.Check(handle));
        }

        private unsafe void Assign(Tensor value, params ReadOnlySpan<long> indices)
        {
            var native = stackalloc NativeIndex[indices.Length];
            for (var k = 0; k < indices.Length; k++) {
                native[k] = new NativeIndex { Kind = IndexKind.Single, Start = indices[k] };
            }
            Error.Check(NativeMethods.bt_index_put(Handle, native, indices.Length, value.Handle));
            GC.KeepAlive(this);
            GC.KeepAlive(value);
        }

        public unsafe Tensor index(params TensorIndex[] indices)
        {
            var native = stackalloc NativeIndex[indices.Length];
            Lower(indices, native);
            var handle = NativeMethods.bt_index(Handle, native, indices.Length);
            GC.KeepAlive(indices);
            GC.KeepAlive(this);
            return new Tensor(Error.Check(handle));
        }

        public Tensor index(params Tensor[] indices) => index(Array.ConvertAll(indices, TensorIndex.Tensor));

        public unsafe Tensor index_put_(Tensor value, params TensorIndex[] indices)
        {
            var native = stackalloc NativeIndex[indices.Length];
            Lower(indices, native);
            Error.Check(NativeMethods.bt_index_put(Handle, native, indices.Length, value.Handle));
            GC.KeepAlive(indices);
            GC.KeepAlive(value);
            return this;
        }

        private static readonly Operator s_indexPut = new("index_put_");

        /// <summary>With `accumulate`, values of equal indices add up; the indices are then tensors, or whole dimensions.</summary>
        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            if (!accumulate) {
                return index_put_(value, indices);
            }
            var tensors = Array.ConvertAll(indices, i => i switch {
                { Kind: IndexKind.Tensor } => i.IndexTensor,
                { IsColon: true } => null,
                _ => throw new ArgumentException("index_put_ with accumulate takes index tensors and whole dimensions only", nameof(indices)),
            });
            return s_indexPut.InPlace(this, this, Value.OptionalTensors(tensors), value, true);
        }

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false)
            => index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor), accumulate);

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor));

        public Tensor index_put_(Scalar value, params TensorIndex[] indices)
        {
            using var scalar = torch.full((long[])[], value, dtype, device);
            return index_put_(scalar, indices);
        }

        public Tensor index_put_(Scalar value, params Tensor[] indices) => index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor));

        private static unsafe void Lower(TensorIndex[] indices, NativeIndex* native)
        {
            for (var k = 0; k < indices.Length; k++) {
                native[k] = indices[k].Native;
            }
        }
    }
}
