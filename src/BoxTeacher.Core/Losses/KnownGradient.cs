using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Losses;

/// <summary>
/// Puts a value that was computed together with its gradient into the autograd graph. For losses whose closed form
/// gives both in one pass, this stores one tensor where a chain of operators would store each intermediate.
/// </summary>
internal sealed class KnownGradient : autograd.SingleTensorFunction<KnownGradient>
{
    /// <inheritdoc />
    public override string Name => nameof(KnownGradient);

    /// <summary>
    /// A tensor equal to <paramref name="value"/>, differentiable once with respect to <paramref name="input"/>.
    /// </summary>
    /// <param name="input">The tensor that the gradient flows to.</param>
    /// <param name="value">Shape S, a leading part of the shape of <paramref name="input"/> (possibly empty).</param>
    /// <param name="gradient">Shape of <paramref name="input"/>: d value[s] / d input[s, ...].</param>
    public static Tensor Attach(Tensor input, Tensor value, Tensor gradient) => apply(input, new Known(value, gradient));

    /// <inheritdoc />
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var known = (Known)vars[1];
        ctx.save_for_backward([known.Gradient]);
        return known.Value.alias();
    }

    /// <inheritdoc />
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var gradient = ctx.get_saved_variables()[0];
        var shape = new long[gradient.ndim];
        Array.Fill(shape, 1);
        grad_output.shape.CopyTo(shape, 0);
        return [(gradient * grad_output.view(shape)).MoveToOuterDisposeScope()];
    }

    /// <summary>Wrapped, so that only the input counts as a differentiable argument.</summary>
    private sealed record Known(Tensor Value, Tensor Gradient);
}
