using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

/// <content>Functions that no method of a tensor stands for.</content>
public static partial class torch
{
    private static readonly Operator s_where = new("where");
    private static readonly Operator s_cdist = new("cdist");
    private static readonly Operator s_chainMatmul = new("chain_matmul");
    private static readonly Operator s_combinations = new("combinations");
    private static readonly Operator s_einsum = new("einsum");
    private static readonly Operator s_gather = new("gather");
    private static readonly Operator s_indexReduce = new("index_reduce");
    private static readonly Operator s_movedim = new("movedim", "int");
    private static readonly Operator s_searchsorted = new("searchsorted", "Tensor");
    private static readonly Operator s_searchsortedScalar = new("searchsorted", "Scalar");
    private static readonly Operator s_luUnpack = new("lu_unpack");
    private static readonly Operator s_luSolve = new("lu_solve");
    private static readonly Operator s_luWithInfo = new("_lu_with_info");
    private static readonly Operator s_orgqr = new("orgqr");
    private static readonly Operator s_gradientDim = new("gradient", "scalarint");
    private static readonly Operator s_gradientDims = new("gradient", "scalararray");
    private static readonly Operator s_histogramCount = new("histogram", "bin_ct");
    private static readonly Operator s_histogramBins = new("histogram", "bins_tensor");
    private static readonly Operator s_quantizePerTensor = new("quantize_per_tensor");
    private static readonly Operator s_quantizePerChannel = new("quantize_per_channel");
    private static readonly Operator s_fakeQuantizeTensor = new("fake_quantize_per_tensor_affine", "tensor_qparams");
    private static readonly Operator s_fakeQuantizeChannel = new("fake_quantize_per_channel_affine");

    /// <summary>Indices of the elements that are true, one tensor for each dimension.</summary>
    public static Tensor[] where(Tensor condition) => s_where.List(condition);

    /// <summary>Distances between the rows of x1 [.., n, d] and x2 [.., m, d]: [.., n, m].</summary>
    public static Tensor cdist(Tensor x1, Tensor x2, double p = 2, compute_mode compute_mode = compute_mode.use_mm_for_euclid_dist_if_necessary)
        => s_cdist.Tensor(x1, x2, p, (long)compute_mode);

    public static Tensor chain_matmul(params Tensor[] matrices) => s_chainMatmul.Tensor(matrices);
    public static Tensor combinations(Tensor input, int r = 2, bool with_replacement = false) => s_combinations.Tensor(input, r, with_replacement);
    public static Tensor cholesky(Tensor input) => input.cholesky();

    /// <summary>Sums of products by Einstein's convention: "ij,jk->ik" is a matrix product.</summary>
    public static Tensor einsum(string equation, params Tensor[] tensors) => s_einsum.Tensor(equation, tensors);

    public static Tensor gather(Tensor input, long dim, Tensor index, bool sparse_grad = false) => s_gather.Tensor(input, dim, index, sparse_grad);
    public static Tensor real(Tensor input) => input.real;
    public static Tensor imag(Tensor input) => input.imag;
    public static Tensor is_neg(Tensor input) => tensor(input.is_neg());

    public static Tensor index_reduce(Tensor input, long dim, Tensor index, Tensor source, Reduce reduce, bool include_self = true)
        => s_indexReduce.Tensor(input, dim, index, source, reduce.ToString(), include_self);

    public static Tensor movedim(Tensor input, long source, long destination) => s_movedim.Tensor(input, source, destination);
    public static Tensor moveaxis(Tensor input, long source, long destination) => s_movedim.Tensor(input, source, destination);

    public static Tensor moveaxis(Tensor input, (long, long) source, (long, long) destination)
        => input.moveaxis([source.Item1, source.Item2], [destination.Item1, destination.Item2]);

    public static Tensor moveaxis(Tensor input, (long, long, long) source, (long, long, long) destination)
        => input.moveaxis([source.Item1, source.Item2, source.Item3], [destination.Item1, destination.Item2, destination.Item3]);

    public static Tensor moveaxis(Tensor input, (long, long, long, long) source, (long, long, long, long) destination)
        => input.moveaxis([source.Item1, source.Item2, source.Item3, source.Item4], [destination.Item1, destination.Item2, destination.Item3, destination.Item4]);

    public static Tensor multiply_(Tensor left, Tensor right) => left.mul_(right);
    public static Tensor multiply_(Tensor left, Scalar right) => left.mul_(right);
    public static Tensor divide_(Tensor left, Scalar right) => left.div_(right);
    public static Tensor negative_(Tensor input) => input.neg_();
    public static Tensor norm(Tensor input) => input.norm();

    public static Tensor searchsorted(Tensor sorted_sequence, Tensor values, bool out_int32 = false, bool right = false, Tensor? sorter = null)
        => s_searchsorted.Tensor(sorted_sequence, values, out_int32, right, Value.None, sorter);

    public static Tensor searchsorted(Tensor sorted_sequence, Scalar values, bool out_int32, bool right, Tensor sorter)
        => s_searchsortedScalar.Tensor(sorted_sequence, values, out_int32, right, Value.None, sorter);

