using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Kernels;

/// <summary>
/// The two ends of a backward function. TorchSharp leaves what arrives and what is returned to the dispose scope around the whole
/// backward pass, which would keep the gradients of all activations at once.
/// </summary>
internal static class BackwardEnds
{
    [ThreadStatic]
    private static List<Tensor>? _handedOver;

    /// <summary>Tensors that arrive, to be disposed with the function's own scope.</summary>
    public static IReadOnlyList<Tensor> Take(DisposeScope scope, List<Tensor> tensors)
    {
        scope.Attach(tensors);
        return tensors;
    }

    /// <summary>
    /// Notes the shapes of what a forward function returns. TorchSharp itself would make the gradients that do not arrive from the outputs,
    /// which are disposed by then.
    /// </summary>
    public static void Expect(autograd.AutogradContext context, Tensor[] outputs)
    {
        context.set_materialize_grads(false);
        context.save_data(nameof(Expect), Array.ConvertAll(outputs, output => output.shape));
    }

    /// <summary>The gradients that arrive, contiguous; zeros for an output that nothing came back to.</summary>
    public static Tensor[] Arrived(autograd.AutogradContext context, DisposeScope scope, List<Tensor> gradients)
    {
        var shapes = (long[][])context.get_data(nameof(Expect));
        return
        [
            .. gradients.Select((gradient, i) =>
                gradient is null || gradient.IsInvalid ? zeros(shapes[i], device: CPU) : Own(gradient)),
        ];

        Tensor Own(Tensor gradient)
        {
            scope.Attach(gradient);
            return gradient.contiguous();
        }
    }

    /// <summary>
    /// Gradients in the order of the inputs. libtorch takes its own references after the function's end; ours are given back when the next
    /// function of this thread ends.
    /// </summary>
    /// <param name="gradients">Null for what has no gradient.</param>
    public static List<Tensor> Return(params ReadOnlySpan<Tensor?> gradients)
    {
        _handedOver?.ForEach(tensor => tensor.Dispose());
        _handedOver = [.. gradients.ToArray().OfType<Tensor>()];
        _handedOver.ForEach(tensor => tensor.DetachFromDisposeScope());
        return [.. gradients.ToArray().Select(gradient => gradient!)];
    }
}
