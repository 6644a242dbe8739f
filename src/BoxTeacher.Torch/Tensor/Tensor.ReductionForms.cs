using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Reductions over dimensions that are given in other forms than an array.</content>
    public partial class Tensor
    {
        private static readonly Operator s_logsumexp = new("logsumexp");
        private static readonly Operator s_nanmean = new("nanmean");
        private static readonly Operator s_histc = new("histc");
        private static readonly Operator s_stdDim = new("std", "dim");
        private static readonly Operator s_varDim = new("var", "dim");
        private static readonly Operator s_stdMeanDim = new("std_mean", "dim");
        private static readonly Operator s_varMeanDim = new("var_mean", "dim");
        private static readonly Operator s_normDim = new("norm", "ScalarOpt_dim");
        private static readonly Operator s_kthvalue = new("kthvalue");

        private static Tensor Typed(Tensor result, ScalarType? type) => type is { } t && t != result.dtype ? result.to(t, disposeAfter: true) : result;

        private static (Tensor, Tensor) Typed((Tensor, Tensor) pair, ScalarType? type) => (Typed(pair.Item1, type), Typed(pair.Item2, type));

        /// <summary>Hands an optional result tensor over to the caller's.</summary>
        internal static Tensor Out(Tensor result, Tensor? @out)
        {
            if (@out is null) {
                return result;
            }
            using (result)
            using (no_grad()) {
                if (!@out.shape.AsSpan().SequenceEqual(result.shape)) {
                    s_resize.InPlace(@out, @out, result.shape);
                }
                return @out.copy_(result);
            }
        }

        private static readonly Operator s_resize = new("resize_");

        public Tensor sum(long dim, bool keepdim = false, ScalarType? type = null) => s_sumDimIntList.Tensor(this, (long[])[dim], keepdim, type);
        public Tensor sum(long dim0, long dim1, bool keepdim = false, ScalarType? type = null) => s_sumDimIntList.Tensor(this, (long[])[dim0, dim1], keepdim, type);

        public Tensor sum(long dim0, long dim1, long dim2, bool keepdim = false, ScalarType? type = null)
            => s_sumDimIntList.Tensor(this, (long[])[dim0, dim1, dim2], keepdim, type);

        public Tensor logsumexp(long dim, bool keepdim = false) => s_logsumexp.Tensor(this, (long[])[dim], keepdim);

        public Tensor nanmean(int? dim = null, bool keepdim = false, ScalarType? dtype = null)
            => s_nanmean.Tensor(this, dim is { } d ? (long[])[d] : Value.None, keepdim, dtype);

        public Tensor histc(long bins = 100, long min = 0, long max = 0) => s_histc.Tensor(this, bins, min, max);

        public Tensor norm(int dim, bool keepdim = false, float p = 2) => s_normDim.Tensor(this, p, (long[])[dim], keepdim);

        public (Tensor values, Tensor indices) kthvalue(long k, long? dim, bool keepdim = false) => s_kthvalue.Pair(this, k, dim ?? -1, keepdim);

        public static (Tensor values, Tensor indices) kthvalue(Tensor input, long k, long? dim, bool keepdim = false) => input.kthvalue(k, dim, keepdim);

        public Tensor amax(long[] dims, bool keepdim = false, Tensor? @out = null) => Out(s_amax.Tensor(this, dims, keepdim), @out);
        public Tensor amax(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => amax(dims.ToArray(), keepdim, @out);
        public Tensor amin(long[] dims, bool keepdim = false, Tensor? @out = null) => Out(s_amin.Tensor(this, dims, keepdim), @out);
        public Tensor amin(ReadOnlySpan<long> dims, bool keepdim = false, Tensor? @out = null) => amin(dims.ToArray(), keepdim, @out);

        public Tensor std(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => Typed(s_stdDim.Tensor(this, dimensions, unbiased, keepdim), type);

        public Tensor std(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => std(dimensions.ToArray(), unbiased, keepdim, type);

        public Tensor std(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => std((long[])[dim], unbiased, keepdim, type);

        public Tensor std((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => std((long[])[dim.Item1, dim.Item2], unbiased, keepdim, type);

        public Tensor std((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => std((long[])[dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public Tensor var(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => Typed(s_varDim.Tensor(this, dimensions, unbiased, keepdim), type);

        public Tensor var(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => var(dimensions.ToArray(), unbiased, keepdim, type);

        public Tensor var(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => var((long[])[dim], unbiased, keepdim, type);

        public Tensor var((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => var((long[])[dim.Item1, dim.Item2], unbiased, keepdim, type);

        public Tensor var((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => var((long[])[dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => Typed(s_stdMeanDim.Pair(this, dimensions, unbiased, keepdim), type);

        public (Tensor std, Tensor mean) std_mean(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => std_mean(dimensions.ToArray(), unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => std_mean((long[])[dim], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => std_mean((long[])[dim.Item1, dim.Item2], unbiased, keepdim, type);

        public (Tensor std, Tensor mean) std_mean((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => std_mean((long[])[dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        public (Tensor @var, Tensor mean) var_mean(long[] dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => Typed(s_varMeanDim.Pair(this, dimensions, unbiased, keepdim), type);

        public (Tensor @var, Tensor mean) var_mean(ReadOnlySpan<long> dimensions, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => var_mean(dimensions.ToArray(), unbiased, keepdim, type);

        public (Tensor @var, Tensor mean) var_mean(long dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => var_mean((long[])[dim], unbiased, keepdim, type);

        public (Tensor @var, Tensor mean) var_mean((long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => var_mean((long[])[dim.Item1, dim.Item2], unbiased, keepdim, type);

        public (Tensor @var, Tensor mean) var_mean((long, long, long) dim, bool unbiased = true, bool keepdim = false, ScalarType? type = null)
            => var_mean((long[])[dim.Item1, dim.Item2, dim.Item3], unbiased, keepdim, type);

        private static readonly Operator s_cumulativeTrapezoidX = new("cumulative_trapezoid", "x");
        private static readonly Operator s_cumulativeTrapezoid = new("cumulative_trapezoid", "dx");
        private static readonly Operator s_trapezoidX = new("trapezoid", "x");
        private static readonly Operator s_trapezoid = new("trapezoid", "dx");

        public Tensor cumulative_trapezoid(Tensor x, long dim = -1) => s_cumulativeTrapezoidX.Tensor(this, x, dim);
        public Tensor cumulative_trapezoid(double dx = 1, long dim = -1) => s_cumulativeTrapezoid.Tensor(this, dx, dim);
        public Tensor trapezoid(Tensor x, long dim = -1) => s_trapezoidX.Tensor(this, x, dim);
        public Tensor trapezoid(double dx = 1, long dim = -1) => s_trapezoid.Tensor(this, dx, dim);
    }
}
