using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>Linear algebra.</summary>
    public static class linalg
    {
        public enum QRMode
        {
            Reduced = 0, Complete = 1, R = 2,
        }

        private static readonly Operator s_choleskyEx = new("linalg_cholesky_ex");
        private static readonly Operator s_cholesky = new("linalg_cholesky");
        private static readonly Operator s_cond = new("linalg_cond");
        private static readonly Operator s_condName = new("linalg_cond", "p_str");
        private static readonly Operator s_cross = new("linalg_cross");
        private static readonly Operator s_det = new("linalg_det");
        private static readonly Operator s_diagonal = new("linalg_diagonal");
        private static readonly Operator s_eig = new("linalg_eig");
        private static readonly Operator s_eigh = new("linalg_eigh");
        private static readonly Operator s_eigvals = new("linalg_eigvals");
        private static readonly Operator s_eigvalsh = new("linalg_eigvalsh");
        private static readonly Operator s_householder = new("linalg_householder_product");
        private static readonly Operator s_inv = new("linalg_inv");
        private static readonly Operator s_invEx = new("linalg_inv_ex");
        private static readonly Operator s_ldlFactor = new("linalg_ldl_factor");
        private static readonly Operator s_ldlFactorEx = new("linalg_ldl_factor_ex");
        private static readonly Operator s_ldlSolve = new("linalg_ldl_solve");
        private static readonly Operator s_lstsq = new("linalg_lstsq");
        private static readonly Operator s_lu = new("linalg_lu");
        private static readonly Operator s_luFactor = new("linalg_lu_factor");
        private static readonly Operator s_luSolve = new("linalg_lu_solve");
        private static readonly Operator s_matrixExp = new("linalg_matrix_exp");
        private static readonly Operator s_matrixNorm = new("linalg_matrix_norm");
        private static readonly Operator s_matrixNormName = new("linalg_matrix_norm", "str_ord");
        private static readonly Operator s_matrixRank = new("linalg_matrix_rank", "atol_rtol_float");
        private static readonly Operator s_matrixRankTensors = new("linalg_matrix_rank", "atol_rtol_tensor");
        private static readonly Operator s_multiDot = new("linalg_multi_dot");
        private static readonly Operator s_norm = new("linalg_norm");
        private static readonly Operator s_normName = new("linalg_norm", "ord_str");
        private static readonly Operator s_pinv = new("linalg_pinv", "atol_rtol_float");
        private static readonly Operator s_pinvTensors = new("linalg_pinv", "atol_rtol_tensor");
        private static readonly Operator s_qr = new("linalg_qr");
        private static readonly Operator s_slogdet = new("linalg_slogdet");
        private static readonly Operator s_solve = new("linalg_solve");
        private static readonly Operator s_solveEx = new("linalg_solve_ex");
        private static readonly Operator s_solveTriangular = new("linalg_solve_triangular");
        private static readonly Operator s_svd = new("linalg_svd");
        private static readonly Operator s_svdvals = new("linalg_svdvals");
        private static readonly Operator s_tensorinv = new("linalg_tensorinv");
        private static readonly Operator s_tensorsolve = new("linalg_tensorsolve");
        private static readonly Operator s_vander = new("linalg_vander");
        private static readonly Operator s_vecdot = new("linalg_vecdot");
        private static readonly Operator s_vectorNorm = new("linalg_vector_norm");

        public static Tensor cholesky(Tensor input) => s_cholesky.Tensor(input);
        public static (Tensor L, Tensor info) cholesky_ex(Tensor input, bool check_errors = false) => s_choleskyEx.Pair(input, false, check_errors);
        public static Tensor cond(Tensor input) => s_cond.Tensor(input);
        public static Tensor cond(Tensor input, int p) => s_cond.Tensor(input, p);
        public static Tensor cond(Tensor input, double p) => s_cond.Tensor(input, p);
        public static Tensor cond(Tensor input, string p) => s_condName.Tensor(input, p);
        public static Tensor cross(Tensor input, Tensor other, long dim = -1) => s_cross.Tensor(input, other, dim);
        public static Tensor det(Tensor input) => s_det.Tensor(input);
        public static Tensor diagonal(Tensor input, int offset = 0, int dim1 = -2, int dim2 = -1) => s_diagonal.Tensor(input, offset, dim1, dim2);
        public static (Tensor, Tensor) eig(Tensor input) => s_eig.Pair(input);
        public static (Tensor, Tensor) eigh(Tensor input, char UPLO = 'L') => s_eigh.Pair(input, UPLO.ToString());
        public static Tensor eigvals(Tensor input) => s_eigvals.Tensor(input);
        public static Tensor eigvalsh(Tensor input, char UPLO = 'L') => s_eigvalsh.Tensor(input, UPLO.ToString());
        public static Tensor householder_product(Tensor A, Tensor tau) => s_householder.Tensor(A, tau);
        public static Tensor inv(Tensor input) => s_inv.Tensor(input);
        public static (Tensor L, Tensor info) inv_ex(Tensor input, bool check_errors = false) => s_invEx.Pair(input, check_errors);
        public static (Tensor, Tensor) ldl_factor(Tensor input, bool hermitian = true) => s_ldlFactor.Pair(input, hermitian);

        public static (Tensor, Tensor, Tensor) ldl_factor_ex(Tensor input, bool hermitian = true, bool check_errors = false)
            => s_ldlFactorEx.Triple(input, hermitian, check_errors);

        public static Tensor ldl_solve(Tensor LD, Tensor pivots, Tensor B, bool hermitian = false) => s_ldlSolve.Tensor(LD, pivots, B, hermitian);

        public static (Tensor Solution, Tensor Residuals, Tensor Rank, Tensor SingularValues) lstsq(Tensor input, Tensor other) => Four(s_lstsq, input, other);

        public static (Tensor Solution, Tensor Residuals, Tensor Rank, Tensor SingularValues) lstsq(Tensor input, Tensor other, double rcond)
            => Four(s_lstsq, input, other, rcond);

        private static (Tensor, Tensor, Tensor, Tensor) Four(Operator op, params ReadOnlySpan<Value> args)
            => op.Objects(false, args) is [Tensor a, Tensor b, Tensor c, Tensor d] ? (a, b, c, d) : throw new InvalidOperationException("four tensors were expected");

        public static (Tensor, Tensor, Tensor) lu(Tensor input, bool pivot = true) => s_lu.Triple(input, pivot);
        public static (Tensor, Tensor) lu_factor(Tensor input, bool pivot = true) => s_luFactor.Pair(input, pivot);

        public static Tensor lu_solve(Tensor LU, Tensor pivots, Tensor B, bool left = true, bool adjoint = false, Tensor? @out = null)
            => Out(s_luSolve.Tensor(LU, pivots, B, left, adjoint), @out);

        public static Tensor matrix_exp(Tensor input) => s_matrixExp.Tensor(input);

        public static Tensor matrix_norm(Tensor input, string ord = "fro", long[]? dims = null, bool keepdim = false)
            => s_matrixNormName.Tensor(input, ord, dims ?? [-2, -1], keepdim);

        public static Tensor matrix_norm(Tensor input, double ord, long[]? dims = null, bool keepdim = false)
            => s_matrixNorm.Tensor(input, ord, dims ?? [-2, -1], keepdim);

        public static Tensor matrix_rank(Tensor input, double? atol = null, double? rtol = null, bool hermitian = false)
            => s_matrixRank.Tensor(input, atol, rtol, hermitian);

        public static Tensor matrix_rank(Tensor input, Tensor atol, Tensor? rtol = null, bool hermitian = false)
            => s_matrixRankTensors.Tensor(input, atol, rtol, hermitian);

        public static Tensor multi_dot(IList<Tensor> tensors) => s_multiDot.Tensor(tensors.ToArray());

        public static Tensor norm(Tensor input, string ord, long[]? dims = null, bool keepdim = false) => s_normName.Tensor(input, ord, dims, keepdim);
        public static Tensor norm(Tensor input, double ord, long[]? dims = null, bool keepdim = false) => s_norm.Tensor(input, ord, dims, keepdim);
        public static Tensor norm(Tensor input, int ord, long[]? dims = null, bool keepdim = false) => s_norm.Tensor(input, ord, dims, keepdim);
        public static Tensor norm(Tensor input, long[]? dims = null, bool keepdim = false) => s_norm.Tensor(input, Value.None, dims, keepdim);

        public static Tensor pinv(Tensor input, double? atol = null, double? rtol = null, bool hermitian = false)
            => s_pinv.Tensor(input, atol, rtol, hermitian);

        public static Tensor pinv(Tensor input, Tensor atol, Tensor? rtol = null, bool hermitian = false)
            => s_pinvTensors.Tensor(input, atol, rtol, hermitian);

        public static (Tensor Q, Tensor R) qr(Tensor input, QRMode mode = QRMode.Reduced)
            => s_qr.Pair(input, mode switch { QRMode.Complete => "complete", QRMode.R => "r", _ => "reduced" });

        public static (Tensor res, Tensor logabsdet) slogdet(Tensor input) => s_slogdet.Pair(input);
        public static Tensor solve(Tensor A, Tensor B, bool left = true) => s_solve.Tensor(A, B, left);

        public static (Tensor result, Tensor info) solve_ex(Tensor A, Tensor B, bool left = true, bool check_errors = false)
            => s_solveEx.Pair(A, B, left, check_errors);

        public static Tensor solve_triangular(Tensor A, Tensor B, bool upper, bool left = true, bool unitriangular = false, Tensor? @out = null)
            => Out(s_solveTriangular.Tensor(A, B, upper, left, unitriangular), @out);

        public static (Tensor U, Tensor S, Tensor Vh) svd(Tensor input, bool fullMatrices = true) => s_svd.Triple(input, fullMatrices);
        public static Tensor svdvals(Tensor input) => s_svdvals.Tensor(input);
        public static Tensor tensorinv(Tensor input, long ind) => s_tensorinv.Tensor(input, ind);
        public static Tensor tensorsolve(Tensor A, Tensor B, long[] dims) => s_tensorsolve.Tensor(A, B, dims);
        public static Tensor vander(Tensor input, long? N = null) => s_vander.Tensor(input, N);
        public static Tensor vecdot(Tensor x, Tensor y, long dim = -1, Tensor? @out = null) => Out(s_vecdot.Tensor(x, y, dim), @out);

        public static Tensor vector_norm(Tensor input, double ord = 2, long[]? dims = null, bool keepdim = false)
            => s_vectorNorm.Tensor(input, ord, dims, keepdim);

        private static Tensor Out(Tensor result, Tensor? @out) => Tensor.Out(result, @out);
    }
}
