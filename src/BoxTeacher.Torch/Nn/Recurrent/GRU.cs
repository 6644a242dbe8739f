using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>A gated recurrent network (Cho et al. 2014), over [L, N, E], over [N, L, E] when the batch comes first, or over [L, E].</summary>
public sealed class GRU : torch.nn.Module<torch.Tensor, torch.Tensor?, (torch.Tensor, torch.Tensor)>
{
    private static readonly Operator s_op = new("gru", "input");
    private readonly RecurrentShape _shape;

    internal GRU(long inputSize, long hiddenSize, long numLayers, bool bias, bool batchFirst, double dropout, bool bidirectional, torch.Device? device, torch.ScalarType? dtype) : base(nameof(GRU))
    {
        _shape = new RecurrentShape(hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional);
        foreach (var (key, p) in Recurrent.Create(3, inputSize, hiddenSize, numLayers, bias, bidirectional, device, dtype)) {
            register_parameter(key, p);
        }
    }

    /// <returns>The states of the last layer over time, and the last state of every layer.</returns>
    public new (torch.Tensor, torch.Tensor) call(torch.Tensor input, torch.Tensor? h0 = null) => base.call(input, h0);

    /// <inheritdoc cref="call"/>
    public override (torch.Tensor, torch.Tensor) forward(torch.Tensor input, torch.Tensor? h0 = null)
    {
        using var scope = torch.NewDisposeScope();
        var batched = input.ndim == 3;
        var x = batched ? input : input.unsqueeze(_shape.BatchFirst ? 0 : 1);
        var state = h0 is null ? _shape.Zeros(input) : batched ? h0 : h0.unsqueeze(1);
        var (output, last) = s_op.Pair(x, state, _internal_params.values().ToArray<torch.Tensor>(), _shape.Bias, _shape.Layers, _shape.Dropout, training, _shape.Bidirectional, _shape.BatchFirst);
        if (!batched) {
            (output, last) = (output.squeeze(_shape.BatchFirst ? 0 : 1), last.squeeze(1));
        }
        return (output.MoveToOuterDisposeScope(), last.MoveToOuterDisposeScope());
    }

    /// <summary>Nothing: the parameters of this provider are never packed.</summary>
    public void flatten_parameters() { }
}
