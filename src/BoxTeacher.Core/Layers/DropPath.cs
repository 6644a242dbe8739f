using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

/// <summary>
/// Stochastic depth (Huang et al. 2016): in training, each sample's values are dropped as a whole with a given probability, and
/// enlarged by the inverse of the rest otherwise. In evaluation it is the identity.
/// </summary>
public sealed class DropPath : nn.Module<Tensor, Tensor>
{
    private readonly double _rate;

    /// <summary>A layer without parameters; it draws from torch's default generator.</summary>
    /// <param name="rate">Probability of dropping, 0 to below 1.</param>
    public DropPath(double rate) : base(nameof(DropPath))
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rate);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rate, 1);
        _rate = rate;
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        if (_rate == 0 || !training)
            return input.alias();
        using var scope = NewDisposeScope();
        var keep = 1 - _rate;
        var kept = (rand([input.size(0)], input.dtype, input.device) + keep).floor_() / keep;
        long[] perSample = [-1, .. Enumerable.Repeat(1L, (int)input.ndim - 1)];
        return (input * kept.view(perSample)).MoveToOuterDisposeScope();
    }
}
