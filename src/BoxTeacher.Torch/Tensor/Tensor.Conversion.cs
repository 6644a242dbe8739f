using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Copies and conversions.</content>
    public partial class Tensor
    {
        private static readonly Operator s_clone = new("clone");
        public Tensor clone() => s_clone.Tensor(this);

        private static readonly Operator s_copyInPlace = new("copy_");
        public Tensor copy_(Tensor source, bool nonBlocking = false) => s_copyInPlace.InPlace(this, this, source, nonBlocking);

        private static readonly Operator s_dequantizeSelf = new("dequantize", "self");
        public Tensor dequantize() => s_dequantizeSelf.Tensor(this);

        private static readonly Operator s_detach = new("detach");
        public Tensor detach() => s_detach.Tensor(this);
        private static readonly Operator s_detachInPlace = new("detach_");
        public Tensor detach_() => s_detachInPlace.InPlace(this, this);

        private static readonly Operator s_fillScalarInPlace = new("fill_", "Scalar");
        public Tensor fill_(Scalar value) => s_fillScalarInPlace.InPlace(this, this, value);

        private static readonly Operator s_intRepr = new("int_repr");
        public Tensor int_repr() => s_intRepr.Tensor(this);

        private static readonly Operator s_pinMemory = new("pin_memory");
        public Tensor pin_memory() => s_pinMemory.Tensor(this);

        private static readonly Operator s_setSourceTensorInPlace = new("set_", "source_Tensor");
        public Tensor set_(Tensor source) => s_setSourceTensorInPlace.InPlace(this, this, source);

        private static readonly Operator s_toDense = new("to_dense");
        public Tensor to_dense() => s_toDense.Tensor(this);

        private static readonly Operator s_toSparse = new("to_sparse");
        public Tensor to_sparse() => s_toSparse.Tensor(this);
        private static readonly Operator s_toSparseSparseDim = new("to_sparse", "sparse_dim");
        public Tensor to_sparse(int sparse_dim) => s_toSparseSparseDim.Tensor(this, sparse_dim);

        private static readonly Operator s_typeAs = new("type_as");
        public Tensor type_as(Tensor tensor) => s_typeAs.Tensor(this, tensor);
    }
}
