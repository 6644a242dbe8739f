using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Division with rounding, and forms that differ from the operator's own.</content>
    public partial class Tensor
    {
        private static readonly ArithmeticOperator s_divTensor = new(ArithmeticOperator.Kind.Div, "Tensor");
        private static readonly ArithmeticOperator s_divScalar = new(ArithmeticOperator.Kind.Div, "Scalar");
        private static readonly Operator s_divTensorMode = new("div", "Tensor_mode");
        private static readonly Operator s_divScalarMode = new("div", "Scalar_mode");
        private static readonly Operator s_divInPlaceTensorMode = new("div_", "Tensor_mode");
        private static readonly Operator s_divInPlaceScalarMode = new("div_", "Scalar_mode");

        private static string? Name(RoundingMode mode) => mode == RoundingMode.None ? null : mode.ToString();

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => s_divTensorMode.Tensor(this, target, Name(rounding_mode));
        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => s_divScalarMode.Tensor(this, target, Name(rounding_mode));

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None)
            => s_divInPlaceTensorMode.InPlace(this, this, target, Name(rounding_mode));

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None)
            => s_divInPlaceScalarMode.InPlace(this, this, target, Name(rounding_mode));

        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div(target, rounding_mode);
        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);
        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => div_(target, rounding_mode);

        private static readonly Operator s_polygamma = new("polygamma");
        private static readonly Operator s_pinverse = new("linalg_pinv");
        private static readonly Operator s_binomial = new("binomial");
        private static readonly Operator s_isinTensors = new("isin", "Tensor_Tensor");

        public Tensor arctan(Tensor other) => arctan2(other);
        public Tensor arctan_(Tensor other) => arctan2_(other);
        public Tensor polygamma(long p) => s_polygamma.Tensor(p, this);
        public Tensor pinverse(double rcond = 1e-15, bool hermitian = false) => s_pinverse.Tensor(this, rcond, hermitian);
        public Tensor binomial(Tensor prob, Generator? generator = null) => s_binomial.Tensor(this, prob, generator);

        public Tensor isin(Tensor test_elements, bool assumeUnique = false, bool invert = false)
            => s_isinTensors.Tensor(this, test_elements, assumeUnique, invert);

        /// <summary>The cross product of two tensors needs <see cref="linalg.cross"/>; with a number it multiplies a broadcast vector.</summary>
        public Tensor cross(Scalar other, long dim)
        {
            using var filled = full_like(other);
            return linalg.cross(this, filled, dim);
        }
    }
}
