using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

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
    /// <param name="weights">Each [G, P, H, W]: pair weights of every box, 0 for pairs that leave the map; no gradient flows to them.</param>
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
            var (x, all) = (logits.detach().contiguous(), stack(weights));
            (values, gradients) = PairKernel.Takes(logits, weights)
                ? new PairKernel(pairs).Evaluate(x, all, groups)
                : ByOperators(x, all, groups, pairs);
        }

        var attached = weights.Select((_, set) => logits.requires_grad && is_grad_enabled()
            ? KnownGradient.Attach(logits, values[set], gradients[set])
            : values[set]);
        return [.. attached.Select(sum => sum.MoveToOuterDisposeScope())];
    }

    /// <summary>Sums [S, N] and gradients [S, N, H, W] of any dtype on any device.</summary>
    internal static (Tensor Values, Tensor Gradients) ByOperators(
        Tensor logits, Tensor weights, IReadOnlyList<InstanceGroup> groups, PixelPairs pairs)
    {
        using var scope = NewDisposeScope();
        var (height, width, reach) = (logits.size(1), logits.size(2), pairs.Reach);
        var padded = F.pad(logits, (reach, reach, 0, reach));
        var degrees = Degrees(weights, pairs);
        var values = logits.new_zeros([weights.size(0), logits.size(0)]);
        var gradients = padded.new_zeros([weights.size(0), .. padded.shape]);
        foreach (var group in groups.Where(group => group.Region is { Height: > 0, Width: > 0 }))
        {
            using var step = NewDisposeScope();
            new Block(group, pairs).Evaluate(padded, weights, degrees, values, gradients);
        }

        return (values.MoveToOuterDisposeScope(), gradients.narrow(2, 0, height).narrow(3, reach, width).MoveToOuterDisposeScope());
    }

    /// <summary>For each pixel the weight of all pairs it belongs to: [S, G, H + reach, W + 2 reach] of weights [S, G, P, H, W].</summary>
    private static Tensor Degrees(Tensor weights, PixelPairs pairs)
    {
        var (height, width) = (weights.size(3), weights.size(4));
        var degrees = F.pad(weights.sum(2), (pairs.Reach, pairs.Reach, 0, pairs.Reach));
        for (var k = 0; k < pairs.Count; k++)
        {
            var (y, x) = pairs.Offsets[k];
            degrees.narrow(2, y, height).narrow(3, pairs.Reach + x, width).add_(weights.select(2, k));
        }

        return degrees;
    }

    /// <summary>max(x, 0), with the gradient 1/2 at 0 that makes the two parts of softplus smooth together.</summary>
    private static Tensor Positive(Tensor x) => maximum(x, zeros_like(x));

    /// <summary>ln(1 + exp(-|x|)).</summary>
    private static Tensor Tail(Tensor x) => x.abs().neg().exp().log1p();

    /// <summary>One group's instances on the group's region. Padded maps are [.., H + reach, W + 2 reach].</summary>
    private sealed class Block(InstanceGroup group, PixelPairs pairs)
    {
        /// <summary>
        /// Writes the sums of the group's instances to values [S, N], and to gradients [S, N, ..] for each pixel i the sum
        /// over its pairs of w_ij (sigmoid(x_i) - sigmoid(x_i + x_j)).
        /// </summary>
        public void Evaluate(Tensor logits, Tensor weights, Tensor degrees, Tensor values, Tensor gradients)
        {
            var x = Region(logits.narrow(0, group.Start, group.Count), margin: true);
            var both = Second(x).add_(First(x));
            var single = F.softplus(x, threshold: 40);
            var loss = Second(single).add_(First(single)).sub_(F.softplus(both, threshold: 40));

            var weight = Region(weights.select(1, group.Box), margin: false).unsqueeze(2);
            values.narrow(1, group.Start, group.Count).copy_((loss * weight).sum([1, 3, 4]));

            var gradient = Region(gradients.narrow(1, group.Start, group.Count), margin: true);
            var degree = Region(degrees.narrow(1, group.Box, 1), margin: true);
            var pull = both.sigmoid_() * weight;
            gradient.addcmul_(x.sigmoid(), degree, 1);
            First(gradient).sub_(pull.sum(1));
            for (var k = 0; k < pairs.Count; k++)
            {
                At(gradient, pairs.Offsets[k]).sub_(pull.select(1, k));
            }
        }

        /// <summary>The group's region of maps [.., y, x], with the margin in which second pixels may lie or without.</summary>
        private Tensor Region(Tensor maps, bool margin) => maps
            .narrow(-2, group.Region.Top, group.Region.Height + (margin ? pairs.Reach : 0))
            .narrow(-1, group.Region.Left, group.Region.Width + (margin ? 2 * pairs.Reach : 0));

        /// <summary>The first pixel of each pair: [.., h, w].</summary>
        private Tensor First(Tensor region) => At(region, (0, 0));

        /// <summary>The second pixels of all pairs: [P, .., h, w].</summary>
        private Tensor Second(Tensor region) => stack(pairs.Offsets.Select(offset => At(region, offset)));

        private Tensor At(Tensor region, (int Y, int X) offset) => region
            .narrow(-2, offset.Y, group.Region.Height)
            .narrow(-1, pairs.Reach + offset.X, group.Region.Width);
    }
}
