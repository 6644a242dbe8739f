using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>A network of long short-term memory (Hochreiter and Schmidhuber 1997), over [L, N, E], over [N, L, E] when the batch comes first, or over [L, E].</summary>
public sealed class LSTM : torch.nn.Module<torch.Tensor, (torch.Tensor, torch.Tensor)?, (torch.Tensor, torch.Tensor, torch.Tensor)>
{
    private static readonly Operator s_lstm = new("lstm", "input");
    private readonly RecurrentShape _shape;

    internal LSTM(long inputSize, long hiddenSize, long numLayers, bool bias, bool batchFirst, double dropout, bool bidirectional, torch.Device? device, torch.ScalarType? dtype) : base(nameof(LSTM))
    {
        _shape = new RecurrentShape(hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional);
        foreach (var (key, p) in Recurrent.Create(4, inputSize, hiddenSize, numLayers, bias, bidirectional, device, dtype)) {
            register_parameter(key, p);
        }
    }

    /// <returns>The states of the last layer over time, and the last state and cell of every layer.</returns>
    public new (torch.Tensor, torch.Tensor, torch.Tensor) call(torch.Tensor input, (torch.Tensor, torch.Tensor)? h0_c0 = null) => base.call(input, h0_c0);

    /// <inheritdoc cref="call"/>
    public override (torch.Tensor, torch.Tensor, torch.Tensor) forward(torch.Tensor input, (torch.Tensor, torch.Tensor)? h0_c0 = null)
    {
        using var scope = torch.NewDisposeScope();
        var batched = input.ndim == 3;
        var x = batched ? input : input.unsqueeze(_shape.BatchFirst ? 0 : 1);
        var (h0, c0) = h0_c0 ?? (_shape.Zeros(input), _shape.Zeros(input));
        if (!batched && h0_c0 is not null) {
            (h0, c0) = (h0.unsqueeze(1), c0.unsqueeze(1));
        }
        var (output, h, c) = s_lstm.Triple(x, (torch.Tensor[])[h0, c0], _internal_params.values().ToArray<torch.Tensor>(), _shape.Bias, _shape.Layers, _shape.Dropout, training,
            _shape.Bidirectional, _shape.BatchFirst);
        if (!batched) {
            (output, h, c) = (output.squeeze(_shape.BatchFirst ? 0 : 1), h.squeeze(1), c.squeeze(1));
        }
        return (output.MoveToOuterDisposeScope(), h.MoveToOuterDisposeScope(), c.MoveToOuterDisposeScope());
    }

    /// <summary>Nothing: the parameters of this provider are never packed.</summary>
    public void flatten_parameters() { }
}
