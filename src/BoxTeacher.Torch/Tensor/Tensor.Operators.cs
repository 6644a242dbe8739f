using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        private static readonly Operator s_add = new("add", "Tensor");
        private static readonly Operator s_addScalar = new("add", "Scalar");

        public Tensor add(Tensor target) => s_add.Tensor(this, target);
        public Tensor add(Scalar scalar) => s_addScalar.Tensor(this, scalar);

        public static Tensor operator +(Tensor left, Tensor right) => s_add.Tensor(left, right);
        public static Tensor operator +(Tensor left, int right) => s_addScalar.Tensor(left, right);
    }
}
