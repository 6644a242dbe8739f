using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Losses;

/// <summary>How central a location lies in its box (Tian et al., FCOS, eq. 3), as a target and as a loss.</summary>
public static class Centerness
{
    /// <summary><c>sqrt(min(l,r)/max(l,r) * min(t,b)/max(t,b))</c>: 1 at the center, 0 on the border.</summary>
    /// <param name="ltrb">[N, 4] distances &gt; 0 to left, top, right, bottom.</param>
    /// <returns>[N].</returns>
    public static Tensor Target(Tensor ltrb)
    {
        using var scope = NewDisposeScope();
        var opposite = stack([ltrb.narrow(1, 0, 2), ltrb.narrow(1, 2, 2)]);
        var ratio = opposite.amin(0) / opposite.amax(0);
        return ratio.prod(1).sqrt().MoveToOuterDisposeScope();
    }

    /// <summary>Sum of the binary cross-entropies against centerness targets (0-dim).</summary>
    /// <param name="logits">[N] predicted centerness logits.</param>
    /// <param name="target">[N] targets in [0, 1].</param>
    public static Tensor Sum(Tensor logits, Tensor target) =>
        F.binary_cross_entropy_with_logits(logits, target, reduction: nn.Reduction.Sum);
}
