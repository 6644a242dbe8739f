using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using BoxTeacher.Structures;
using static BoxTeacher.Kernels.TensorMemory;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Kernels;

/// <summary>
/// The pairwise term on the CPU in float32, fused: each instance's region is read once, and its pairs are evaluated for
/// all sets of weights while it is in the cache.
/// </summary>
/// <param name="pairs">Which pixels are compared.</param>
internal sealed unsafe class PairKernel(PixelPairs pairs)
{
    private static readonly int Lanes = Vector<float>.Count;

    /// <summary>Sums [S, N] and their gradients [S, N, H, W].</summary>
    /// <param name="logits">[N, H, W], contiguous.</param>
    /// <param name="weights">[S, G, P, H, W], contiguous.</param>
    /// <param name="groups">The instances of each box.</param>
    public (Tensor Values, Tensor Gradients) Evaluate(Tensor logits, Tensor weights, IReadOnlyList<InstanceGroup> groups)
    {
        var size = new Sizes((int)weights.size(0), (int)logits.size(0), (int)weights.size(1), (int)logits.size(1), (int)logits.size(2));
        var values = zeros(size.Sets, size.Instances, float32, CPU);
        var gradients = zeros(size.Sets, size.Instances, size.Height, size.Width, float32, CPU);
        if (logits.numel() == 0 || weights.numel() == 0)
        {
            return (values, gradients);
        }

        float* x = Pointer(logits), w = Pointer(weights), v = Pointer(values), g = Pointer(gradients);
        var busy = groups.Where(group => group.Region is { Height: > 0, Width: > 0 } && group.Count > 0).ToArray();
        if (get_num_threads() == 1 || busy.Length < 2)
        {
            Array.ForEach(busy, group => Walk(group, size, x, w, v, g));
        }
        else
        {
            Parallel.ForEach(busy, new ParallelOptions { MaxDegreeOfParallelism = get_num_threads() }, group =>
                Walk(group, size, x, w, v, g));
        }

        GC.KeepAlive((logits, weights, values, gradients));
        return (values, gradients);
    }

