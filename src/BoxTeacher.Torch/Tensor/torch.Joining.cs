using System;
using System.Collections.Generic;
using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

/// <content>Joining and splitting.</content>
public static partial class torch
{
    private static readonly Operator s_cat = new("cat");
    private static readonly Operator s_stack = new("stack");
    private static readonly Operator s_hstack = new("hstack");
    private static readonly Operator s_vstack = new("vstack");
    private static readonly Operator s_dstack = new("dstack");
    private static readonly Operator s_columnStack = new("column_stack");
    private static readonly Operator s_rowStack = new("row_stack");
    private static readonly Operator s_cartesianProd = new("cartesian_prod");
    private static readonly Operator s_meshgrid = new("meshgrid", "indexing");
    private static readonly Operator s_broadcastTensors = new("broadcast_tensors");

    public static Tensor cat(Tensor[] tensors, long dim = 0) => s_cat.Tensor(tensors, dim);
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => s_cat.Tensor(Items(tensors), dim);
    public static Tensor cat(ReadOnlySpan<Tensor> tensors, long dim = 0) => s_cat.Tensor(tensors.ToArray(), dim);
    public static Tensor concat(Tensor[] tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concat(IList<Tensor> tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concat(ReadOnlySpan<Tensor> tensors, long dim = 0) => cat(tensors, dim);
    public static Tensor concatenate(Tensor[] tensors, long axis = 0) => cat(tensors, axis);
    public static Tensor concatenate(IList<Tensor> tensors, long axis = 0) => cat(tensors, axis);
    public static Tensor concatenate(ReadOnlySpan<Tensor> tensors, long axis = 0) => cat(tensors, axis);

    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => s_stack.Tensor(Items(tensors), dim);

    private static Tensor[] Items(IEnumerable<Tensor> tensors) => tensors as Tensor[] ?? [.. tensors];

    public static Tensor hstack(params Tensor[] tensors) => s_hstack.Tensor(tensors);
    public static Tensor hstack(IList<Tensor> tensors) => s_hstack.Tensor(Items(tensors));
    public static Tensor hstack(ReadOnlySpan<Tensor> tensors) => s_hstack.Tensor(tensors.ToArray());
    public static Tensor hstack(IEnumerable<Tensor> tensors) => s_hstack.Tensor(Items(tensors));
    public static Tensor vstack(Tensor[] tensors) => s_vstack.Tensor(tensors);
    public static Tensor vstack(IList<Tensor> tensors) => s_vstack.Tensor(Items(tensors));
    public static Tensor vstack(ReadOnlySpan<Tensor> tensors) => s_vstack.Tensor(tensors.ToArray());
    public static Tensor dstack(params Tensor[] tensors) => s_dstack.Tensor(tensors);
    public static Tensor dstack(IList<Tensor> tensors) => s_dstack.Tensor(Items(tensors));
    public static Tensor dstack(ReadOnlySpan<Tensor> tensors) => s_dstack.Tensor(tensors.ToArray());
    public static Tensor dstack(IEnumerable<Tensor> tensors) => s_dstack.Tensor(Items(tensors));
    public static Tensor column_stack(params Tensor[] tensors) => s_columnStack.Tensor(tensors);
    public static Tensor column_stack(IList<Tensor> tensors) => s_columnStack.Tensor(Items(tensors));
    public static Tensor column_stack(ReadOnlySpan<Tensor> tensors) => s_columnStack.Tensor(tensors.ToArray());
    public static Tensor row_stack(params Tensor[] tensors) => s_rowStack.Tensor(tensors);
    public static Tensor row_stack(IList<Tensor> tensors) => s_rowStack.Tensor(Items(tensors));
    public static Tensor row_stack(ReadOnlySpan<Tensor> tensors) => s_rowStack.Tensor(tensors.ToArray());
    public static Tensor cartesian_prod(params Tensor[] tensors) => s_cartesianProd.Tensor(tensors);
    public static Tensor cartesian_prod(IList<Tensor> tensors) => s_cartesianProd.Tensor(Items(tensors));
    public static Tensor cartesian_prod(ReadOnlySpan<Tensor> tensors) => s_cartesianProd.Tensor(tensors.ToArray());
    public static Tensor block_diag(params Tensor[] tensors) => Tensor.block_diag(tensors);

    /// <param name="tensors">One-dimensional coordinates.</param>
    /// <param name="indexing">"ij": the first runs down, "xy": the first runs across.</param>
    public static Tensor[] meshgrid(IEnumerable<Tensor> tensors, string indexing = "ij") => s_meshgrid.List(Items(tensors), indexing);

    public static IList<Tensor> broadcast_tensors(params Tensor[] tensors) => s_broadcastTensors.List(tensors);

    public static IEnumerable<Tensor> atleast_1d(params Tensor[] input) => input.Select(t => t.atleast_1d()).ToArray();
    public static IEnumerable<Tensor> atleast_2d(params Tensor[] input) => input.Select(t => t.atleast_2d()).ToArray();
    public static IEnumerable<Tensor> atleast_3d(params Tensor[] input) => input.Select(t => t.atleast_3d()).ToArray();

    public static Tensor[] unbind(Tensor input, long dim = 0) => input.unbind(dim);
    public static Tensor[] unbind(Tensor tensor, int dim = 0) => tensor.unbind(dim);

    public static Tensor[] hsplit(Tensor input, (long, long) indices_or_sections)
        => input.hsplit([indices_or_sections.Item1, indices_or_sections.Item2]);

    public static Tensor[] hsplit(Tensor input, (long, long, long) indices_or_sections)
        => input.hsplit([indices_or_sections.Item1, indices_or_sections.Item2, indices_or_sections.Item3]);

    public static Tensor[] hsplit(Tensor input, (long, long, long, long) indices_or_sections)
        => input.hsplit([indices_or_sections.Item1, indices_or_sections.Item2, indices_or_sections.Item3, indices_or_sections.Item4]);
}
