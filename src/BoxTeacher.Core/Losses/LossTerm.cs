using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Losses;

/// <summary>
/// One named part of a training loss, kept as the three numbers that set papers apart:
/// <c>value = Sum / max(Normaliser, Floor) * Factor</c>.
/// </summary>
/// <param name="Name">Name in logs and metrics files, for example <c>loss_pairwise</c>.</param>
/// <param name="Sum">Sum over whatever the term counts; 0-dim, carries the gradient.</param>
/// <param name="Normaliser">What the sum is divided by (instances, weights, positives); 0-dim, no gradient.</param>
/// <param name="Factor">Weight of the term times its warm-up.</param>
/// <param name="Floor">Smallest divisor, so that an empty batch gives zero and not NaN.</param>
public sealed record LossTerm(string Name, Tensor Sum, Tensor Normaliser, double Factor = 1, double Floor = 1)
{
    /// <summary>A term whose normaliser is known on the host.</summary>
    public LossTerm(string name, Tensor sum, double normaliser, double factor = 1, double floor = 1)
        : this(name, sum, tensor(normaliser, dtype: sum.dtype, device: sum.device), factor, floor)
    {
    }

    /// <summary>The finished scalar (0-dim), with its gradient.</summary>
    public Tensor Value()
    {
        using var scope = NewDisposeScope();
        return (Sum / Normaliser.detach().clamp(min: Floor) * Factor).MoveToOuterDisposeScope();
    }

    /// <summary>Hands the term's tensors to the dispose scope outside the current one.</summary>
    public LossTerm MoveToOuterDisposeScope()
    {
        Sum.MoveToOuterDisposeScope();
        Normaliser.MoveToOuterDisposeScope();
        return this;
    }
}
