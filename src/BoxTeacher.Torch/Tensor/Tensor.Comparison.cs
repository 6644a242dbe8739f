using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Comparisons and tests, element by element.</content>
    public partial class Tensor
    {
        private static readonly Operator s_allclose = new("allclose");
        public bool allclose(Tensor target, double rtol = 1e-5, double atol = 1e-8, bool equal_nan = false)
            => s_allclose.Bool(this, target, rtol, atol, equal_nan);

        private static readonly Operator s_eqScalar = new("eq", "Scalar");
        public Tensor eq(Scalar target) => s_eqScalar.Tensor(this, target);
        private static readonly Operator s_eqTensor = new("eq", "Tensor");
        public Tensor eq(Tensor target) => s_eqTensor.Tensor(this, target);
        private static readonly Operator s_eqScalarInPlace = new("eq_", "Scalar");
        public Tensor eq_(Scalar target) => s_eqScalarInPlace.InPlace(this, this, target);
        private static readonly Operator s_eqTensorInPlace = new("eq_", "Tensor");
        public Tensor eq_(Tensor target) => s_eqTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_geScalar = new("ge", "Scalar");
        public Tensor ge(Scalar target) => s_geScalar.Tensor(this, target);
        private static readonly Operator s_geTensor = new("ge", "Tensor");
        public Tensor ge(Tensor target) => s_geTensor.Tensor(this, target);
        private static readonly Operator s_geScalarInPlace = new("ge_", "Scalar");
        public Tensor ge_(Scalar target) => s_geScalarInPlace.InPlace(this, this, target);
        private static readonly Operator s_geTensorInPlace = new("ge_", "Tensor");
        public Tensor ge_(Tensor target) => s_geTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_greaterTensor = new("greater", "Tensor");
        public Tensor greater(Tensor target) => s_greaterTensor.Tensor(this, target);

        private static readonly Operator s_greaterEqualTensor = new("greater_equal", "Tensor");
        public Tensor greater_equal(Tensor target) => s_greaterEqualTensor.Tensor(this, target);

        private static readonly Operator s_gtScalar = new("gt", "Scalar");
        public Tensor gt(Scalar target) => s_gtScalar.Tensor(this, target);
        private static readonly Operator s_gtTensor = new("gt", "Tensor");
        public Tensor gt(Tensor target) => s_gtTensor.Tensor(this, target);
        private static readonly Operator s_gtScalarInPlace = new("gt_", "Scalar");
        public Tensor gt_(Scalar target) => s_gtScalarInPlace.InPlace(this, this, target);
        private static readonly Operator s_gtTensorInPlace = new("gt_", "Tensor");
        public Tensor gt_(Tensor target) => s_gtTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_isConj = new("is_conj");
        public bool is_conj() => s_isConj.Bool(this);

        private static readonly Operator s_isNeg = new("is_neg");
        public bool is_neg() => s_isNeg.Bool(this);

        private static readonly Operator s_isNonzero = new("is_nonzero");
        public bool is_nonzero() => s_isNonzero.Bool(this);

        private static readonly Operator s_isPinned = new("is_pinned");
        public bool is_pinned() => s_isPinned.Bool(this);

        private static readonly Operator s_isclose = new("isclose");
        public Tensor isclose(Tensor other, double rtol = 1e-5, double atol = 1e-8, bool nanEqual = false)
            => s_isclose.Tensor(this, other, rtol, atol, nanEqual);

        private static readonly Operator s_isfinite = new("isfinite");
        public Tensor isfinite() => s_isfinite.Tensor(this);

        private static readonly Operator s_isinf = new("isinf");
        public Tensor isinf() => s_isinf.Tensor(this);

        private static readonly Operator s_isnan = new("isnan");
        public Tensor isnan() => s_isnan.Tensor(this);

        private static readonly Operator s_isneginf = new("isneginf");
        public Tensor isneginf() => s_isneginf.Tensor(this);

        private static readonly Operator s_isposinf = new("isposinf");
        public Tensor isposinf() => s_isposinf.Tensor(this);

        private static readonly Operator s_isreal = new("isreal");
        public Tensor isreal() => s_isreal.Tensor(this);

        private static readonly Operator s_leScalar = new("le", "Scalar");
        public Tensor le(Scalar target) => s_leScalar.Tensor(this, target);
        private static readonly Operator s_leTensor = new("le", "Tensor");
        public Tensor le(Tensor target) => s_leTensor.Tensor(this, target);
        private static readonly Operator s_leScalarInPlace = new("le_", "Scalar");
        public Tensor le_(Scalar target) => s_leScalarInPlace.InPlace(this, this, target);
        private static readonly Operator s_leTensorInPlace = new("le_", "Tensor");
        public Tensor le_(Tensor target) => s_leTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_lessTensor = new("less", "Tensor");
        public Tensor less(Tensor target) => s_lessTensor.Tensor(this, target);

        private static readonly Operator s_lessEqualTensor = new("less_equal", "Tensor");
        public Tensor less_equal(Tensor target) => s_lessEqualTensor.Tensor(this, target);
        private static readonly Operator s_lessEqualTensorInPlace = new("less_equal_", "Tensor");
        public Tensor less_equal_(Tensor target) => s_lessEqualTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_ltScalar = new("lt", "Scalar");
        public Tensor lt(Scalar target) => s_ltScalar.Tensor(this, target);
        private static readonly Operator s_ltTensor = new("lt", "Tensor");
        public Tensor lt(Tensor target) => s_ltTensor.Tensor(this, target);
        private static readonly Operator s_ltScalarInPlace = new("lt_", "Scalar");
        public Tensor lt_(Scalar target) => s_ltScalarInPlace.InPlace(this, this, target);
        private static readonly Operator s_ltTensorInPlace = new("lt_", "Tensor");
        public Tensor lt_(Tensor target) => s_ltTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_neScalar = new("ne", "Scalar");
        public Tensor ne(Scalar target) => s_neScalar.Tensor(this, target);
        private static readonly Operator s_neTensor = new("ne", "Tensor");
        public Tensor ne(Tensor target) => s_neTensor.Tensor(this, target);
        private static readonly Operator s_neScalarInPlace = new("ne_", "Scalar");
        public Tensor ne_(Scalar target) => s_neScalarInPlace.InPlace(this, this, target);
        private static readonly Operator s_neTensorInPlace = new("ne_", "Tensor");
        public Tensor ne_(Tensor target) => s_neTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_notEqualTensor = new("not_equal", "Tensor");
        public Tensor not_equal(Tensor target) => s_notEqualTensor.Tensor(this, target);
        private static readonly Operator s_notEqualTensorInPlace = new("not_equal_", "Tensor");
        public Tensor not_equal_(Tensor target) => s_notEqualTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_signbit = new("signbit");
        public Tensor signbit() => s_signbit.Tensor(this);
    }
}
