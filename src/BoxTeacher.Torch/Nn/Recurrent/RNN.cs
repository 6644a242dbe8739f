using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>A recurrent network (Elman 1990), over [L, N, E], over [N, L, E] when the batch comes first, or over [L, E].</summary>
public sealed class RNN : torch.nn.Module<torch.Tensor, torch.Tensor?, (torch.Tensor, torch.Tensor)>
{
    private static readonly Operator s_tanh = new("rnn_tanh", "input");
    private static readonly Operator s_relu = new("rnn_relu", "input");
    private readonly RecurrentShape _shape;
    private readonly bool _relu;

    internal RNN(long inputSize, long hiddenSize, long numLayers, torch.nn.NonLinearities nonLinearity, bool bias, bool batchFirst, double dropout, bool bidirectional, torch.Device? device, torch.ScalarType? dtype) : base(nameof(RNN))
    {
        _shape = new RecurrentShape(hiddenSize, numLayers, bias, batchFirst, dropout, bidirectional);
        _relu = nonLinearity == torch.nn.NonLinearities.ReLU;
        foreach (var (key, p) in Recurrent.Create(1, inputSize, hiddenSize, numLayers, bias, bidirectional, device, dtype)) {
            register_parameter(key, p);
        }
    }

    /// <returns>The states of the last layer over time, and the last state of every layer.</returns>
    public new (torch.Tensor, torch.Tensor) call(torch.Tensor input, torch.Tensor? h0 = null) => base.call(input, h0);

    /// <inheritdoc cref="call"/>
    public override (torch.Tensor, torch.Tensor) forward(torch.Tensor input, torch.Tensor? h0)
    {
        using var scope = torch.NewDisposeScope();
        var batched = input.ndim == 3;
        var x = batched ? input : input.unsqueeze(_shape.BatchFirst ? 0 : 1);
        var state = h0 is null ? _shape.Zeros(input) : batched ? h0 : h0.unsqueeze(1);
        var (output, last) = (_relu ? s_relu : s_tanh).Pair(x, state, _internal_params.values().ToArray<torch.Tensor>(), _shape.Bias, _shape.Layers, _shape.Dropout, training, _shape.Bidirectional, _shape.BatchFirst);
        if (!batched) {
            (output, last) = (output.squeeze(_shape.BatchFirst ? 0 : 1), last.squeeze(1));
        }
        return (output.MoveToOuterDisposeScope(), last.MoveToOuterDisposeScope());
    }

    /// <summary>Nothing: the parameters of this provider are never packed.</summary>
    public void flatten_parameters() { }

    public Parameter get_weight_ih(long idx) => Part(idx, 0);
    public Parameter get_weight_hh(long idx) => Part(idx, 1);
    public Parameter? get_bias_ih(long idx) => _shape.Bias ? Part(idx, 2) : null;
    public Parameter? get_bias_hh(long idx) => _shape.Bias ? Part(idx, 3) : null;

    /// <param name="idx">Layer, or layer and direction counted together.</param>
    /// <param name="part">Place among the parameters of that layer.</param>
    private Parameter Part(long idx, int part) => _internal_params[(int)(idx * (_shape.Bias ? 4 : 2)) + part].Item2;
}