    public static Tensor take_along_dim(Tensor input, Tensor indices, long dim = 0) => input.take_along_dim(indices, dim);
    public static Tensor take_along_dim(Tensor input, IEnumerable<long> indices, long dim = 0) => input.take_along_dim(indices, dim);
    public static Tensor trapz(Tensor y, Tensor x, long dim = -1) => y.trapezoid(x, dim);
    public static Tensor trapz(Tensor y, double dx = 1, long dim = -1) => y.trapezoid(dx, dim);

    public static (Tensor res, Tensor logabsdet) slogdet(Tensor A) => linalg.slogdet(A);
    public static Tensor orgqr(Tensor input, Tensor tau) => s_orgqr.Tensor(input, tau);
    public static Tensor lu_solve(Tensor b, Tensor LU_data, Tensor LU_pivots) => s_luSolve.Tensor(b, LU_data, LU_pivots);

    public static (Tensor P, Tensor A_L, Tensor A_U) lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data = true, bool unpack_pivots = true)
        => s_luUnpack.Triple(LU_data, LU_pivots, unpack_data, unpack_pivots);

    public static (Tensor A_LU, Tensor? pivots, Tensor? infos) lu(Tensor A, bool pivot = true, bool get_infos = false)
    {
        var (data, pivots, infos) = s_luWithInfo.Triple(A, pivot);
        if (get_infos) {
            return (data, pivots, infos);
        }
        infos.Dispose();
        return (data, pivots, null);
    }

    public static ICollection<Tensor> gradient(Tensor input, int spacing = 1, long? dim = null, int edge_order = 1)
        => s_gradientDim.List(input, (Scalar)spacing, dim, edge_order);

    public static ICollection<Tensor> gradient(Tensor input, int spacing = 1, long[]? dims = null, int edge_order = 1)
        => s_gradientDims.List(input, (Scalar)spacing, dims ?? [.. Enumerable.Range(0, (int)input.ndim).Select(d => (long)d)], edge_order);

    public static (Tensor hist, Tensor bin_edges) histogram(Tensor input, long bins, (double, double)? range = null, Tensor? weight = null, bool density = false)
        => s_histogramCount.Pair(input, bins, range is { } r ? (double[])[r.Item1, r.Item2] : Value.None, weight, density);

    public static (Tensor hist, Tensor bin_edges) histogram(Tensor input, Tensor bins, Tensor? weight = null, bool density = false)
        => s_histogramBins.Pair(input, bins, weight, density);

    public static Tensor quantize_per_tensor(Tensor input, double scale, long zero_point, ScalarType dtype)
        => s_quantizePerTensor.Tensor(input, scale, zero_point, dtype);

    public static Tensor quantize_per_channel(Tensor input, Tensor scales, Tensor zero_points, long axis, ScalarType dtype)
        => s_quantizePerChannel.Tensor(input, scales, zero_points, axis, dtype);

    public static Tensor fake_quantize_per_tensor_affine(Tensor input, Tensor scale, Tensor zero_point, long quant_min, long quant_max)
        => s_fakeQuantizeTensor.Tensor(input, scale, zero_point, quant_min, quant_max);

    public static Tensor fake_quantize_per_channel_affine(Tensor input, Tensor scale, Tensor zero_point, int axis, long quant_min, long quant_max)
        => s_fakeQuantizeChannel.Tensor(input, scale, zero_point, axis, quant_min, quant_max);

    /// <summary>Sizes to which all these broadcast.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static Size broadcast_shapes(params long[][] shapes)
    {
        var result = new long[shapes.Max(s => s.Length)];
        Array.Fill(result, 1);
        foreach (var shape in shapes) {
            for (var k = 1; k <= shape.Length; k++) {
                var (have, want) = (result[^k], shape[^k]);
                if (have != want && have != 1 && want != 1) {
                    throw new ArgumentException("Shape mismatch: objects cannot be broadcast to a single shape");
                }
                result[^k] = have == 1 ? want : have;
            }
        }
        return new Size(result);
    }

    /// <summary>What a floating-point type can express.</summary>
    public struct FInfo
    {
        public int bits;
        public double eps;
        public double max;
        public double min;
        public double tiny;
        public double smallest_normal;
        public double resolution;
    }

    public static FInfo finfo() => finfo(get_default_dtype());

    public static FInfo finfo(ScalarType dtype) => dtype switch {
        ScalarType.Float16 => Info(16, Math.Pow(2, -10), 65504, Math.Pow(2, -14), 1e-3),
        ScalarType.BFloat16 => Info(16, Math.Pow(2, -7), (double)BFloat16.MaxValue, Math.Pow(2, -126), 1e-2),
        ScalarType.Float32 or ScalarType.ComplexFloat32 => Info(32, Math.Pow(2, -23), float.MaxValue, Math.Pow(2, -126), 1e-6),
        ScalarType.Float64 or ScalarType.ComplexFloat64 => Info(64, Math.Pow(2, -52), double.MaxValue, Math.Pow(2, -1022), 1e-15),
        _ => throw new ArgumentException($"{dtype} is no floating-point type", nameof(dtype)),
    };

    private static FInfo Info(int bits, double eps, double max, double tiny, double resolution)
        => new() { bits = bits, eps = eps, max = max, min = -max, tiny = tiny, smallest_normal = tiny, resolution = resolution };
}
