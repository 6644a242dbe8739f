using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>One step of a recurrent network.</summary>
public sealed class RNNCell : torch.nn.Module<torch.Tensor, torch.Tensor?, torch.Tensor>
{
    private static readonly Operator s_tanh = new("rnn_tanh_cell");
    private static readonly Operator s_relu = new("rnn_relu_cell");
    private readonly long _hidden;
    private readonly bool _relu;

    internal RNNCell(long inputSize, long hiddenSize, torch.nn.NonLinearities nonLinearity, bool bias, torch.Device? device, torch.ScalarType? dtype) : base(nameof(RNNCell))
    {
        _hidden = hiddenSize;
        _relu = nonLinearity == torch.nn.NonLinearities.ReLU;
        foreach (var (key, p) in Recurrent.Cell(1, inputSize, hiddenSize, bias, device, dtype)) {
            register_parameter(key, p);
        }
        Recurrent.Reset(parameters(), hiddenSize);
    }

    public Parameter weight_ih
    {
        get => _internal_params[nameof(weight_ih)];
        set => ConditionallyRegisterParameter(nameof(weight_ih), value);
    }

    public Parameter weight_hh
    {
        get => _internal_params[nameof(weight_hh)];
        set => ConditionallyRegisterParameter(nameof(weight_hh), value);
    }

    public Parameter? bias_ih
    {
        get => get_parameter(nameof(bias_ih));
        set => ConditionallyRegisterParameter(nameof(bias_ih), value);
    }

    public Parameter? bias_hh
    {
        get => get_parameter(nameof(bias_hh));
        set => ConditionallyRegisterParameter(nameof(bias_hh), value);
    }

    /// <returns>The next state.</returns>
    public override torch.Tensor forward(torch.Tensor input, torch.Tensor? h0 = null)
    {
        using var scope = torch.NewDisposeScope();
        var state = h0 ?? torch.zeros([.. input.shape[..^1], _hidden], input.dtype, input.device);
        return (_relu ? s_relu : s_tanh).Tensor(input, state, weight_ih, weight_hh, bias_ih, bias_hh).MoveToOuterDisposeScope();
    }
}

/// <summary>One step of a gated recurrent network.</summary>
public sealed class GRUCell : torch.nn.Module<torch.Tensor, torch.Tensor?, torch.Tensor>
{
    private static readonly Operator s_cell = new("gru_cell");
    private readonly long _hidden;

    internal GRUCell(long inputSize, long hiddenSize, bool bias, torch.Device? device, torch.ScalarType? dtype) : base(nameof(GRUCell))
    {
        _hidden = hiddenSize;
        foreach (var (key, p) in Recurrent.Cell(3, inputSize, hiddenSize, bias, device, dtype)) {
            register_parameter(key, p);
        }
        Recurrent.Reset(parameters(), hiddenSize);
    }

    public Parameter weight_ih
    {
        get => _internal_params[nameof(weight_ih)];
        set => ConditionallyRegisterParameter(nameof(weight_ih), value);
    }

    public Parameter weight_hh
    {
        get => _internal_params[nameof(weight_hh)];
        set => ConditionallyRegisterParameter(nameof(weight_hh), value);
    }

    public Parameter? bias_ih
    {
        get => get_parameter(nameof(bias_ih));
        set => ConditionallyRegisterParameter(nameof(bias_ih), value);
    }

    public Parameter? bias_hh
    {
        get => get_parameter(nameof(bias_hh));
        set => ConditionallyRegisterParameter(nameof(bias_hh), value);
    }

    /// <returns>The next state.</returns>
    public override torch.Tensor forward(torch.Tensor input, torch.Tensor? h0 = null)
    {
        using var scope = torch.NewDisposeScope();
        var state = h0 ?? torch.zeros([.. input.shape[..^1], _hidden], input.dtype, input.device);
        return s_cell.Tensor(input, state, weight_ih, weight_hh, bias_ih, bias_hh).MoveToOuterDisposeScope();
    }
}

/// <summary>One step of long short-term memory.</summary>
public sealed class LSTMCell : torch.nn.Module<torch.Tensor, (torch.Tensor, torch.Tensor)?, (torch.Tensor, torch.Tensor)>
{
    private static readonly Operator s_cell = new("lstm_cell");
    private readonly long _hidden;

    internal LSTMCell(long inputSize, long hiddenSize, bool bias, torch.Device? device, torch.ScalarType? dtype) : base(nameof(LSTMCell))
    {
        _hidden = hiddenSize;
        foreach (var (key, p) in Recurrent.Cell(4, inputSize, hiddenSize, bias, device, dtype)) {
            register_parameter(key, p);
        }
        Recurrent.Reset(parameters(), hiddenSize);
    }

    public Parameter weight_ih
    {
        get => _internal_params[nameof(weight_ih)];
        set => ConditionallyRegisterParameter(nameof(weight_ih), value);
    }

    public Parameter weight_hh
    {
        get => _internal_params[nameof(weight_hh)];
        set => ConditionallyRegisterParameter(nameof(weight_hh), value);
    }

    public Parameter? bias_ih
    {
        get => get_parameter(nameof(bias_ih));
        set => ConditionallyRegisterParameter(nameof(bias_ih), value);
    }

    public Parameter? bias_hh
    {
        get => get_parameter(nameof(bias_hh));
        set => ConditionallyRegisterParameter(nameof(bias_hh), value);
    }

    /// <returns>The next state and cell.</returns>
    public new (torch.Tensor, torch.Tensor) call(torch.Tensor input, (torch.Tensor, torch.Tensor)? h0_c0 = null) => base.call(input, h0_c0);

    /// <inheritdoc cref="call"/>
    public override (torch.Tensor, torch.Tensor) forward(torch.Tensor input, (torch.Tensor, torch.Tensor)? h0_c0)
    {
        using var scope = torch.NewDisposeScope();
        torch.Tensor Zeros() => torch.zeros([.. input.shape[..^1], _hidden], input.dtype, input.device);
        var (h0, c0) = h0_c0 ?? (Zeros(), Zeros());
        var (h, c) = s_cell.Pair(input, (torch.Tensor[])[h0, c0], weight_ih, weight_hh, bias_ih, bias_hh);
        return (h.MoveToOuterDisposeScope(), c.MoveToOuterDisposeScope());
    }
}
