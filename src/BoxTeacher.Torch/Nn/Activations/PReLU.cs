using BoxTeacher.Torch.Interop;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Leaky ReLU with learned slopes, one for all or one per channel.</summary>
public sealed class PReLU : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private static readonly Operator s_full = new("full");
    private Parameter? _weight;

    internal PReLU(long num_parameters, double init, torch.Device? device, torch.ScalarType? dtype) : base(nameof(PReLU))
    {
        this.num_parameters = num_parameters;
        this.init = init;
        weight = new Parameter(s_full.Tensor((long[])[num_parameters], init, dtype, Value.None, device));
    }

    public long num_parameters { get; }
    public double init { get; }

    public Parameter weight
    {
        get => _weight!;
        set {
            _weight = value;
            ConditionallyRegisterParameter(nameof(weight), value);
        }
    }

    public override torch.Tensor forward(torch.Tensor tensor) => F.prelu(tensor, weight);
}
