using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Reductions and running reductions.</content>
    public partial class Tensor
    {
        private static readonly Operator s_all = new("all");
        public Tensor all() => s_all.Tensor(this);
        private static readonly Operator s_allDim = new("all", "dim");
        public Tensor all(long dim, bool keepdim = false) => s_allDim.Tensor(this, dim, keepdim);

        private static readonly Operator s_amax = new("amax");
        public Tensor amax(params long[] dims) => s_amax.Tensor(this, dims);

        private static readonly Operator s_amin = new("amin");
        public Tensor amin(params long[] dims) => s_amin.Tensor(this, dims);

        private static readonly Operator s_aminmax = new("aminmax");
        public (Tensor min, Tensor max) aminmax(long? dim = null, bool keepdim = false) => s_aminmax.Pair(this, dim, keepdim);

        private static readonly Operator s_any = new("any");
        public Tensor any() => s_any.Tensor(this);
        private static readonly Operator s_anyDim = new("any", "dim");
        public Tensor any(long dim, bool keepdim = false) => s_anyDim.Tensor(this, dim, keepdim);

        private static readonly Operator s_argmax = new("argmax");
        public Tensor argmax() => s_argmax.Tensor(this);
        public Tensor argmax(long dim, bool keepdim = false) => s_argmax.Tensor(this, dim, keepdim);

        private static readonly Operator s_argmin = new("argmin");
        public Tensor argmin() => s_argmin.Tensor(this);
        public Tensor argmin(long dim, bool keepdim = false) => s_argmin.Tensor(this, dim, keepdim);

        private static readonly Operator s_corrcoef = new("corrcoef");
        public Tensor corrcoef() => s_corrcoef.Tensor(this);

        private static readonly Operator s_countNonzeroDimIntList = new("count_nonzero", "dim_IntList");
        public Tensor count_nonzero(long[]? dims = null) => s_countNonzeroDimIntList.Tensor(this, dims);

        private static readonly Operator s_cov = new("cov");
        public Tensor cov(long correction = 1, Tensor? fweights = null, Tensor? aweights = null)
            => s_cov.Tensor(this, correction, fweights, aweights);

        private static readonly Operator s_cummax = new("cummax");
        public (Tensor values, Tensor indexes) cummax(long dim) => s_cummax.Pair(this, dim);

        private static readonly Operator s_cummin = new("cummin");
        public (Tensor values, Tensor indexes) cummin(long dim) => s_cummin.Pair(this, dim);

        private static readonly Operator s_cumprod = new("cumprod");
        public Tensor cumprod(long dim, ScalarType? type = null) => s_cumprod.Tensor(this, dim, type);

        private static readonly Operator s_cumsum = new("cumsum");
        public Tensor cumsum(long dim, ScalarType? type = null) => s_cumsum.Tensor(this, dim, type);

        private static readonly Operator s_dist = new("dist");
        public Tensor dist(Tensor other, float p = 2) => s_dist.Tensor(this, other, p);

        private static readonly Operator s_logcumsumexp = new("logcumsumexp");
        public Tensor logcumsumexp(long dim) => s_logcumsumexp.Tensor(this, dim);

        private static readonly Operator s_maxDim = new("max", "dim");
        public (Tensor values, Tensor indexes) max(long dim, bool keepdim = false) => s_maxDim.Pair(this, dim, keepdim);
        private static readonly Operator s_max = new("max");
        public Tensor max() => s_max.Tensor(this);
        private static readonly Operator s_maxOther = new("max", "other");
        public Tensor max(Tensor other) => s_maxOther.Tensor(this, other);

        private static readonly Operator s_mean = new("mean");
        public Tensor mean() => s_mean.Tensor(this);
        private static readonly Operator s_meanDim = new("mean", "dim");
        public Tensor mean(long[] dimensions, bool keepdim = false, ScalarType? type = null)
            => s_meanDim.Tensor(this, dimensions, keepdim, type);

        private static readonly Operator s_median = new("median");
        public Tensor median() => s_median.Tensor(this);

        private static readonly Operator s_minDim = new("min", "dim");
        public (Tensor values, Tensor indexes) min(long dim, bool keepdim = false) => s_minDim.Pair(this, dim, keepdim);
        private static readonly Operator s_min = new("min");
        public Tensor min() => s_min.Tensor(this);
        private static readonly Operator s_minOther = new("min", "other");
        public Tensor min(Tensor other) => s_minOther.Tensor(this, other);

        private static readonly Operator s_mode = new("mode");
        public (Tensor values, Tensor indices) mode(long dim = -1, bool keepdim = false) => s_mode.Pair(this, dim, keepdim);

        private static readonly Operator s_nanmedian = new("nanmedian");
        public Tensor nanmedian() => s_nanmedian.Tensor(this);

        private static readonly Operator s_nanquantile = new("nanquantile");
        public Tensor nanquantile(Tensor q, long dim = -1, bool keepdim = false) => s_nanquantile.Tensor(this, q, dim, keepdim);

        private static readonly Operator s_nansum = new("nansum");
        public Tensor nansum() => s_nansum.Tensor(this);

        private static readonly Operator s_normScalar = new("norm", "Scalar");
        public Tensor norm(float p = 2) => s_normScalar.Tensor(this, p);

        private static readonly Operator s_prodDimInt = new("prod", "dim_int");
        public Tensor prod(long dim, bool keepdim = false, ScalarType? type = null) => s_prodDimInt.Tensor(this, dim, keepdim, type);
        private static readonly Operator s_prod = new("prod");
        public Tensor prod(ScalarType? type = null) => s_prod.Tensor(this, type);

        private static readonly Operator s_quantile = new("quantile");
        public Tensor quantile(Tensor q, long dim = -1, bool keepdim = false) => s_quantile.Tensor(this, q, dim, keepdim);

        private static readonly Operator s_std = new("std");
        public Tensor std(bool unbiased = true) => s_std.Tensor(this, unbiased);

        private static readonly Operator s_stdMean = new("std_mean");
        public (Tensor std, Tensor mean) std_mean(bool unbiased = true) => s_stdMean.Pair(this, unbiased);

        private static readonly Operator s_sumDimIntList = new("sum", "dim_IntList");
        public Tensor sum(ReadOnlySpan<long> dim, bool keepdim = false, ScalarType? type = null)
            => s_sumDimIntList.Tensor(this, dim.ToArray(), keepdim, type);
        public Tensor sum(long[] dim, bool keepdim = false, ScalarType? type = null) => s_sumDimIntList.Tensor(this, dim, keepdim, type);
        private static readonly Operator s_sum = new("sum");
        public Tensor sum(ScalarType? type = null) => s_sum.Tensor(this, type);

        private static readonly Operator s_trace = new("trace");
        public Tensor trace() => s_trace.Tensor(this);

        private static readonly Operator s_var = new("var");
        public Tensor var(bool unbiased = true) => s_var.Tensor(this, unbiased);

        private static readonly Operator s_varMean = new("var_mean");
        public (Tensor @var, Tensor mean) var_mean(bool unbiased = true) => s_varMean.Pair(this, unbiased);
    }
}
