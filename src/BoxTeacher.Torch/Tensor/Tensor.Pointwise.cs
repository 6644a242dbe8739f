using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Functions of one tensor, element by element.</content>
    public partial class Tensor
    {
        private static readonly Operator s_abs = new("abs");
        public Tensor abs() => s_abs.Tensor(this);
        private static readonly Operator s_absInPlace = new("abs_");
        public Tensor abs_() => s_absInPlace.InPlace(this, this);

        private static readonly Operator s_absolute = new("absolute");
        public Tensor absolute() => s_absolute.Tensor(this);
        private static readonly Operator s_absoluteInPlace = new("absolute_");
        public Tensor absolute_() => s_absoluteInPlace.InPlace(this, this);

        private static readonly Operator s_acos = new("acos");
        public Tensor acos() => s_acos.Tensor(this);
        private static readonly Operator s_acosInPlace = new("acos_");
        public Tensor acos_() => s_acosInPlace.InPlace(this, this);

        private static readonly Operator s_acosh = new("acosh");
        public Tensor acosh() => s_acosh.Tensor(this);
        private static readonly Operator s_acoshInPlace = new("acosh_");
        public Tensor acosh_() => s_acoshInPlace.InPlace(this, this);

        private static readonly Operator s_angle = new("angle");
        public Tensor angle() => s_angle.Tensor(this);

        private static readonly Operator s_arccos = new("arccos");
        public Tensor arccos() => s_arccos.Tensor(this);
        private static readonly Operator s_arccosInPlace = new("arccos_");
        public Tensor arccos_() => s_arccosInPlace.InPlace(this, this);

        private static readonly Operator s_arccosh = new("arccosh");
        public Tensor arccosh() => s_arccosh.Tensor(this);
        private static readonly Operator s_arccoshInPlace = new("arccosh_");
        public Tensor arccosh_() => s_arccoshInPlace.InPlace(this, this);

        private static readonly Operator s_arcsin = new("arcsin");
        public Tensor arcsin() => s_arcsin.Tensor(this);
        private static readonly Operator s_arcsinInPlace = new("arcsin_");
        public Tensor arcsin_() => s_arcsinInPlace.InPlace(this, this);

        private static readonly Operator s_arcsinh = new("arcsinh");
        public Tensor arcsinh() => s_arcsinh.Tensor(this);
        private static readonly Operator s_arcsinhInPlace = new("arcsinh_");
        public Tensor arcsinh_() => s_arcsinhInPlace.InPlace(this, this);

        private static readonly Operator s_arctan = new("arctan");
        public Tensor arctan() => s_arctan.Tensor(this);
        private static readonly Operator s_arctanInPlace = new("arctan_");
        public Tensor arctan_() => s_arctanInPlace.InPlace(this, this);

        private static readonly Operator s_arctan2 = new("arctan2");
        public Tensor arctan2(Tensor other) => s_arctan2.Tensor(this, other);
        private static readonly Operator s_arctan2InPlace = new("arctan2_");
        public Tensor arctan2_(Tensor other) => s_arctan2InPlace.InPlace(this, this, other);

        private static readonly Operator s_arctanh = new("arctanh");
        public Tensor arctanh() => s_arctanh.Tensor(this);
        private static readonly Operator s_arctanhInPlace = new("arctanh_");
        public Tensor arctanh_() => s_arctanhInPlace.InPlace(this, this);

        private static readonly Operator s_asin = new("asin");
        public Tensor asin() => s_asin.Tensor(this);
        private static readonly Operator s_asinInPlace = new("asin_");
        public Tensor asin_() => s_asinInPlace.InPlace(this, this);

        private static readonly Operator s_asinh = new("asinh");
        public Tensor asinh() => s_asinh.Tensor(this);
        private static readonly Operator s_asinhInPlace = new("asinh_");
        public Tensor asinh_() => s_asinhInPlace.InPlace(this, this);

        private static readonly Operator s_atan = new("atan");
        public Tensor atan() => s_atan.Tensor(this);
        private static readonly Operator s_atanInPlace = new("atan_");
        public Tensor atan_() => s_atanInPlace.InPlace(this, this);

        private static readonly Operator s_atan2 = new("atan2");
        public Tensor atan2(Tensor other) => s_atan2.Tensor(this, other);
        private static readonly Operator s_atan2InPlace = new("atan2_");
        public Tensor atan2_(Tensor other) => s_atan2InPlace.InPlace(this, this, other);

        private static readonly Operator s_atanh = new("atanh");
        public Tensor atanh() => s_atanh.Tensor(this);
        private static readonly Operator s_atanhInPlace = new("atanh_");
        public Tensor atanh_() => s_atanhInPlace.InPlace(this, this);

        private static readonly Operator s_ceil = new("ceil");
        public Tensor ceil() => s_ceil.Tensor(this);
        private static readonly Operator s_ceilInPlace = new("ceil_");
        public Tensor ceil_() => s_ceilInPlace.InPlace(this, this);

        private static readonly Operator s_conjPhysical = new("conj_physical");
        public Tensor conj_physical() => s_conjPhysical.Tensor(this);
        private static readonly Operator s_conjPhysicalInPlace = new("conj_physical_");
        public Tensor conj_physical_() => s_conjPhysicalInPlace.InPlace(this, this);

        private static readonly Operator s_cos = new("cos");
        public Tensor cos() => s_cos.Tensor(this);
        private static readonly Operator s_cosInPlace = new("cos_");
        public Tensor cos_() => s_cosInPlace.InPlace(this, this);

        private static readonly Operator s_cosh = new("cosh");
        public Tensor cosh() => s_cosh.Tensor(this);
        private static readonly Operator s_coshInPlace = new("cosh_");
        public Tensor cosh_() => s_coshInPlace.InPlace(this, this);

        private static readonly Operator s_deg2rad = new("deg2rad");
        public Tensor deg2rad() => s_deg2rad.Tensor(this);
        private static readonly Operator s_deg2radInPlace = new("deg2rad_");
        public Tensor deg2rad_() => s_deg2radInPlace.InPlace(this, this);

        private static readonly Operator s_digamma = new("digamma");
        public Tensor digamma() => s_digamma.Tensor(this);
        private static readonly Operator s_digammaInPlace = new("digamma_");
        public Tensor digamma_() => s_digammaInPlace.InPlace(this, this);

        private static readonly Operator s_erf = new("erf");
        public Tensor erf() => s_erf.Tensor(this);
        private static readonly Operator s_erfInPlace = new("erf_");
        public Tensor erf_() => s_erfInPlace.InPlace(this, this);

        private static readonly Operator s_erfc = new("erfc");
        public Tensor erfc() => s_erfc.Tensor(this);
        private static readonly Operator s_erfcInPlace = new("erfc_");
        public Tensor erfc_() => s_erfcInPlace.InPlace(this, this);

        private static readonly Operator s_erfinv = new("erfinv");
        public Tensor erfinv() => s_erfinv.Tensor(this);
        private static readonly Operator s_erfinvInPlace = new("erfinv_");
        public Tensor erfinv_() => s_erfinvInPlace.InPlace(this, this);

        private static readonly Operator s_exp = new("exp");
        public Tensor exp() => s_exp.Tensor(this);
        private static readonly Operator s_expInPlace = new("exp_");
        public Tensor exp_() => s_expInPlace.InPlace(this, this);

        private static readonly Operator s_exp2 = new("exp2");
        public Tensor exp2() => s_exp2.Tensor(this);
        private static readonly Operator s_exp2InPlace = new("exp2_");
        public Tensor exp2_() => s_exp2InPlace.InPlace(this, this);

        private static readonly Operator s_expm1 = new("expm1");
        public Tensor expm1() => s_expm1.Tensor(this);
        private static readonly Operator s_expm1InPlace = new("expm1_");
        public Tensor expm1_() => s_expm1InPlace.InPlace(this, this);

        private static readonly Operator s_fix = new("fix");
        public Tensor fix() => s_fix.Tensor(this);
        private static readonly Operator s_fixInPlace = new("fix_");
        public Tensor fix_() => s_fixInPlace.InPlace(this, this);

        private static readonly Operator s_floor = new("floor");
        public Tensor floor() => s_floor.Tensor(this);
        private static readonly Operator s_floorInPlace = new("floor_");
        public Tensor floor_() => s_floorInPlace.InPlace(this, this);

        private static readonly Operator s_frac = new("frac");
        public Tensor frac() => s_frac.Tensor(this);
        private static readonly Operator s_fracInPlace = new("frac_");
        public Tensor frac_() => s_fracInPlace.InPlace(this, this);

        private static readonly Operator s_frexpTensor = new("frexp", "Tensor");
        public (Tensor Mantissa, Tensor Exponent) frexp() => s_frexpTensor.Pair(this);

        private static readonly Operator s_i0 = new("i0");
        public Tensor i0() => s_i0.Tensor(this);
        private static readonly Operator s_i0InPlace = new("i0_");
        public Tensor i0_() => s_i0InPlace.InPlace(this, this);

        private static readonly Operator s_igamma = new("igamma");
        public Tensor igamma(Tensor other) => s_igamma.Tensor(this, other);

        private static readonly Operator s_igammac = new("igammac");
        public Tensor igammac(Tensor other) => s_igammac.Tensor(this, other);

        private static readonly Operator s_lgamma = new("lgamma");
        public Tensor lgamma() => s_lgamma.Tensor(this);
        private static readonly Operator s_lgammaInPlace = new("lgamma_");
        public Tensor lgamma_() => s_lgammaInPlace.InPlace(this, this);

        private static readonly Operator s_log = new("log");
        public Tensor log() => s_log.Tensor(this);
        private static readonly Operator s_logInPlace = new("log_");
        public Tensor log_() => s_logInPlace.InPlace(this, this);

        private static readonly Operator s_log10 = new("log10");
        public Tensor log10() => s_log10.Tensor(this);
        private static readonly Operator s_log10InPlace = new("log10_");
        public Tensor log10_() => s_log10InPlace.InPlace(this, this);

        private static readonly Operator s_log1p = new("log1p");
        public Tensor log1p() => s_log1p.Tensor(this);
        private static readonly Operator s_log1pInPlace = new("log1p_");
        public Tensor log1p_() => s_log1pInPlace.InPlace(this, this);

        private static readonly Operator s_log2 = new("log2");
        public Tensor log2() => s_log2.Tensor(this);
        private static readonly Operator s_log2InPlace = new("log2_");
        public Tensor log2_() => s_log2InPlace.InPlace(this, this);

        private static readonly Operator s_logit = new("logit");
        public Tensor logit(double? eps = null) => s_logit.Tensor(this, eps);
        private static readonly Operator s_logitInPlace = new("logit_");
        public Tensor logit_(double? eps = null) => s_logitInPlace.InPlace(this, this, eps);

        private static readonly Operator s_mvlgamma = new("mvlgamma");
        public Tensor mvlgamma(long p) => s_mvlgamma.Tensor(this, p);
        private static readonly Operator s_mvlgammaInPlace = new("mvlgamma_");
        public Tensor mvlgamma_(long p) => s_mvlgammaInPlace.InPlace(this, this, p);

        private static readonly Operator s_nanToNum = new("nan_to_num");
        public Tensor nan_to_num(double nan = 0, double? posinf = null, double? neginf = null)
            => s_nanToNum.Tensor(this, nan, posinf, neginf);
        private static readonly Operator s_nanToNumInPlace = new("nan_to_num_");
        public Tensor nan_to_num_(double nan = 0, double? posinf = null, double? neginf = null)
            => s_nanToNumInPlace.InPlace(this, this, nan, posinf, neginf);

        private static readonly Operator s_polygammaInPlace = new("polygamma_");
        public Tensor polygamma_(long p) => s_polygammaInPlace.InPlace(this, this, p);

        private static readonly Operator s_rad2deg = new("rad2deg");
        public Tensor rad2deg() => s_rad2deg.Tensor(this);
        private static readonly Operator s_rad2degInPlace = new("rad2deg_");
        public Tensor rad2deg_() => s_rad2degInPlace.InPlace(this, this);

        private static readonly Operator s_reciprocal = new("reciprocal");
        public Tensor reciprocal() => s_reciprocal.Tensor(this);
        private static readonly Operator s_reciprocalInPlace = new("reciprocal_");
        public Tensor reciprocal_() => s_reciprocalInPlace.InPlace(this, this);

        private static readonly Operator s_resolveConj = new("resolve_conj");
        public Tensor resolve_conj() => s_resolveConj.Tensor(this);

        private static readonly Operator s_resolveNeg = new("resolve_neg");
        public Tensor resolve_neg() => s_resolveNeg.Tensor(this);

        private static readonly Operator s_roundDecimals = new("round", "decimals");
        public Tensor round(long decimals = 0) => s_roundDecimals.Tensor(this, decimals);
        private static readonly Operator s_roundDecimalsInPlace = new("round_", "decimals");
        public Tensor round_(long decimals = 0) => s_roundDecimalsInPlace.InPlace(this, this, decimals);

        private static readonly Operator s_rsqrt = new("rsqrt");
        public Tensor rsqrt() => s_rsqrt.Tensor(this);
        private static readonly Operator s_rsqrtInPlace = new("rsqrt_");
        public Tensor rsqrt_() => s_rsqrtInPlace.InPlace(this, this);

        private static readonly Operator s_sgn = new("sgn");
        public Tensor sgn() => s_sgn.Tensor(this);
        private static readonly Operator s_sgnInPlace = new("sgn_");
        public Tensor sgn_() => s_sgnInPlace.InPlace(this, this);

        private static readonly Operator s_sign = new("sign");
        public Tensor sign() => s_sign.Tensor(this);
        private static readonly Operator s_signInPlace = new("sign_");
        public Tensor sign_() => s_signInPlace.InPlace(this, this);

        private static readonly Operator s_sin = new("sin");
        public Tensor sin() => s_sin.Tensor(this);
        private static readonly Operator s_sinInPlace = new("sin_");
        public Tensor sin_() => s_sinInPlace.InPlace(this, this);

        private static readonly Operator s_sinc = new("sinc");
        public Tensor sinc() => s_sinc.Tensor(this);
        private static readonly Operator s_sincInPlace = new("sinc_");
        public Tensor sinc_() => s_sincInPlace.InPlace(this, this);

        private static readonly Operator s_sinh = new("sinh");
        public Tensor sinh() => s_sinh.Tensor(this);
        private static readonly Operator s_sinhInPlace = new("sinh_");
        public Tensor sinh_() => s_sinhInPlace.InPlace(this, this);

        private static readonly Operator s_sqrt = new("sqrt");
        public Tensor sqrt() => s_sqrt.Tensor(this);
        private static readonly Operator s_sqrtInPlace = new("sqrt_");
        public Tensor sqrt_() => s_sqrtInPlace.InPlace(this, this);

        private static readonly Operator s_square = new("square");
        public Tensor square() => s_square.Tensor(this);

        private static readonly Operator s_tan = new("tan");
        public Tensor tan() => s_tan.Tensor(this);
        private static readonly Operator s_tanInPlace = new("tan_");
        public Tensor tan_() => s_tanInPlace.InPlace(this, this);

        private static readonly Operator s_tanh = new("tanh");
        public Tensor tanh() => s_tanh.Tensor(this);
        private static readonly Operator s_tanhInPlace = new("tanh_");
        public Tensor tanh_() => s_tanhInPlace.InPlace(this, this);

        private static readonly Operator s_trunc = new("trunc");
        public Tensor trunc() => s_trunc.Tensor(this);
        private static readonly Operator s_truncInPlace = new("trunc_");
        public Tensor trunc_() => s_truncInPlace.InPlace(this, this);
    }
}
