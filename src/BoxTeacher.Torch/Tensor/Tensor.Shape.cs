using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Views, and rearrangements of elements.</content>
    public partial class Tensor
    {
        private static readonly Operator s_adjoint = new("adjoint");
        public Tensor adjoint() => s_adjoint.Tensor(this);

        private static readonly Operator s_alias = new("alias");
        public Tensor alias() => s_alias.Tensor(this);

        private static readonly Operator s_asStrided = new("as_strided");
        public Tensor as_strided(long[] size, long[] strides, long storageOffset = 0)
            => s_asStrided.Tensor(this, size, strides, storageOffset);

        private static readonly Operator s_atleast1d = new("atleast_1d");
        public Tensor atleast_1d() => s_atleast1d.Tensor(this);

        private static readonly Operator s_atleast2d = new("atleast_2d");
        public Tensor atleast_2d() => s_atleast2d.Tensor(this);

        private static readonly Operator s_atleast3d = new("atleast_3d");
        public Tensor atleast_3d() => s_atleast3d.Tensor(this);

        private static readonly Operator s_broadcastTo = new("broadcast_to");
        public Tensor broadcast_to(params long[] shape) => s_broadcastTo.Tensor(this, shape);

        private static readonly Operator s_channelShuffle = new("channel_shuffle");
        public Tensor channel_shuffle(long groups) => s_channelShuffle.Tensor(this, groups);

        private static readonly Operator s_chunk = new("chunk");
        public Tensor[] chunk(long chunks, long dim = 0) => s_chunk.List(this, chunks, dim);

        private static readonly Operator s_diag = new("diag");
        public Tensor diag(long diagonal = 0) => s_diag.Tensor(this, diagonal);

        private static readonly Operator s_diagEmbed = new("diag_embed");
        public Tensor diag_embed(long offset = 0, long dim1 = -2, long dim2 = -1) => s_diagEmbed.Tensor(this, offset, dim1, dim2);

        private static readonly Operator s_diagflat = new("diagflat");
        public Tensor diagflat(long offset = 0) => s_diagflat.Tensor(this, offset);

        private static readonly Operator s_diagonal = new("diagonal");
        public Tensor diagonal(long offset = 0, long dim1 = 0, long dim2 = 1) => s_diagonal.Tensor(this, offset, dim1, dim2);

        private static readonly Operator s_diagonalScatter = new("diagonal_scatter");
        public Tensor diagonal_scatter(Tensor src, long offset = 0, long dim1 = 0, long dim2 = 1)
            => s_diagonalScatter.Tensor(this, src, offset, dim1, dim2);

        private static readonly Operator s_dsplitInt = new("dsplit", "int");
        public Tensor[] dsplit(long size) => s_dsplitInt.List(this, size);
        private static readonly Operator s_dsplitArray = new("dsplit", "array");
        public Tensor[] dsplit(params long[] sizes) => s_dsplitArray.List(this, sizes);

        private static readonly Operator s_expand = new("expand");
        public Tensor expand(ReadOnlySpan<long> sizes, bool isImplicit = false) => s_expand.Tensor(this, sizes.ToArray(), isImplicit);
        public Tensor expand(long[] sizes, bool isImplicit = false) => s_expand.Tensor(this, sizes, isImplicit);
        public Tensor expand(params long[] sizes) => s_expand.Tensor(this, sizes);
        public Tensor expand(Size sizes, bool isImplicit = false) => s_expand.Tensor(this, sizes.Shape, isImplicit);

        private static readonly Operator s_expandAs = new("expand_as");
        public Tensor expand_as(Tensor other) => s_expandAs.Tensor(this, other);

        private static readonly Operator s_flattenUsingInts = new("flatten", "using_ints");
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => s_flattenUsingInts.Tensor(this, start_dim, end_dim);

        private static readonly Operator s_flip = new("flip");
        public Tensor flip(params long[] dims) => s_flip.Tensor(this, dims);

        private static readonly Operator s_fliplr = new("fliplr");
        public Tensor fliplr() => s_fliplr.Tensor(this);

        private static readonly Operator s_flipud = new("flipud");
        public Tensor flipud() => s_flipud.Tensor(this);

        private static readonly Operator s_hsplitInt = new("hsplit", "int");
        public Tensor[] hsplit(long size) => s_hsplitInt.List(this, size);
        private static readonly Operator s_hsplitArray = new("hsplit", "array");
        public Tensor[] hsplit(params long[] sizes) => s_hsplitArray.List(this, sizes);

        private static readonly Operator s_moveaxisIntlist = new("moveaxis", "intlist");
        public Tensor moveaxis(long[] source, long[] destination) => s_moveaxisIntlist.Tensor(this, source, destination);

        private static readonly Operator s_movedimIntlist = new("movedim", "intlist");
        public Tensor movedim(long[] source, long[] destination) => s_movedimIntlist.Tensor(this, source, destination);

        private static readonly Operator s_narrow = new("narrow");
        public Tensor narrow(long dim, long start, long length) => s_narrow.Tensor(this, dim, start, length);

        private static readonly Operator s_permute = new("permute");
        public Tensor permute(IEnumerable<long> permutation) => s_permute.Tensor(this, permutation.ToArray());
        public Tensor permute(params long[] permutation) => s_permute.Tensor(this, permutation);

        private static readonly Operator s_ravel = new("ravel");
        public Tensor ravel() => s_ravel.Tensor(this);

        private static readonly Operator s_repeat = new("repeat");
        public Tensor repeat(params long[] sizes) => s_repeat.Tensor(this, sizes);

        private static readonly Operator s_repeatInterleaveSelfTensor = new("repeat_interleave", "self_Tensor");
        public Tensor repeat_interleave(Tensor repeats, long? dim = null, long? output_size = null)
            => s_repeatInterleaveSelfTensor.Tensor(this, repeats, dim, output_size);
        private static readonly Operator s_repeatInterleaveSelfInt = new("repeat_interleave", "self_int");
        public Tensor repeat_interleave(long repeats, long? dim = null, long? output_size = null)
            => s_repeatInterleaveSelfInt.Tensor(this, repeats, dim, output_size);

        private static readonly Operator s_reshape = new("reshape");
        public Tensor reshape(params long[] shape) => s_reshape.Tensor(this, shape);

        private static readonly Operator s_roll = new("roll");
        public Tensor roll(ReadOnlySpan<long> shifts, ReadOnlySpan<long> dims = default)
            => s_roll.Tensor(this, shifts.ToArray(), dims.ToArray());
        public Tensor roll(long[] shifts) => s_roll.Tensor(this, shifts);
        public Tensor roll(long[] shifts, long[] dims) => s_roll.Tensor(this, shifts, dims);

        private static readonly Operator s_selectInt = new("select", "int");
        public Tensor select(long dim, long index) => s_selectInt.Tensor(this, dim, index);

        private static readonly Operator s_selectScatter = new("select_scatter");
        public Tensor select_scatter(Tensor src, long dim, long index) => s_selectScatter.Tensor(this, src, dim, index);

        private static readonly Operator s_sliceTensor = new("slice", "Tensor");
        public Tensor slice(long dim, long start, long finish, long step) => s_sliceTensor.Tensor(this, dim, start, finish, step);

        private static readonly Operator s_sliceScatter = new("slice_scatter");
        public Tensor slice_scatter(Tensor src, long dim = 0, long? start = null, long? end = null, long step = 1)
            => s_sliceScatter.Tensor(this, src, dim, start, end, step);

        private static readonly Operator s_splitSizes = new("split", "sizes");
        public Tensor[] split(ReadOnlySpan<long> sizes, long dim = 0) => s_splitSizes.List(this, sizes.ToArray(), dim);
        private static readonly Operator s_splitTensor = new("split", "Tensor");
        public Tensor[] split(long size, int dim = 0) => s_splitTensor.List(this, size, dim);
        public Tensor[] split(long[] sizes, long dim = 0) => s_splitSizes.List(this, sizes, dim);
        public Tensor[] split(params long[] sizes) => s_splitSizes.List(this, sizes);

        private static readonly Operator s_swapaxes = new("swapaxes");
        public Tensor swapaxes(long dim0, long dim1) => s_swapaxes.Tensor(this, dim0, dim1);

        private static readonly Operator s_swapdims = new("swapdims");
        public Tensor swapdims(long dim0, long dim1) => s_swapdims.Tensor(this, dim0, dim1);

        private static readonly Operator s_t = new("t");
        public Tensor t() => s_t.Tensor(this);

        private static readonly Operator s_tensorSplitTensorIndicesOrSections = new("tensor_split", "tensor_indices_or_sections");
        public Tensor[] tensor_split(Tensor indices, long dim = 0) => s_tensorSplitTensorIndicesOrSections.List(this, indices, dim);
        private static readonly Operator s_tensorSplitSections = new("tensor_split", "sections");
        public Tensor[] tensor_split(long size, long dim = 0) => s_tensorSplitSections.List(this, size, dim);
        private static readonly Operator s_tensorSplitIndices = new("tensor_split", "indices");
        public Tensor[] tensor_split(long[] sizes, long dim = 0) => s_tensorSplitIndices.List(this, sizes, dim);

        private static readonly Operator s_tile = new("tile");
        public Tensor tile(long[] reps) => s_tile.Tensor(this, reps);

        private static readonly Operator s_transposeInt = new("transpose", "int");
        public Tensor transpose(long dim0, long dim1) => s_transposeInt.Tensor(this, dim0, dim1);
        private static readonly Operator s_transposeInPlace = new("transpose_");
        public Tensor transpose_(long dim0, long dim1) => s_transposeInPlace.InPlace(this, this, dim0, dim1);

        private static readonly Operator s_tril = new("tril");
        public Tensor tril(long diagonal = 0) => s_tril.Tensor(this, diagonal);
        private static readonly Operator s_trilInPlace = new("tril_");
        public Tensor tril_(long diagonal = 0) => s_trilInPlace.InPlace(this, this, diagonal);

        private static readonly Operator s_triu = new("triu");
        public Tensor triu(long diagonal = 0) => s_triu.Tensor(this, diagonal);
        private static readonly Operator s_triuInPlace = new("triu_");
        public Tensor triu_(long diagonal = 0) => s_triuInPlace.InPlace(this, this, diagonal);

        private static readonly Operator s_unbindInt = new("unbind", "int");
        public Tensor[] unbind(long dimension = 0) => s_unbindInt.List(this, dimension);

        private static readonly Operator s_unflattenInt = new("unflatten", "int");
        public Tensor unflatten(long dim, params long[] sizes) => s_unflattenInt.Tensor(this, dim, sizes);
        public Tensor unflatten(long dim, Size sizes) => s_unflattenInt.Tensor(this, dim, sizes.Shape);

        private static readonly Operator s_unfold = new("unfold");
        public Tensor unfold(long dimension, long size, long step) => s_unfold.Tensor(this, dimension, size, step);

        private static readonly Operator s_unsqueeze = new("unsqueeze");
        public Tensor unsqueeze(long dim) => s_unsqueeze.Tensor(this, dim);
        private static readonly Operator s_unsqueezeInPlace = new("unsqueeze_");
        public Tensor unsqueeze_(long dim) => s_unsqueezeInPlace.InPlace(this, this, dim);

        private static readonly Operator s_view = new("view");
        public Tensor view(params long[] shape) => s_view.Tensor(this, shape);

        private static readonly Operator s_viewAs = new("view_as");
        public Tensor view_as(Tensor other) => s_viewAs.Tensor(this, other);

        private static readonly Operator s_viewAsComplex = new("view_as_complex");
        public Tensor view_as_complex() => s_viewAsComplex.Tensor(this);

        private static readonly Operator s_viewAsReal = new("view_as_real");
        public Tensor view_as_real() => s_viewAsReal.Tensor(this);

        private static readonly Operator s_vsplitInt = new("vsplit", "int");
        public Tensor[] vsplit(long size) => s_vsplitInt.List(this, size);
        private static readonly Operator s_vsplitArray = new("vsplit", "array");
        public Tensor[] vsplit(params long[] sizes) => s_vsplitArray.List(this, sizes);
    }
}
