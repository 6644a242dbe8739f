using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Special functions.</summary>
    public static class special
    {
        private static readonly Operator s_airyAi = new("special_airy_ai");
        private static readonly Operator s_besselJ0 = new("special_bessel_j0");
        private static readonly Operator s_besselJ1 = new("special_bessel_j1");
        private static readonly Operator s_besselY0 = new("special_bessel_y0");
        private static readonly Operator s_besselY1 = new("special_bessel_y1");
        private static readonly Operator s_chebyshevPolynomialT = new("special_chebyshev_polynomial_t");
        private static readonly Operator s_chebyshevPolynomialU = new("special_chebyshev_polynomial_u");
        private static readonly Operator s_chebyshevPolynomialV = new("special_chebyshev_polynomial_v");
        private static readonly Operator s_chebyshevPolynomialW = new("special_chebyshev_polynomial_w");
        private static readonly Operator s_digamma = new("special_digamma");
        private static readonly Operator s_entr = new("special_entr");
        private static readonly Operator s_erf = new("special_erf");
        private static readonly Operator s_erfc = new("special_erfc");
        private static readonly Operator s_erfcx = new("special_erfcx");
        private static readonly Operator s_erfinv = new("special_erfinv");
        private static readonly Operator s_exp2 = new("special_exp2");
        private static readonly Operator s_expit = new("special_expit");
        private static readonly Operator s_expm1 = new("special_expm1");
        private static readonly Operator s_gammainc = new("special_gammainc");
        private static readonly Operator s_gammaincc = new("special_gammaincc");
        private static readonly Operator s_gammaln = new("special_gammaln");
        private static readonly Operator s_hermitePolynomialH = new("special_hermite_polynomial_h");
        private static readonly Operator s_hermitePolynomialHe = new("special_hermite_polynomial_he");
        private static readonly Operator s_i0 = new("special_i0");
        private static readonly Operator s_i0e = new("special_i0e");
        private static readonly Operator s_i1 = new("special_i1");
        private static readonly Operator s_i1e = new("special_i1e");
        private static readonly Operator s_laguerrePolynomialL = new("special_laguerre_polynomial_l");
        private static readonly Operator s_legendrePolynomialP = new("special_legendre_polynomial_p");
        private static readonly Operator s_logSoftmax = new("special_log_softmax");
        private static readonly Operator s_logit = new("special_logit");
        private static readonly Operator s_modifiedBesselI0 = new("special_modified_bessel_i0");
        private static readonly Operator s_modifiedBesselI1 = new("special_modified_bessel_i1");
        private static readonly Operator s_modifiedBesselK0 = new("special_modified_bessel_k0");
        private static readonly Operator s_modifiedBesselK1 = new("special_modified_bessel_k1");
        private static readonly Operator s_multigammaln = new("special_multigammaln");
        private static readonly Operator s_ndtr = new("special_ndtr");
        private static readonly Operator s_ndtri = new("special_ndtri");
        private static readonly Operator s_polygamma = new("special_polygamma");
        private static readonly Operator s_psi = new("special_psi");
        private static readonly Operator s_scaledModifiedBesselK0 = new("special_scaled_modified_bessel_k0");
        private static readonly Operator s_scaledModifiedBesselK1 = new("special_scaled_modified_bessel_k1");
        private static readonly Operator s_shiftedChebyshevPolynomialT = new("special_shifted_chebyshev_polynomial_t");
        private static readonly Operator s_shiftedChebyshevPolynomialU = new("special_shifted_chebyshev_polynomial_u");
        private static readonly Operator s_shiftedChebyshevPolynomialV = new("special_shifted_chebyshev_polynomial_v");
        private static readonly Operator s_shiftedChebyshevPolynomialW = new("special_shifted_chebyshev_polynomial_w");
        private static readonly Operator s_sigmoid = new("sigmoid");
        private static readonly Operator s_sinc = new("special_sinc");
        private static readonly Operator s_softmax = new("special_softmax");
        private static readonly Operator s_sphericalBesselJ0 = new("special_spherical_bessel_j0");
        private static readonly Operator s_xlog1py = new("special_xlog1py");
        private static readonly Operator s_zeta = new("special_zeta");

        public static Tensor airy_ai(Tensor input, Tensor? @out = null) => Tensor.Out(s_airyAi.Tensor(input), @out);
        public static Tensor bessel_j0(Tensor input, Tensor? @out = null) => Tensor.Out(s_besselJ0.Tensor(input), @out);
        public static Tensor bessel_j1(Tensor input, Tensor? @out = null) => Tensor.Out(s_besselJ1.Tensor(input), @out);
        public static Tensor bessel_y0(Tensor input, Tensor? @out = null) => Tensor.Out(s_besselY0.Tensor(input), @out);
        public static Tensor bessel_y1(Tensor input, Tensor? @out = null) => Tensor.Out(s_besselY1.Tensor(input), @out);
        public static Tensor chebyshev_polynomial_t(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_chebyshevPolynomialT.Tensor(x, n), @out);
        public static Tensor chebyshev_polynomial_u(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_chebyshevPolynomialU.Tensor(x, n), @out);
        public static Tensor chebyshev_polynomial_v(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_chebyshevPolynomialV.Tensor(x, n), @out);
        public static Tensor chebyshev_polynomial_w(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_chebyshevPolynomialW.Tensor(x, n), @out);
        public static Tensor digamma(Tensor input) => s_digamma.Tensor(input);
        public static Tensor entr(Tensor input) => s_entr.Tensor(input);
        public static Tensor erf(Tensor input) => s_erf.Tensor(input);
        public static Tensor erfc(Tensor input) => s_erfc.Tensor(input);
        public static Tensor erfcx(Tensor input) => s_erfcx.Tensor(input);
        public static Tensor erfinv(Tensor input) => s_erfinv.Tensor(input);
        public static Tensor exp2(Tensor input) => s_exp2.Tensor(input);
        public static Tensor expit(Tensor input) => s_expit.Tensor(input);
        public static Tensor expm1(Tensor input) => s_expm1.Tensor(input);
        public static Tensor gammainc(Tensor input, Tensor other) => s_gammainc.Tensor(input, other);
        public static Tensor gammaincc(Tensor input, Tensor other) => s_gammaincc.Tensor(input, other);
        public static Tensor gammaln(Tensor input) => s_gammaln.Tensor(input);
        public static Tensor hermite_polynomial_h(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_hermitePolynomialH.Tensor(x, n), @out);
        public static Tensor hermite_polynomial_he(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_hermitePolynomialHe.Tensor(x, n), @out);
        public static Tensor i0(Tensor input) => s_i0.Tensor(input);
        public static Tensor i0e(Tensor input) => s_i0e.Tensor(input);
        public static Tensor i1(Tensor input) => s_i1.Tensor(input);
        public static Tensor i1e(Tensor input) => s_i1e.Tensor(input);
        public static Tensor laguerre_polynomial_l(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_laguerrePolynomialL.Tensor(x, n), @out);
        public static Tensor legendre_polynomial_p(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_legendrePolynomialP.Tensor(x, n), @out);
        public static Tensor log_softmax(Tensor input, long dim, ScalarType? dtype = null) => s_logSoftmax.Tensor(input, dim, dtype);
        public static Tensor logit(Tensor input) => s_logit.Tensor(input);
        public static Tensor modified_bessel_i0(Tensor input, Tensor? @out = null) => Tensor.Out(s_modifiedBesselI0.Tensor(input), @out);
        public static Tensor modified_bessel_i1(Tensor input, Tensor? @out = null) => Tensor.Out(s_modifiedBesselI1.Tensor(input), @out);
        public static Tensor modified_bessel_k0(Tensor input, Tensor? @out = null) => Tensor.Out(s_modifiedBesselK0.Tensor(input), @out);
        public static Tensor modified_bessel_k1(Tensor input, Tensor? @out = null) => Tensor.Out(s_modifiedBesselK1.Tensor(input), @out);
        public static Tensor multigammaln(Tensor input, long p) => s_multigammaln.Tensor(input, p);
        public static Tensor ndtr(Tensor input) => s_ndtr.Tensor(input);
        public static Tensor ndtri(Tensor input) => s_ndtri.Tensor(input);
        public static Tensor polygamma(long n, Tensor input) => s_polygamma.Tensor(n, input);
        public static Tensor psi(Tensor input) => s_psi.Tensor(input);
        public static Tensor scaled_modified_bessel_k0(Tensor input, Tensor? @out = null)
            => Tensor.Out(s_scaledModifiedBesselK0.Tensor(input), @out);
        public static Tensor scaled_modified_bessel_k1(Tensor input, Tensor? @out = null)
            => Tensor.Out(s_scaledModifiedBesselK1.Tensor(input), @out);
        public static Tensor shifted_chebyshev_polynomial_t(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_shiftedChebyshevPolynomialT.Tensor(x, n), @out);
        public static Tensor shifted_chebyshev_polynomial_u(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_shiftedChebyshevPolynomialU.Tensor(x, n), @out);
        public static Tensor shifted_chebyshev_polynomial_v(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_shiftedChebyshevPolynomialV.Tensor(x, n), @out);
        public static Tensor shifted_chebyshev_polynomial_w(Tensor x, Tensor n, Tensor? @out = null)
            => Tensor.Out(s_shiftedChebyshevPolynomialW.Tensor(x, n), @out);
        public static Tensor sigmoid(Tensor input) => s_sigmoid.Tensor(input);
        public static Tensor sinc(Tensor input) => s_sinc.Tensor(input);
        public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => s_softmax.Tensor(input, dim, dtype);
        public static Tensor spherical_bessel_j0(Tensor input, Tensor? @out = null) => Tensor.Out(s_sphericalBesselJ0.Tensor(input), @out);
        public static Tensor xlog1py(Tensor input, Tensor other) => s_xlog1py.Tensor(input, other);
        public static Tensor zeta(Tensor x, Tensor q) => s_zeta.Tensor(x, q);
        public static Tensor sigmoid_(Tensor input) => input.sigmoid_();
    }
}
