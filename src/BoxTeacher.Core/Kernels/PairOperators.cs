using BoxTeacher.Layers;

using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Kernels;

/// <summary>The closed form of the pairwise term by operators of the library, group by group on the group's region alone.</summary>
internal static class PairOperators
{
    /// <summary>Sums [S, N] and gradients [S, N, H, W] of any dtype on any device.</summary>
    public static (Tensor Values, Tensor Gradients) Evaluate(
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
