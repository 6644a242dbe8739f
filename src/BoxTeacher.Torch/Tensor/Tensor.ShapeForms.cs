using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Views and rearrangements whose arguments come in other forms.</content>
    public partial class Tensor
    {
        private static readonly Operator s_squeeze = new("squeeze");
        private static readonly Operator s_squeezeDim = new("squeeze", "dim");
        private static readonly Operator s_squeezeInPlace = new("squeeze_");
        private static readonly Operator s_squeezeInPlaceDim = new("squeeze_", "dim");
        private static readonly Operator s_rot90 = new("rot90");
        private static readonly Operator s_numpyT = new("numpy_T");
        private static readonly Operator s_mT = new("mT");
        private static readonly Operator s_mH = new("mH");
        private static readonly Operator s_matrixH = new("matrix_H");
        private static readonly Operator s_real = new("real");
        private static readonly Operator s_imag = new("imag");

        public Tensor squeeze(long? dim = null) => dim is { } d ? s_squeezeDim.Tensor(this, d) : s_squeeze.Tensor(this);
        public Tensor squeeze_(long? dim = null) => dim is { } d ? s_squeezeInPlaceDim.InPlace(this, this, d) : s_squeezeInPlace.InPlace(this, this);

        public Tensor roll(long shifts, long? dims = null) => roll((long[])[shifts], dims is { } d ? (long[])[d] : (long[])[]);
        public Tensor roll((long, long) shifts, (long, long) dims) => roll((long[])[shifts.Item1, shifts.Item2], (long[])[dims.Item1, dims.Item2]);

        public Tensor roll((long, long, long) shifts, (long, long, long) dims)
            => roll((long[])[shifts.Item1, shifts.Item2, shifts.Item3], (long[])[dims.Item1, dims.Item2, dims.Item3]);

        public Tensor rot90(long k = 1, (long, long)? dims = null)
            => s_rot90.Tensor(this, k, dims is { } d ? (long[])[d.Item1, d.Item2] : (long[])[0, 1]);

        /// <summary>All dimensions reversed.</summary>
        public Tensor T => s_numpyT.Tensor(this);
        public Tensor H => s_matrixH.Tensor(this);
        /// <summary>The last two dimensions swapped.</summary>
        public Tensor mT => s_mT.Tensor(this);
        public Tensor mH => s_mH.Tensor(this);
        public Tensor real => is_complex() ? s_real.Tensor(this) : alias();
        public Tensor imag => s_imag.Tensor(this);

        public Tensor[] dsplit((long, long) indices_or_sections) => dsplit([indices_or_sections.Item1, indices_or_sections.Item2]);

        public Tensor[] dsplit((long, long, long) indices_or_sections)
            => dsplit([indices_or_sections.Item1, indices_or_sections.Item2, indices_or_sections.Item3]);

        public Tensor[] dsplit((long, long, long, long) indices_or_sections)
            => dsplit([indices_or_sections.Item1, indices_or_sections.Item2, indices_or_sections.Item3, indices_or_sections.Item4]);

        public Tensor[] dsplit(Tensor indices) => dsplit(indices.data<long>().ToArray());
        public Tensor[] hsplit(Tensor indices) => hsplit(indices.data<long>().ToArray());
        public Tensor[] vsplit(Tensor indices) => vsplit(indices.data<long>().ToArray());

        public Tensor take_along_dim(IEnumerable<long> indices)
        {
            using var index = tensor(indices.ToArray());
            return take_along_dim(index);
        }

        public Tensor take_along_dim(IEnumerable<long> indices, long dim)
        {
            using var index = tensor(indices.ToArray());
            return take_along_dim(index, dim);
        }

        public Tensor tensordot(Tensor b, long dims = 2)
        {
            if (dims < 0 || dims > ndim || dims > b.ndim) {
                throw new ArgumentException($"tensordot expects dims between 0 and the tensors' ranks, but got {dims}", nameof(dims));
            }
            var range = Enumerable.Range(0, (int)dims).Select(d => (long)d).ToArray();
            return tensordot(b, Array.ConvertAll(range, d => d + ndim - dims), range);
        }

        public Tensor tensordot(Tensor b, (long, long)[] dims)
            => tensordot(b, Array.ConvertAll(dims, d => d.Item1), Array.ConvertAll(dims, d => d.Item2));

        private static readonly Operator s_nonzeroNumpy = new("nonzero_numpy");

        /// <summary>Indices of the elements that are not 0, one tensor for each dimension.</summary>
        public IList<Tensor> nonzero_as_list() => s_nonzeroNumpy.List(this);

        private static readonly Operator s_unique = new("_unique2");
        private static readonly Operator s_uniqueDim = new("unique_dim");

        /// <summary>The different values; what was not asked for is null.</summary>
        public (Tensor output, Tensor? inverse_indices, Tensor? counts) unique(bool sorted = true, bool return_inverse = false, bool return_counts = false, int? dim = null)
            => Asked(dim is { } d ? s_uniqueDim.Triple(this, d, sorted, return_inverse, return_counts)
                : s_unique.Triple(this, sorted, return_inverse, return_counts), return_inverse, return_counts);

        private static (Tensor output, Tensor? inverse_indices, Tensor? counts) Asked((Tensor, Tensor, Tensor) all, bool inverse, bool counts)
        {
            var (output, inverseIndices, counted) = all;
            if (!inverse) {
                inverseIndices.Dispose();
            }
            if (!counts) {
                counted.Dispose();
            }
            return (output, inverse ? inverseIndices : null, counts ? counted : null);
        }

        private static readonly Operator s_blockDiag = new("block_diag");

        public static Tensor block_diag(params Tensor[] tensors) => s_blockDiag.Tensor(tensors);
    }
}
