using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Picking and placing elements by index or mask.</content>
    public partial class Tensor
    {
        private static readonly Operator s_argwhere = new("argwhere");
        public Tensor argwhere() => s_argwhere.Tensor(this);

        private static readonly Operator s_bincount = new("bincount");
        public Tensor bincount(Tensor? weights, long minlength = 0) => s_bincount.Tensor(this, weights, minlength);

        private static readonly Operator s_bucketizeTensor = new("bucketize", "Tensor");
        public Tensor bucketize(Tensor boundaries, bool outInt32 = false, bool right = false)
            => s_bucketizeTensor.Tensor(this, boundaries, outInt32, right);

        private static readonly Operator s_gather = new("gather");
        public Tensor gather(long dim, Tensor index) => s_gather.Tensor(this, dim, index);

        private static readonly Operator s_indexAdd = new("index_add");
        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) => s_indexAdd.Tensor(this, dim, index, source, alpha);
        private static readonly Operator s_indexAddInPlace = new("index_add_");
        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha)
            => s_indexAddInPlace.InPlace(this, this, dim, index, source, alpha);

        private static readonly Operator s_indexCopy = new("index_copy");
        public Tensor index_copy(long dim, Tensor index, Tensor source) => s_indexCopy.Tensor(this, dim, index, source);
        private static readonly Operator s_indexCopyInPlace = new("index_copy_");
        public Tensor index_copy_(long dim, Tensor index, Tensor source) => s_indexCopyInPlace.InPlace(this, this, dim, index, source);

        private static readonly Operator s_indexFillIntScalar = new("index_fill", "int_Scalar");
        public Tensor index_fill(long dim, Tensor index, Scalar value) => s_indexFillIntScalar.Tensor(this, dim, index, value);
        private static readonly Operator s_indexFillIntScalarInPlace = new("index_fill_", "int_Scalar");
        public Tensor index_fill_(long dim, Tensor index, Scalar value)
            => s_indexFillIntScalarInPlace.InPlace(this, this, dim, index, value);

        private static readonly Operator s_indexSelect = new("index_select");
        public Tensor index_select(long dim, Tensor index) => s_indexSelect.Tensor(this, dim, index);

        private static readonly Operator s_maskedFillScalar = new("masked_fill", "Scalar");
        public Tensor masked_fill(Tensor mask, Scalar value) => s_maskedFillScalar.Tensor(this, mask, value);
        private static readonly Operator s_maskedFillScalarInPlace = new("masked_fill_", "Scalar");
        public Tensor masked_fill_(Tensor mask, Scalar value) => s_maskedFillScalarInPlace.InPlace(this, this, mask, value);

        private static readonly Operator s_maskedScatter = new("masked_scatter");
        public Tensor masked_scatter(Tensor mask, Tensor value) => s_maskedScatter.Tensor(this, mask, value);
        private static readonly Operator s_maskedScatterInPlace = new("masked_scatter_");
        public Tensor masked_scatter_(Tensor mask, Tensor value) => s_maskedScatterInPlace.InPlace(this, this, mask, value);

        private static readonly Operator s_maskedSelect = new("masked_select");
        public Tensor masked_select(Tensor mask) => s_maskedSelect.Tensor(this, mask);

        private static readonly Operator s_nonzero = new("nonzero");
        public Tensor nonzero() => s_nonzero.Tensor(this);

        private static readonly Operator s_scatterSrc = new("scatter", "src");
        public Tensor scatter(long dim, Tensor index, Tensor src) => s_scatterSrc.Tensor(this, dim, index, src);
        private static readonly Operator s_scatterSrcInPlace = new("scatter_", "src");
        public Tensor scatter_(long dim, Tensor index, Tensor src) => s_scatterSrcInPlace.InPlace(this, this, dim, index, src);

        private static readonly Operator s_scatterAdd = new("scatter_add");
        public Tensor scatter_add(long dim, Tensor index, Tensor src) => s_scatterAdd.Tensor(this, dim, index, src);
        private static readonly Operator s_scatterAddInPlace = new("scatter_add_");
        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => s_scatterAddInPlace.InPlace(this, this, dim, index, src);

        private static readonly Operator s_take = new("take");
        public Tensor take(Tensor index) => s_take.Tensor(this, index);

        private static readonly Operator s_takeAlongDim = new("take_along_dim");
        public Tensor take_along_dim(Tensor indices) => s_takeAlongDim.Tensor(this, indices);
        public Tensor take_along_dim(Tensor indices, long dim) => s_takeAlongDim.Tensor(this, indices, dim);

        private static readonly Operator s_uniqueConsecutive = new("unique_consecutive");
        private static readonly Operator s_uniqueDimConsecutive = new("unique_dim_consecutive");
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique_consecutive(bool return_inverse = false, bool return_counts = false, int? dim = null)
            => dim is { } d ? Asked(s_uniqueDimConsecutive.Triple(this, d, return_inverse, return_counts), return_inverse, return_counts)
                : Asked(s_uniqueConsecutive.Triple(this, return_inverse, return_counts), return_inverse, return_counts);

        private static readonly Operator s_whereSelf = new("where", "self");
        public Tensor where(Tensor condition, Tensor y) => s_whereSelf.Tensor(condition, this, y);
    }
}
