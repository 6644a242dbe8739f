using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>
/// Sums of weighted rows of a table, which is what bilinear sampling of a feature map with its channels last comes to. As a function
/// with its own gradient it stores table, indices and weights; a chain of operators would store the M gathered copies too.
/// </summary>
internal sealed class WeightedRows : autograd.SingleTensorFunction<WeightedRows>
{
    /// <inheritdoc/>
    public override string Name => nameof(WeightedRows);

    /// <summary>Row p of the result is the sum over m of table[index[m,p]] * weight[m,p].</summary>
    /// <param name="table">[T,C].</param>
    /// <param name="index">[M,P] int64, 0..T-1.</param>
    /// <param name="weight">[M,P].</param>
    /// <returns>[P,C], differentiable with respect to table and weight.</returns>
    public static Tensor Sum(Tensor table, Tensor index, Tensor weight) => apply(table, index, weight);

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (table, index, weight) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        ctx.save_for_backward([table, index, weight]);
        using var scope = NewDisposeScope();
        var sum = table.index_select(0, index[0]).mul_(weight[0].unsqueeze(1));
        for (var m = 1; m < index.size(0); m++)
        {
            using var rows = table.index_select(0, index[m]);
            sum.addcmul_(rows, weight[m].unsqueeze(1), 1);
        }
        return sum.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var saved = ctx.get_saved_variables();
        var (table, index, weight) = (saved[0], saved[1], saved[2]);
        var (tableGradient, weightGradient) = (zeros_like(table), empty_like(weight));
        for (var m = 0; m < index.size(0); m++)
        {
            using var scope = NewDisposeScope();
            tableGradient.index_add_(0, index[m], grad_output * weight[m].unsqueeze(1), 1);
            weightGradient[m].copy_((grad_output * table.index_select(0, index[m])).sum(1));
        }
        return [tableGradient, null!, weightGradient];
    }
}
