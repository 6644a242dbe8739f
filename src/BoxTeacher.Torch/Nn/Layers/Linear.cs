using System;
using BoxTeacher.Torch.Interop;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>x A^T + b over the last dimension, A [out_features, in_features].</summary>
public sealed class Linear : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private static readonly Operator s_empty = new("empty", "memory_format");
    private Parameter _weight;
    private Parameter? _bias;

    internal Linear(Parameter weight, Parameter? bias) : base(nameof(Linear))
    {
        in_features = weight.size(1);
        out_features = weight.size(0);
        _weight = weight;
        ConditionallyRegisterParameter(nameof(weight), weight);
        this.bias = bias;
    }

    internal Linear(long inputSize, long outputSize, bool hasBias, torch.Device? device, torch.ScalarType? dtype)
        : this(new Parameter(s_empty.Tensor((long[])[outputSize, inputSize], dtype, Value.None, device)),
            hasBias ? new Parameter(s_empty.Tensor((long[])[outputSize], dtype, Value.None, device)) : null)
    {
        torch.nn.init.kaiming_uniform_(_weight, Math.Sqrt(5)).Dispose();
        if (_bias is not null) {
            var bound = inputSize > 0 ? 1 / Math.Sqrt(inputSize) : 0;
            torch.nn.init.uniform_(_bias, -bound, bound).Dispose();
        }
    }

    public long in_features { get; set; }
    public long out_features { get; set; }

    public Parameter weight
    {
        get => _weight;
        set {
            _weight = value ?? throw new ArgumentNullException(nameof(value));
            ConditionallyRegisterParameter(nameof(weight), value);
        }
    }

    public Parameter? bias
    {
        get => _bias;
        set {
            _bias = value;
            ConditionallyRegisterParameter(nameof(bias), value);
        }
    }

    public override torch.Tensor forward(torch.Tensor tensor) => F.linear(tensor, _weight, _bias);
}
