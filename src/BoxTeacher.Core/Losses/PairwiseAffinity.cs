using BoxTeacher.Kernels;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Losses;

/// <summary>
/// Asks pairs of pixels to lie on the same side of a mask (BoxInst, eq. 5-6; also BoxTeacher's affinity loss):
/// <c>L_ij = -ln( p_i p_j + (1 - p_i)(1 - p_j) )</c> with <c>p = sigmoid(x)</c>. In logits this is
/// <c>L_ij = s(x_i) + s(x_j) - s(x_i + x_j)</c>, s = softplus, and
/// <c>dL_ij / dx_i = sigmoid(x_i) - sigmoid(x_i + x_j)</c>: no probability is ever formed, so nothing underflows.
/// </summary>
public static class PairwiseAffinity
{
    /// <summary>L of every pair, as a chain of differentiable operators, exact also where both logits are saturated.</summary>
    /// <param name="logits">[..., H, W].</param>
    /// <param name="pairs">Which pixels are compared.</param>
    /// <returns>[..., P, H, W], 0 for pairs that leave the map.</returns>
    public static Tensor PerPair(Tensor logits, PixelPairs pairs)
    {
        using var scope = NewDisposeScope();
        var (first, second) = (logits.unsqueeze(-3), pairs.Second(logits));
        var both = first + second;
        // softplus(x) = max(x, 0) + ln(1 + exp(-|x|)); the large parts cancel exactly when they are added on their own.
        var large = Positive(first) + Positive(second) - Positive(both);
        var small = Tail(first) + Tail(second) - Tail(both);
        return ((large + small) * pairs.Inside(logits)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// For each instance the weighted sum of L over all pairs, for several sets of weights over the same pairs. Value
    /// and gradient come from the closed form, group by group on the group's region alone.
    /// </summary>
    /// <param name="logits">[N, H, W].</param>
    /// <param name="weights">
    /// Each [G, P, H, W]: pair weights of every box, 0 for pairs that leave the map; no gradient flows to them.
    /// </param>
    /// <param name="groups">The instances of each box; instances of no group give 0.</param>
    /// <param name="pairs">Which pixels are compared.</param>
    /// <returns>One [N] per set of weights.</returns>
    public static Tensor[] Sums(
        Tensor logits, IReadOnlyList<Tensor> weights, IReadOnlyList<InstanceGroup> groups, PixelPairs pairs)
    {
        using var scope = NewDisposeScope();
        Tensor values, gradients;
        using (no_grad())
        {
            (values, gradients) = FusedKernels.PairSums(logits.detach().contiguous(), stack(weights), groups, pairs);
        }

        var attached = weights.Select((_, set) => logits.requires_grad && is_grad_enabled()
            ? KnownGradient.Attach(logits, values[set], gradients[set])
            : values[set]);
        return [.. attached.Select(sum => sum.MoveToOuterDisposeScope())];
    }

    /// <summary>max(x, 0), with the gradient 1/2 at 0 that makes the two parts of softplus smooth together.</summary>
    private static Tensor Positive(Tensor x) => maximum(x, zeros_like(x));

    /// <summary>ln(1 + exp(-|x|)).</summary>
    private static Tensor Tail(Tensor x) => x.abs().neg().exp().log1p();
}
