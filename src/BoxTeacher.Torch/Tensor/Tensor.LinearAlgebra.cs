using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Products of matrices and vectors, and decompositions.</content>
    public partial class Tensor
    {
        private static readonly Operator s_addbmm = new("addbmm");
        public Tensor addbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1)
            => s_addbmm.Tensor(this, batch1, batch2, beta, alpha);
        private static readonly Operator s_addbmmInPlace = new("addbmm_");
        public Tensor addbmm_(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1)
            => s_addbmmInPlace.InPlace(this, this, batch1, batch2, beta, alpha);

        private static readonly Operator s_addmm = new("addmm");
        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => s_addmm.Tensor(this, mat1, mat2, beta, alpha);
        private static readonly Operator s_addmmInPlace = new("addmm_");
        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1)
            => s_addmmInPlace.InPlace(this, this, mat1, mat2, beta, alpha);

        private static readonly Operator s_addmv = new("addmv");
        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1, float alpha = 1) => s_addmv.Tensor(this, mat, vec, beta, alpha);
        private static readonly Operator s_addmvInPlace = new("addmv_");
        public Tensor addmv_(Tensor mat, Tensor vec, float beta = 1, float alpha = 1)
            => s_addmvInPlace.InPlace(this, this, mat, vec, beta, alpha);

        private static readonly Operator s_addr = new("addr");
        public Tensor addr(Tensor vec1, Tensor vec2, float beta = 1, float alpha = 1) => s_addr.Tensor(this, vec1, vec2, beta, alpha);
        private static readonly Operator s_addrInPlace = new("addr_");
        public Tensor addr_(Tensor vec1, Tensor vec2, float beta = 1, float alpha = 1)
            => s_addrInPlace.InPlace(this, this, vec1, vec2, beta, alpha);

        private static readonly Operator s_baddbmm = new("baddbmm");
        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1)
            => s_baddbmm.Tensor(this, batch1, batch2, beta, alpha);

        private static readonly Operator s_bmm = new("bmm");
        public Tensor bmm(Tensor batch2) => s_bmm.Tensor(this, batch2);

        private static readonly Operator s_cholesky = new("cholesky");
        public Tensor cholesky(bool upper = false) => s_cholesky.Tensor(this, upper);

        private static readonly Operator s_choleskyInverse = new("cholesky_inverse");
        public Tensor cholesky_inverse(bool upper = false) => s_choleskyInverse.Tensor(this, upper);

        private static readonly Operator s_choleskySolve = new("cholesky_solve");
        public Tensor cholesky_solve(Tensor input2, bool upper = false) => s_choleskySolve.Tensor(this, input2, upper);

        private static readonly Operator s_det = new("det");
        public Tensor det() => s_det.Tensor(this);

        private static readonly Operator s_diff = new("diff");
        public Tensor diff(long n = 1, long dim = -1, Tensor? prepend = null, Tensor? append = null)
            => s_diff.Tensor(this, n, dim, prepend, append);

        private static readonly Operator s_dot = new("dot");
        public Tensor dot(Tensor target) => s_dot.Tensor(this, target);

        private static readonly Operator s_geqrf = new("geqrf");
        public (Tensor a, Tensor tau) geqrf() => s_geqrf.Pair(this);

        private static readonly Operator s_ger = new("ger");
        public Tensor ger(Tensor vec2) => s_ger.Tensor(this, vec2);

        private static readonly Operator s_inner = new("inner");
        public Tensor inner(Tensor vec2) => s_inner.Tensor(this, vec2);

        private static readonly Operator s_inverse = new("inverse");
        public Tensor inverse() => s_inverse.Tensor(this);

        private static readonly Operator s_kron = new("kron");
        public Tensor kron(Tensor other) => s_kron.Tensor(this, other);

        private static readonly Operator s_logdet = new("logdet");
        public Tensor logdet() => s_logdet.Tensor(this);

        private static readonly Operator s_matmul = new("matmul");
        public Tensor matmul(Tensor target) => s_matmul.Tensor(this, target);

        private static readonly Operator s_matrixExp = new("matrix_exp");
        public Tensor matrix_exp() => s_matrixExp.Tensor(this);

        private static readonly Operator s_matrixPower = new("matrix_power");
        public Tensor matrix_power(int n) => s_matrixPower.Tensor(this, n);

        private static readonly Operator s_mm = new("mm");
        public Tensor mm(Tensor target) => s_mm.Tensor(this, target);

        private static readonly Operator s_mv = new("mv");
        public Tensor mv(Tensor target) => s_mv.Tensor(this, target);

        private static readonly Operator s_ormqr = new("ormqr");
        public Tensor ormqr(Tensor tau, Tensor other, bool left = true, bool transpose = false)
            => s_ormqr.Tensor(this, tau, other, left, transpose);

        private static readonly Operator s_outer = new("outer");
        public Tensor outer(Tensor vec2) => s_outer.Tensor(this, vec2);

        private static readonly Operator s_renorm = new("renorm");
        public Tensor renorm(float p, long dim, float maxnorm) => s_renorm.Tensor(this, p, dim, maxnorm);

        private static readonly Operator s_tensordot = new("tensordot");
        public Tensor tensordot(Tensor b, long[] dims1, long[] dims2) => s_tensordot.Tensor(this, b, dims1, dims2);

        private static readonly Operator s_vander = new("vander");
        public Tensor vander(long N = -1, bool increasing = false) => s_vander.Tensor(this, N, increasing);

        private static readonly Operator s_vdot = new("vdot");
        public Tensor vdot(Tensor target) => s_vdot.Tensor(this, target);
    }
}
