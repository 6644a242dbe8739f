using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>One learned factor; FCOS has one per pyramid level (FCOS, section 3.2).</summary>
public sealed class Scale : nn.Module<Tensor, Tensor>
{
    private readonly Parameter scale;

    /// <summary>A factor that starts at <paramref name="initial"/>.</summary>
    public Scale(double initial = 1) : base(nameof(Scale))
    {
        scale = nn.Parameter(full([1], initial, float32));
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input * scale;
}
