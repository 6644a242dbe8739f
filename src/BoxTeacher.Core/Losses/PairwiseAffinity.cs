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
        var wantsGradient = logits.requires_grad && is_grad_enabled();
        var (height, width, reach) = (logits.shape[1], logits.shape[2], pairs.Reach);
        var padded = F.pad(logits.detach(), (reach, reach, 0, reach));
        var values = weights.Select(_ => zeros([logits.shape[0]], dtype: logits.dtype, device: logits.device)).ToArray();
        Tensor[] gradients = wantsGradient ? [.. weights.Select(_ => zeros_like(padded))] : [];

        using (no_grad())
        {
            foreach (var group in groups.Where(group => group.Region is { Height: > 0, Width: > 0 }))
            {
                using var step = NewDisposeScope();
                var block = new Block(group, pairs);
                var x = block.Cut(padded);
                var evaluated = new Pairs(x, block);
                for (var set = 0; set < weights.Count; set++)
                {
                    var weight = block.Weights(weights[set]);
                    values[set].narrow(0, group.Start, group.Count).copy_(evaluated.Weigh(weight));
                    if (wantsGradient)
                    {
                        evaluated.Differentiate(weight, block.Cut(gradients[set]));
                    }
                }
            }
        }

        var inner = gradients.Select(g => g.narrow(1, 0, height).narrow(2, reach, width));
        return [.. (wantsGradient ? values.Zip(inner, (value, gradient) => KnownGradient.Attach(logits, value, gradient)) : values)
            .Select(sum => sum.MoveToOuterDisposeScope())];
    }

    /// <summary>max(x, 0), with the gradient 1/2 at 0 that makes the two parts of softplus smooth together.</summary>
    private static Tensor Positive(Tensor x) => maximum(x, zeros_like(x));

    /// <summary>ln(1 + exp(-|x|)).</summary>
    private static Tensor Tail(Tensor x) => x.abs().neg().exp().log1p();

    /// <summary>Where a group's instances and pixels lie in padded maps [N, H + reach, W + 2 reach].</summary>
    private sealed class Block(InstanceGroup group, PixelPairs pairs)
    {
        public PixelPairs Pairs => pairs;

        /// <summary>The group's part of a padded map: [K, h + reach, w + 2 reach].</summary>
        public Tensor Cut(Tensor padded) => padded
            .narrow(0, group.Start, group.Count)
            .narrow(1, group.Region.Top, group.Region.Height + pairs.Reach)
            .narrow(2, group.Region.Left, group.Region.Width + 2 * pairs.Reach);

        /// <summary>The box's weights as [P, 1, h, w].</summary>
        public Tensor Weights(Tensor weights) => weights
            .select(0, group.Box)
            .narrow(1, group.Region.Top, group.Region.Height)
            .narrow(2, group.Region.Left, group.Region.Width)
            .unsqueeze(1);

        /// <summary>The first pixel of each pair: [..., h, w].</summary>
        public Tensor First(Tensor cut) => At(cut, (0, 0));

        /// <summary>The second pixel of pairs with that offset: [..., h, w].</summary>
        public Tensor At(Tensor cut, (int Y, int X) offset) => cut
            .narrow(-2, offset.Y, group.Region.Height)
            .narrow(-1, pairs.Reach + offset.X, group.Region.Width);

        /// <summary>The second pixels of all pairs: [P, ..., h, w].</summary>
        public Tensor Second(Tensor cut) => stack(pairs.Offsets.Select(offset => At(cut, offset)));
    }

    /// <summary>All pairs of one block, evaluated once for every set of weights.</summary>
    private sealed class Pairs
    {
        private readonly Block block;
        private readonly Tensor loss, single, both;

        public Pairs(Tensor x, Block block)
        {
            this.block = block;
            var softplus = F.softplus(x, threshold: 40);
            var sum = block.Second(x).add_(block.First(x));
            loss = block.Second(softplus).add_(block.First(softplus)).sub_(F.softplus(sum, threshold: 40));
            single = x.sigmoid();
            both = sum.sigmoid_();
        }

        /// <summary>Sum of weight * L of each instance: [K].</summary>
        public Tensor Weigh(Tensor weight) => (loss * weight).sum([0, 2, 3]);

        /// <summary>
        /// Adds d(sum of weight * L)/dx: sigmoid(x_i) for each pair that i belongs to, minus sigmoid(x_i + x_j).
        /// </summary>
        public void Differentiate(Tensor weight, Tensor gradient)
        {
            var degree = zeros([1, gradient.shape[1], gradient.shape[2]], dtype: gradient.dtype, device: gradient.device);
            var pull = both * weight;
            block.First(degree).add_(weight.sum(0L));
            block.First(gradient).sub_(pull.sum(0L));
            for (var k = 0; k < block.Pairs.Count; k++)
            {
                var offset = block.Pairs.Offsets[k];
                block.At(degree, offset).add_(weight.select(0, k));
                block.At(gradient, offset).sub_(pull.select(0, k));
            }

            gradient.addcmul_(single, degree, 1);
        }
    }
}
