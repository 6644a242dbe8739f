using BoxTeacher.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>A dense layer over the last dimension, named as PyTorch's: <c>weight</c> and <c>bias</c>. Runs as <see cref="Pointwise.Linear"/>.</summary>
public sealed class Dense : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;

    /// <summary>A layer whose weight is normal with deviation 0.02 and whose bias is 0, the initialisation of transformers.</summary>
    /// <param name="inputs">Size of the last dimension.</param>
    /// <param name="outputs">Its size afterwards.</param>
    /// <param name="hasBias">Whether a bias is added.</param>
    public Dense(int inputs, int outputs, bool hasBias = true) : base(nameof(Dense))
    {
        weight = nn.Parameter(empty(outputs, inputs));
        nn.init.normal_(weight, 0, 0.02);
        if (hasBias)
            bias = nn.Parameter(zeros(outputs));
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <summary>[..., inputs] to [..., outputs].</summary>
    public override Tensor forward(Tensor input) => Pointwise.Linear(input, weight, bias);
}
