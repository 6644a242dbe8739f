using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Tensors like this one: of its sizes, or of its element type and device.</content>
    public partial class Tensor
    {
        private static readonly Operator s_zerosLike = new("zeros_like");
        private static readonly Operator s_onesLike = new("ones_like");
        private static readonly Operator s_emptyLike = new("empty_like");
        private static readonly Operator s_fullLike = new("full_like");
        private static readonly Operator s_randLike = new("rand_like");
        private static readonly Operator s_randnLike = new("randn_like");
        private static readonly Operator s_randintLike = new("randint_like", "low_dtype");
        private static readonly Operator s_newEmpty = new("new_empty");
        private static readonly Operator s_newFull = new("new_full");
        private static readonly Operator s_newZeros = new("new_zeros");
        private static readonly Operator s_newOnes = new("new_ones");

        public Tensor zeros_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_zerosLike.Tensor(this, dtype, Value.None, device), requires_grad);

        public Tensor ones_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_onesLike.Tensor(this, dtype, Value.None, device), requires_grad);

        public Tensor empty_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_emptyLike.Tensor(this, dtype, Value.None, device), requires_grad);

        public Tensor full_like(Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_fullLike.Tensor(this, value, dtype, Value.None, device), requires_grad);

        public Tensor rand_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_randLike.Tensor(this, dtype, Value.None, device), requires_grad);

        public Tensor randn_like(ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_randnLike.Tensor(this, dtype, Value.None, device), requires_grad);

        public Tensor randint_like(long low, long high, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_randintLike.Tensor(this, low, high, dtype, Value.None, device), requires_grad);

        public Tensor new_empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_newEmpty.Tensor(this, size, dtype, Value.None, device), requires_grad);

        public Tensor new_empty(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_empty(size.ToArray(), dtype, device, requires_grad);

        public Tensor new_empty(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_empty((long[])[size], dtype, device, requires_grad);

        public Tensor new_empty(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_empty((long[])[rows, columns], dtype, device, requires_grad);

        public Tensor new_empty(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_empty((long[])[dim0, dim1, dim2], dtype, device, requires_grad);

        public Tensor new_empty(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_empty((long[])[dim0, dim1, dim2, dim3], dtype, device, requires_grad);

        public Tensor new_zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_newZeros.Tensor(this, size, dtype, Value.None, device), requires_grad);

        public Tensor new_zeros(ReadOnlySpan<long> size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_zeros(size.ToArray(), dtype, device, requires_grad);

        public Tensor new_zeros(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_zeros((long[])[size], dtype, device, requires_grad);

        public Tensor new_zeros(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_zeros((long[])[rows, columns], dtype, device, requires_grad);

        public Tensor new_zeros(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_zeros((long[])[dim0, dim1, dim2], dtype, device, requires_grad);

        public Tensor new_zeros(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_zeros((long[])[dim0, dim1, dim2, dim3], dtype, device, requires_grad);

        public Tensor new_ones(long size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_newOnes.Tensor(this, (long[])[size], dtype, Value.None, device), requires_grad);

        public Tensor new_ones(long rows, long columns, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_newOnes.Tensor(this, (long[])[rows, columns], dtype, Value.None, device), requires_grad);

        public Tensor new_ones(long dim0, long dim1, long dim2, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_newOnes.Tensor(this, (long[])[dim0, dim1, dim2], dtype, Value.None, device), requires_grad);

        public Tensor new_ones(long dim0, long dim1, long dim2, long dim3, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_newOnes.Tensor(this, (long[])[dim0, dim1, dim2, dim3], dtype, Value.None, device), requires_grad);

        public Tensor new_full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => Made(s_newFull.Tensor(this, size, value, dtype, Value.None, device), requires_grad);

        public Tensor new_full(ReadOnlySpan<long> size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_full(size.ToArray(), value, dtype, device, requires_grad);

        public Tensor new_full(long size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_full((long[])[size], value, dtype, device, requires_grad);

        public Tensor new_full(long rows, long columns, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_full((long[])[rows, columns], value, dtype, device, requires_grad);

        public Tensor new_full(long dim0, long dim1, long dim2, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_full((long[])[dim0, dim1, dim2], value, dtype, device, requires_grad);

        public Tensor new_full(long dim0, long dim1, long dim2, long dim3, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
            => new_full((long[])[dim0, dim1, dim2, dim3], value, dtype, device, requires_grad);

        private static readonly Operator s_randOut = new("rand", "out");
        private static readonly Operator s_randnOut = new("randn", "out");
        private static readonly Operator s_randintOut = new("randint", "out");
        private static readonly Operator s_randpermOut = new("randperm", "out");
        private static readonly Operator s_arangeOut = new("arange", "start_out");
        private static readonly Operator s_zerosOut = new("zeros", "out");
        private static readonly Operator s_onesOut = new("ones", "out");
        private static readonly Operator s_emptyOut = new("empty", "out");
        private static readonly Operator s_fullOut = new("full", "out");
        private static readonly Operator s_eyeOut = new("eye", "m_out");

        public Tensor rand_out(params long[] sizes) => s_randOut.InPlace(this, sizes, this);
        public Tensor randn_out(params long[] sizes) => s_randnOut.InPlace(this, sizes, this);
        public Tensor randint_out(long high, long[] sizes) => s_randintOut.InPlace(this, high, sizes, this);
        public Tensor randperm_out(long n) => s_randpermOut.InPlace(this, n, this);
        public Tensor arange_out(Scalar start, Scalar stop, Scalar step) => s_arangeOut.InPlace(this, start, stop, step, this);

        /// <summary>Gives this tensor the sizes and fills it; so do the following.</summary>
        public Tensor zeros(params long[] sizes) => s_zerosOut.InPlace(this, sizes, this);
        public Tensor ones(params long[] sizes) => s_onesOut.InPlace(this, sizes, this);
        public Tensor empty(params long[] sizes) => s_emptyOut.InPlace(this, sizes, Value.None, this);
        public Tensor full(long[] sizes, Scalar value) => s_fullOut.InPlace(this, sizes, value, this);
        public Tensor full(ReadOnlySpan<long> sizes, Scalar value) => full(sizes.ToArray(), value);
        public Tensor eye(long rows, long columns) => s_eyeOut.InPlace(this, rows, columns, this);
    }
}
