using BoxTeacher.Torch.Interop;

namespace TorchSharp.Modules;

/// <summary>Its input, as a fresh alias.</summary>
public sealed class Identity : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Identity() : base(nameof(Identity)) { }

    public override torch.Tensor forward(torch.Tensor tensor) => tensor.Share();
}
