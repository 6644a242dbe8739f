using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Arithmetic, bitwise and logical operations between tensors, and with numbers.</content>
    public partial class Tensor
    {
        private static readonly ArithmeticOperator s_addScalar = new(ArithmeticOperator.Kind.Add, "Scalar");
        public Tensor add(Scalar scalar) => s_addScalar.Tensor(this, scalar);
        public Tensor add(Scalar scalar, Scalar alpha) => s_addScalar.Tensor(this, scalar, alpha);
        private static readonly ArithmeticOperator s_addTensor = new(ArithmeticOperator.Kind.Add, "Tensor");
        public Tensor add(Tensor target) => s_addTensor.Tensor(this, target);
        public Tensor add(Tensor target, Scalar alpha) => s_addTensor.Tensor(this, target, alpha);
        private static readonly Operator s_addScalarInPlace = new("add_", "Scalar");
        public Tensor add_(Scalar scalar) => s_addScalarInPlace.InPlace(this, this, scalar);
        public Tensor add_(Scalar scalar, Scalar alpha) => s_addScalarInPlace.InPlace(this, this, scalar, alpha);
        private static readonly Operator s_addTensorInPlace = new("add_", "Tensor");
        public Tensor add_(Tensor target) => s_addTensorInPlace.InPlace(this, this, target);
        public Tensor add_(Tensor target, Scalar alpha) => s_addTensorInPlace.InPlace(this, this, target, alpha);

        private static readonly Operator s_addcdiv = new("addcdiv");
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => s_addcdiv.Tensor(this, tensor1, tensor2);
        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => s_addcdiv.Tensor(this, tensor1, tensor2, value);
        private static readonly Operator s_addcdivInPlace = new("addcdiv_");
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2) => s_addcdivInPlace.InPlace(this, this, tensor1, tensor2);
        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value)
            => s_addcdivInPlace.InPlace(this, this, tensor1, tensor2, value);

        private static readonly Operator s_addcmul = new("addcmul");
        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => s_addcmul.Tensor(this, tensor1, tensor2, value);
        private static readonly Operator s_addcmulInPlace = new("addcmul_");
        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value)
            => s_addcmulInPlace.InPlace(this, this, tensor1, tensor2, value);

        private static readonly Operator s_bitwiseAndTensor = new("bitwise_and", "Tensor");
        public Tensor bitwise_and(Tensor other) => s_bitwiseAndTensor.Tensor(this, other);
        private static readonly Operator s_bitwiseAndTensorInPlace = new("bitwise_and_", "Tensor");
        public Tensor bitwise_and_(Tensor other) => s_bitwiseAndTensorInPlace.InPlace(this, this, other);

        private static readonly Operator s_bitwiseLeftShiftTensor = new("bitwise_left_shift", "Tensor");
        public Tensor bitwise_left_shift(Tensor other) => s_bitwiseLeftShiftTensor.Tensor(this, other);
        private static readonly Operator s_bitwiseLeftShiftTensorInPlace = new("bitwise_left_shift_", "Tensor");
        public Tensor bitwise_left_shift_(Tensor other) => s_bitwiseLeftShiftTensorInPlace.InPlace(this, this, other);

        private static readonly Operator s_bitwiseNot = new("bitwise_not");
        public Tensor bitwise_not() => s_bitwiseNot.Tensor(this);
        private static readonly Operator s_bitwiseNotInPlace = new("bitwise_not_");
        public Tensor bitwise_not_() => s_bitwiseNotInPlace.InPlace(this, this);

        private static readonly Operator s_bitwiseOrTensor = new("bitwise_or", "Tensor");
        public Tensor bitwise_or(Tensor other) => s_bitwiseOrTensor.Tensor(this, other);
        private static readonly Operator s_bitwiseOrTensorInPlace = new("bitwise_or_", "Tensor");
        public Tensor bitwise_or_(Tensor other) => s_bitwiseOrTensorInPlace.InPlace(this, this, other);

        private static readonly Operator s_bitwiseRightShiftTensor = new("bitwise_right_shift", "Tensor");
        public Tensor bitwise_right_shift(Tensor other) => s_bitwiseRightShiftTensor.Tensor(this, other);
        private static readonly Operator s_bitwiseRightShiftTensorInPlace = new("bitwise_right_shift_", "Tensor");
        public Tensor bitwise_right_shift_(Tensor other) => s_bitwiseRightShiftTensorInPlace.InPlace(this, this, other);

        private static readonly Operator s_bitwiseXorTensor = new("bitwise_xor", "Tensor");
        public Tensor bitwise_xor(Tensor other) => s_bitwiseXorTensor.Tensor(this, other);
        private static readonly Operator s_bitwiseXorTensorInPlace = new("bitwise_xor_", "Tensor");
        public Tensor bitwise_xor_(Tensor other) => s_bitwiseXorTensorInPlace.InPlace(this, this, other);

        private static readonly Operator s_clamp = new("clamp");
        public Tensor clamp(Scalar? min = null, Scalar? max = null) => s_clamp.Tensor(this, min, max);
        private static readonly Operator s_clampTensor = new("clamp", "Tensor");
        public Tensor clamp(Tensor? min = null, Tensor? max = null) => s_clampTensor.Tensor(this, min, max);
        private static readonly Operator s_clampInPlace = new("clamp_");
        public Tensor clamp_(Scalar? min = null, Scalar? max = null) => s_clampInPlace.InPlace(this, this, min, max);
        private static readonly Operator s_clampTensorInPlace = new("clamp_", "Tensor");
        public Tensor clamp_(Tensor? min = null, Tensor? max = null) => s_clampTensorInPlace.InPlace(this, this, min, max);

        private static readonly Operator s_clampMax = new("clamp_max");
        public Tensor clamp_max(Scalar max) => s_clampMax.Tensor(this, max);
        private static readonly Operator s_clampMaxInPlace = new("clamp_max_");
        public Tensor clamp_max_(Scalar max) => s_clampMaxInPlace.InPlace(this, this, max);

        private static readonly Operator s_clampMin = new("clamp_min");
        public Tensor clamp_min(Scalar min) => s_clampMin.Tensor(this, min);
        private static readonly Operator s_clampMinInPlace = new("clamp_min_");
        public Tensor clamp_min_(Scalar min) => s_clampMinInPlace.InPlace(this, this, min);

        private static readonly Operator s_clip = new("clip");
        public Tensor clip(Scalar? min = null, Scalar? max = null) => s_clip.Tensor(this, min, max);

        private static readonly Operator s_copysignTensor = new("copysign", "Tensor");
        public Tensor copysign(Tensor other) => s_copysignTensor.Tensor(this, other);
        private static readonly Operator s_copysignTensorInPlace = new("copysign_", "Tensor");
        public Tensor copysign_(Tensor other) => s_copysignTensorInPlace.InPlace(this, this, other);

        private static readonly Operator s_floatPowerTensorTensor = new("float_power", "Tensor_Tensor");
        public Tensor float_power(Tensor target) => s_floatPowerTensorTensor.Tensor(this, target);
        private static readonly Operator s_floatPowerTensorInPlace = new("float_power_", "Tensor");
        public Tensor float_power_(Tensor target) => s_floatPowerTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_floorDivideScalar = new("floor_divide", "Scalar");
        public Tensor floor_divide(Scalar other) => s_floorDivideScalar.Tensor(this, other);
        private static readonly Operator s_floorDivide = new("floor_divide");
        public Tensor floor_divide(Tensor other) => s_floorDivide.Tensor(this, other);
        private static readonly Operator s_floorDivideScalarInPlace = new("floor_divide_", "Scalar");
        public Tensor floor_divide_(Scalar other) => s_floorDivideScalarInPlace.InPlace(this, this, other);
        private static readonly Operator s_floorDivideTensorInPlace = new("floor_divide_", "Tensor");
        public Tensor floor_divide_(Tensor other) => s_floorDivideTensorInPlace.InPlace(this, this, other);

        private static readonly Operator s_fmax = new("fmax");
        public Tensor fmax(Tensor other) => s_fmax.Tensor(this, other);

        private static readonly Operator s_fmin = new("fmin");
        public Tensor fmin(Tensor other) => s_fmin.Tensor(this, other);

        private static readonly Operator s_fmodScalar = new("fmod", "Scalar");
        public Tensor fmod(Scalar scalar) => s_fmodScalar.Tensor(this, scalar);
        private static readonly Operator s_fmodTensor = new("fmod", "Tensor");
        public Tensor fmod(Tensor target) => s_fmodTensor.Tensor(this, target);
        private static readonly Operator s_fmodScalarInPlace = new("fmod_", "Scalar");
        public Tensor fmod_(Scalar scalar) => s_fmodScalarInPlace.InPlace(this, this, scalar);
        private static readonly Operator s_fmodTensorInPlace = new("fmod_", "Tensor");
        public Tensor fmod_(Tensor target) => s_fmodTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_gcd = new("gcd");
        public Tensor gcd(Tensor other) => s_gcd.Tensor(this, other);
        private static readonly Operator s_gcdInPlace = new("gcd_");
        public Tensor gcd_(Tensor other) => s_gcdInPlace.InPlace(this, this, other);

        private static readonly Operator s_heaviside = new("heaviside");
        public Tensor heaviside(Tensor other) => s_heaviside.Tensor(this, other);
        private static readonly Operator s_heavisideInPlace = new("heaviside_");
        public Tensor heaviside_(Tensor other) => s_heavisideInPlace.InPlace(this, this, other);

        private static readonly Operator s_hypot = new("hypot");
        public Tensor hypot(Tensor other) => s_hypot.Tensor(this, other);

        private static readonly Operator s_lcm = new("lcm");
        public Tensor lcm(Tensor other) => s_lcm.Tensor(this, other);
        private static readonly Operator s_lcmInPlace = new("lcm_");
        public Tensor lcm_(Tensor other) => s_lcmInPlace.InPlace(this, this, other);

        private static readonly Operator s_ldexpTensor = new("ldexp", "Tensor");
        public Tensor ldexp(Tensor other) => s_ldexpTensor.Tensor(this, other);
        private static readonly Operator s_ldexpInPlace = new("ldexp_");
        public Tensor ldexp_(Tensor other) => s_ldexpInPlace.InPlace(this, this, other);

        private static readonly Operator s_lerpTensor = new("lerp", "Tensor");
        public Tensor lerp(Tensor end, Tensor weight) => s_lerpTensor.Tensor(this, end, weight);
        private static readonly Operator s_lerpTensorInPlace = new("lerp_", "Tensor");
        public Tensor lerp_(Tensor end, Tensor weight) => s_lerpTensorInPlace.InPlace(this, this, end, weight);

        private static readonly Operator s_logaddexp = new("logaddexp");
        public Tensor logaddexp(Tensor other) => s_logaddexp.Tensor(this, other);

        private static readonly Operator s_logaddexp2 = new("logaddexp2");
        public Tensor logaddexp2(Tensor other) => s_logaddexp2.Tensor(this, other);

        private static readonly Operator s_logicalAnd = new("logical_and");
        public Tensor logical_and(Tensor other) => s_logicalAnd.Tensor(this, other);
        private static readonly Operator s_logicalAndInPlace = new("logical_and_");
        public Tensor logical_and_(Tensor other) => s_logicalAndInPlace.InPlace(this, this, other);

        private static readonly Operator s_logicalNot = new("logical_not");
        public Tensor logical_not() => s_logicalNot.Tensor(this);
        private static readonly Operator s_logicalNotInPlace = new("logical_not_");
        public Tensor logical_not_() => s_logicalNotInPlace.InPlace(this, this);

        private static readonly Operator s_logicalOr = new("logical_or");
        public Tensor logical_or(Tensor other) => s_logicalOr.Tensor(this, other);
        private static readonly Operator s_logicalOrInPlace = new("logical_or_");
        public Tensor logical_or_(Tensor other) => s_logicalOrInPlace.InPlace(this, this, other);

        private static readonly Operator s_logicalXor = new("logical_xor");
        public Tensor logical_xor(Tensor other) => s_logicalXor.Tensor(this, other);
        private static readonly Operator s_logicalXorInPlace = new("logical_xor_");
        public Tensor logical_xor_(Tensor other) => s_logicalXorInPlace.InPlace(this, this, other);

        private static readonly Operator s_maximum = new("maximum");
        public Tensor maximum(Tensor other) => s_maximum.Tensor(this, other);

        private static readonly Operator s_minimum = new("minimum");
        public Tensor minimum(Tensor other) => s_minimum.Tensor(this, other);

        private static readonly ArithmeticOperator s_mulScalar = new(ArithmeticOperator.Kind.Mul, "Scalar");
        public Tensor mul(Scalar target) => s_mulScalar.Tensor(this, target);
        private static readonly ArithmeticOperator s_mulTensor = new(ArithmeticOperator.Kind.Mul, "Tensor");
        public Tensor mul(Tensor target) => s_mulTensor.Tensor(this, target);
        private static readonly Operator s_mulScalarInPlace = new("mul_", "Scalar");
        public Tensor mul_(Scalar target) => s_mulScalarInPlace.InPlace(this, this, target);
        private static readonly Operator s_mulTensorInPlace = new("mul_", "Tensor");
        public Tensor mul_(Tensor target) => s_mulTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_multiplyScalar = new("multiply", "Scalar");
        public Tensor multiply(Scalar target) => s_multiplyScalar.Tensor(this, target);
        private static readonly Operator s_multiplyTensor = new("multiply", "Tensor");
        public Tensor multiply(Tensor target) => s_multiplyTensor.Tensor(this, target);

        private static readonly Operator s_neg = new("neg");
        public Tensor neg() => s_neg.Tensor(this);
        private static readonly Operator s_negInPlace = new("neg_");
        public Tensor neg_() => s_negInPlace.InPlace(this, this);

        private static readonly Operator s_negative = new("negative");
        public Tensor negative() => s_negative.Tensor(this);

        private static readonly Operator s_nextafter = new("nextafter");
        public Tensor nextafter(Tensor other) => s_nextafter.Tensor(this, other);
        private static readonly Operator s_nextafterInPlace = new("nextafter_");
        public Tensor nextafter_(Tensor other) => s_nextafterInPlace.InPlace(this, this, other);

        private static readonly Operator s_positive = new("positive");
        public Tensor positive() => s_positive.Tensor(this);

        private static readonly Operator s_powTensorScalar = new("pow", "Tensor_Scalar");
        public Tensor pow(Scalar exponent) => s_powTensorScalar.Tensor(this, exponent);
        private static readonly Operator s_powTensorTensor = new("pow", "Tensor_Tensor");
        public Tensor pow(Tensor exponent) => s_powTensorTensor.Tensor(this, exponent);
        private static readonly Operator s_powScalarInPlace = new("pow_", "Scalar");
        public Tensor pow_(Scalar exponent) => s_powScalarInPlace.InPlace(this, this, exponent);
        private static readonly Operator s_powTensorInPlace = new("pow_", "Tensor");
        public Tensor pow_(Tensor exponent) => s_powTensorInPlace.InPlace(this, this, exponent);

        private static readonly Operator s_remainderScalar = new("remainder", "Scalar");
        public Tensor remainder(Scalar scalar) => s_remainderScalar.Tensor(this, scalar);
        private static readonly Operator s_remainderTensor = new("remainder", "Tensor");
        public Tensor remainder(Tensor target) => s_remainderTensor.Tensor(this, target);
        private static readonly Operator s_remainderScalarInPlace = new("remainder_", "Scalar");
        public Tensor remainder_(Scalar scalar) => s_remainderScalarInPlace.InPlace(this, this, scalar);
        private static readonly Operator s_remainderTensorInPlace = new("remainder_", "Tensor");
        public Tensor remainder_(Tensor target) => s_remainderTensorInPlace.InPlace(this, this, target);

        private static readonly ArithmeticOperator s_subScalar = new(ArithmeticOperator.Kind.Sub, "Scalar");
        public Tensor sub(Scalar target) => s_subScalar.Tensor(this, target);
        private static readonly ArithmeticOperator s_subTensor = new(ArithmeticOperator.Kind.Sub, "Tensor");
        public Tensor sub(Tensor target) => s_subTensor.Tensor(this, target);
        private static readonly Operator s_subScalarInPlace = new("sub_", "Scalar");
        public Tensor sub_(Scalar target) => s_subScalarInPlace.InPlace(this, this, target);
        private static readonly Operator s_subTensorInPlace = new("sub_", "Tensor");
        public Tensor sub_(Tensor target) => s_subTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_subtractScalar = new("subtract", "Scalar");
        public Tensor subtract(Scalar target) => s_subtractScalar.Tensor(this, target);
        private static readonly Operator s_subtractTensor = new("subtract", "Tensor");
        public Tensor subtract(Tensor target) => s_subtractTensor.Tensor(this, target);
        private static readonly Operator s_subtractScalarInPlace = new("subtract_", "Scalar");
        public Tensor subtract_(Scalar target) => s_subtractScalarInPlace.InPlace(this, this, target);
        private static readonly Operator s_subtractTensorInPlace = new("subtract_", "Tensor");
        public Tensor subtract_(Tensor target) => s_subtractTensorInPlace.InPlace(this, this, target);

        private static readonly Operator s_trueDivideScalar = new("true_divide", "Scalar");
        public Tensor true_divide(Scalar other) => s_trueDivideScalar.Tensor(this, other);
        private static readonly Operator s_trueDivideTensor = new("true_divide", "Tensor");
        public Tensor true_divide(Tensor other) => s_trueDivideTensor.Tensor(this, other);
        private static readonly Operator s_trueDivideScalarInPlace = new("true_divide_", "Scalar");
        public Tensor true_divide_(Scalar other) => s_trueDivideScalarInPlace.InPlace(this, this, other);
        private static readonly Operator s_trueDivideTensorInPlace = new("true_divide_", "Tensor");
        public Tensor true_divide_(Tensor other) => s_trueDivideTensorInPlace.InPlace(this, this, other);

        private static readonly Operator s_xlogyScalarOther = new("xlogy", "Scalar_Other");
        public Tensor xlogy(Scalar y) => s_xlogyScalarOther.Tensor(this, y);
        private static readonly Operator s_xlogyTensor = new("xlogy", "Tensor");
        public Tensor xlogy(Tensor y) => s_xlogyTensor.Tensor(this, y);
        private static readonly Operator s_xlogyScalarOtherInPlace = new("xlogy_", "Scalar_Other");
        public Tensor xlogy_(Scalar y) => s_xlogyScalarOtherInPlace.InPlace(this, this, y);
        private static readonly Operator s_xlogyTensorInPlace = new("xlogy_", "Tensor");
        public Tensor xlogy_(Tensor y) => s_xlogyTensorInPlace.InPlace(this, this, y);
    }
}
