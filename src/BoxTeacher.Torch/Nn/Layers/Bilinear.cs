using System;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>x1^T A x2 + b, A [out_features, in1_features, in2_features].</summary>
public sealed class Bilinear : torch.nn.Module<torch.Tensor, torch.Tensor, torch.Tensor>
{
    private Parameter _weight = null!;
    private Parameter? _bias;

    internal Bilinear(long in1_features, long in2_features, long out_features, bool hasBias, torch.Device? device, torch.ScalarType? dtype) : base(nameof(Bilinear))
    {
        (this.in1_features, this.in2_features, this.out_features) = (in1_features, in2_features, out_features);
        var bound = 1 / Math.Sqrt(in1_features);
        weight = new Parameter(torch.empty([out_features, in1_features, in2_features], dtype, device));
        torch.nn.init.uniform_(weight, -bound, bound).Dispose();
        if (hasBias) {
            bias = new Parameter(torch.empty([out_features], dtype, device));
            torch.nn.init.uniform_(bias, -bound, bound).Dispose();
        }
    }

    public long in1_features { get; set; }
    public long in2_features { get; set; }
    public long out_features { get; set; }

    public Parameter weight
    {
        get => _weight;
        set {
            _weight = value;
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

    public override torch.Tensor forward(torch.Tensor input1, torch.Tensor input2) => F.bilinear(input1, input2, _weight, _bias);
}
