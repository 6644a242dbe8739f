using static TorchSharp.torch;

namespace BoxTeacher.Kernels;

/// <summary>
/// Puts a value that was computed together with its gradient into the autograd graph. For losses whose closed form
/// gives both in one pass, the graph then holds one tensor where a chain of operators would hold each intermediate.
/// </summary>
internal static class KnownGradient
{
    /// <summary>
    /// A tensor equal to <paramref name="value"/>, differentiable once with respect to <paramref name="input"/>.
    /// </summary>
    /// <param name="input">The tensor that the gradient flows to.</param>
    /// <param name="value">Shape S, a leading part of the shape of <paramref name="input"/> (possibly empty).</param>
    /// <param name="gradient">Shape of <paramref name="input"/>, finite: d value[s] / d input[s, ...].</param>
    public static Tensor Attach(Tensor input, Tensor value, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        // The inner product has this gradient; its own value is taken away again.
        var product = input * gradient;
        var lead = value.ndim;
        var inner = lead == product.ndim ? product : product.flatten(lead).sum(lead);
        return (value + (inner - inner.detach())).MoveToOuterDisposeScope();
    }
}
