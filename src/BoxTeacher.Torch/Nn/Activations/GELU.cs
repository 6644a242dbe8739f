using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>x Phi(x), by the error function or by its tanh approximation.</summary>
public sealed class GELU : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    public enum Approximate { none = 0, tanh = 1 }

    internal GELU(Approximate approximate, bool inplace) : base(nameof(GELU))
    {
        this.approximate = approximate;
        this.inplace = inplace;
    }

    public Approximate approximate { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.gelu(tensor, approximate, inplace);
}