    /// <summary>All instances of one group.</summary>
    private void Walk(InstanceGroup group, Sizes size, float* logits, float* weights, float* values, float* gradients)
    {
        var region = group.Region;
        var columns = RoundUp(region.Width);
        var patch = new Patch(region.Height + pairs.Reach, RoundUp(columns + 2 * pairs.Reach));
        var weightCount = size.Sets * pairs.Count * region.Height * columns;
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)(((3 + size.Sets) * patch.Count + weightCount) * sizeof(float)), 64);
        float* x = memory, softplus = x + patch.Count, sigmoid = softplus + patch.Count;
        float* gradient = sigmoid + patch.Count, weight = gradient + size.Sets * patch.Count;
        Span<double> sums = stackalloc double[size.Sets];
        LoadWeights(group, size, weights, weight, columns);
        for (var n = group.Start; n < group.Start + group.Count; n++)
        {
            LoadLogits(logits + (long)n * size.Pixels, region, size, x, patch);
            for (var i = 0; i < patch.Count; i += Lanes)
            {
                var (s, p) = Soft(Vector.Load(x + i));
                s.Store(softplus + i);
                p.Store(sigmoid + i);
            }

            new Span<float>(gradient, size.Sets * patch.Count).Clear();
            sums.Clear();
            for (var k = 0; k < pairs.Count; k++)
            {
                for (var row = 0; row < region.Height; row++)
                {
                    var first = row * patch.Line + pairs.Reach;
                    var second = first + pairs.Offsets[k].Y * patch.Line + pairs.Offsets[k].X;
                    for (var c = 0; c < columns; c += Lanes)
                    {
                        var (i, j) = (first + c, second + c);
                        var (both, together) = Soft(Vector.Load(x + i) + Vector.Load(x + j));
                        var loss = Vector.Load(softplus + i) + Vector.Load(softplus + j) - both;
                        var (pullFirst, pullSecond) = (Vector.Load(sigmoid + i) - together, Vector.Load(sigmoid + j) - together);
                        for (var set = 0; set < size.Sets; set++)
                        {
                            var w = Vector.Load(weight + ((set * pairs.Count + k) * region.Height + row) * columns + c);
                            sums[set] += Vector.Sum(w * loss);
                            var g = gradient + set * patch.Count;
                            (Vector.Load(g + i) + w * pullFirst).Store(g + i);
                            (Vector.Load(g + j) + w * pullSecond).Store(g + j);
                        }
                    }
                }
            }

            for (var set = 0; set < size.Sets; set++)
            {
                values[set * size.Instances + n] = (float)sums[set];
                StoreGradient(
                    gradient + set * patch.Count, patch, region, size, gradients + ((long)set * size.Instances + n) * size.Pixels);
            }
        }

        NativeMemory.AlignedFree(memory);
    }

    /// <summary>softplus and sigmoid of each lane, for any x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector<float> Softplus, Vector<float> Sigmoid) Soft(Vector<float> x)
    {
        var e = Vector.Exp(-Vector.Abs(x));
        var d = Vector<float>.One + e;
        var r = Vector<float>.One / d;
        return (Vector.Max(x, Vector<float>.Zero) + Vector.Log(d),
            Vector.ConditionalSelect(Vector.GreaterThanOrEqual(x, Vector<float>.Zero), r, e * r));
    }

    /// <summary>The box's weights [S, P, h, columns], rows filled up with zeros.</summary>
    private void LoadWeights(InstanceGroup group, Sizes size, float* weights, float* target, int columns)
    {
        var region = group.Region;
        for (var map = 0; map < size.Sets * pairs.Count; map++)
        {
            var (set, k) = Math.DivRem(map, pairs.Count);
            var source = weights + (((long)set * size.Boxes + group.Box) * pairs.Count + k) * size.Pixels;
            for (var row = 0; row < region.Height; row++, target += columns)
            {
                new Span<float>(source + (region.Top + row) * size.Width + region.Left, region.Width)
                    .CopyTo(new Span<float>(target, columns));
                new Span<float>(target + region.Width, columns - region.Width).Clear();
            }
        }
    }

    /// <summary>The region with its margin; 0 beyond the map.</summary>
    private void LoadLogits(float* source, PixelRegion region, Sizes size, float* target, Patch patch)
    {
        new Span<float>(target, patch.Count).Clear();
        var (left, right, bottom) = Visible(region, size);
        for (var y = region.Top; y < bottom; y++)
        {
            new Span<float>(source + y * size.Width + left, right - left)
                .CopyTo(new Span<float>(target + (y - region.Top) * patch.Line + pairs.Reach + left - region.Left, right - left));
        }
    }

    private void StoreGradient(float* source, Patch patch, PixelRegion region, Sizes size, float* target)
    {
        var (left, right, bottom) = Visible(region, size);
        for (var y = region.Top; y < bottom; y++)
        {
            new Span<float>(source + (y - region.Top) * patch.Line + pairs.Reach + left - region.Left, right - left)
                .CopyTo(new Span<float>(target + y * size.Width + left, right - left));
        }
    }

    /// <summary>The part of the region with its margin that lies on the map; it begins at the region's top.</summary>
    private (int Left, int Right, int Bottom) Visible(PixelRegion region, Sizes size) => (
        Math.Max(0, region.Left - pairs.Reach),
        Math.Min(size.Width, region.Left + region.Width + pairs.Reach),
        Math.Min(size.Height, region.Top + region.Height + pairs.Reach));

    private static int RoundUp(int count) => (count + Lanes - 1) / Lanes * Lanes;

    /// <summary>Extents of the tensors.</summary>
    private readonly record struct Sizes(int Sets, int Instances, int Boxes, int Height, int Width)
    {
        public int Pixels => Height * Width;
    }

    /// <summary>A region with its margin in scratch memory: rows of Line numbers.</summary>
    private readonly record struct Patch(int Rows, int Line)
    {
        public int Count => Rows * Line;
    }
}

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
