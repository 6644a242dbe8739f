using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static BoxTeacher.Kernels.TensorMemory;
using static TorchSharp.torch;
using Lane = System.Runtime.Intrinsics.Vector512<float>;

namespace BoxTeacher.Kernels;

/// <summary>
/// Group normalization and ReLU on the CPU in float32, of several maps with the channels last, each by itself. Sums over pixels are
/// formed in double precision from pieces of 64 pixels, always in the same order.
/// </summary>
internal sealed unsafe class GroupNormKernel : autograd.MultiTensorFunction<GroupNormKernel>
{
    private const int Lanes = 16;
    private const int Piece = 64;

    /// <inheritdoc/>
    public override string Name => nameof(GroupNormKernel);

    /// <summary>Whether there is a kernel for so many channels.</summary>
    public static bool Takes(long channels) => Vector512.IsHardwareAccelerated && channels % Lanes == 0;

    /// <summary>
    /// max(0, (x - mean) / sqrt(variance + eps) * weight + bias), the moments over each group of channels and all pixels.
    /// </summary>
    /// <param name="maps">Each [N, H, W, C], contiguous.</param>
    /// <param name="groups">Divides C.</param>
    /// <param name="weight">[C].</param>
    /// <param name="bias">[C].</param>
    /// <param name="eps">Added to the variance.</param>
    public static IReadOnlyList<Tensor> Of(IReadOnlyList<Tensor> maps, long groups, Tensor weight, Tensor bias, double eps) =>
        is_grad_enabled()
            ? apply([weight, bias, .. maps, (int)groups, eps])
            : Apply([.. maps], (int)groups, weight, bias, eps).Outputs;

    /// <inheritdoc/>
    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (weight, bias, maps) = ((Tensor)vars[0], (Tensor)vars[1], vars[2..^2].Cast<Tensor>().ToArray());
        var groups = (int)vars[^2];
        var (outputs, moments) = Apply(maps, groups, weight, bias, (double)vars[^1]);
        BackwardEnds.Expect(ctx, outputs);
        ctx.save_data(nameof(groups), groups);
        ctx.save_data(nameof(moments), moments);
        ctx.save_for_backward([weight, bias, .. maps]);
        return [.. outputs];
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        using var scope = NewDisposeScope();
        var groups = (int)ctx.get_data("groups");
        var saved = BackwardEnds.Take(scope, ctx.get_saved_variables());
        var moments = (float[][])ctx.get_data("moments");
        var (weight, bias, maps) = (saved[0], saved[1], saved.Skip(2).ToArray());
        var given = BackwardEnds.Arrived(ctx, scope, grad_outputs);
        Tensor[] results = [.. maps.Select(map => empty(map.shape, device: CPU))];
        // Per map [2, N, C]: the gradients of weight and bias by image.
        Tensor[] shares = [.. maps.Select(map => empty(2, map.size(0), map.size(3), device: CPU))];
        var sources = Array.ConvertAll(maps, map => (nint)Pointer(map));
        var arriving = Array.ConvertAll(given, map => (nint)Pointer(map));
        var targets = Array.ConvertAll(results, map => (nint)Pointer(map));
        var kept = Array.ConvertAll(moments, Address);
        var parts = Array.ConvertAll(shares, map => (nint)Pointer(map));
        var images = Array.ConvertAll(maps, map => map.size(0));
        var (scale, shift) = ((nint)Pointer(weight), (nint)Pointer(bias));
        EachBlock(maps, groups, (map, image, pixels, channels, first, width) =>
        {
            var place = (long)image * pixels * channels + first;
            var factor = (float*)kept[map] + (long)image * 2 * channels + first;
            var share = (float*)parts[map] + (long)image * channels + first;
            Gradient(
                (float*)sources[map] + place, (float*)arriving[map] + place, (float*)targets[map] + place, pixels, channels, width,
                channels / groups, factor, factor + channels, (float*)scale + first, (float*)shift + first,
                share, share + images[map] * channels);
        });
        GC.KeepAlive((saved, given, moments));
        var sums = shares.Select(share => share.sum([1])).Aggregate((sum, next) => sum + next);
        return BackwardEnds.Return([sums[0], sums[1], .. results, null, null]);
    }

    private static (Tensor[] Outputs, float[][] Moments) Apply(Tensor[] maps, int groups, Tensor weight, Tensor bias, double eps)
    {
        Tensor[] outputs = [.. maps.Select(map => empty(map.shape, device: CPU))];
        // Per map [N, 2, C]: what x is multiplied by to be normalized, and what is added then.
        var moments = Array.ConvertAll(
            maps, map => GC.AllocateUninitializedArray<float>((int)(map.size(0) * 2 * map.size(3)), pinned: true));
        var sources = Array.ConvertAll(maps, map => (nint)Pointer(map));
        var targets = Array.ConvertAll(outputs, map => (nint)Pointer(map));
        var kept = Array.ConvertAll(moments, Address);
        var (scale, shift) = ((nint)Pointer(weight), (nint)Pointer(bias));
        EachBlock(maps, groups, (map, image, pixels, channels, first, width) =>
        {
            var place = (long)image * pixels * channels + first;
            var factor = (float*)kept[map] + (long)image * 2 * channels + first;
            Moments((float*)sources[map] + place, pixels, channels, width, channels / groups, eps, factor, factor + channels);
            Normalize(
                (float*)sources[map] + place, (float*)targets[map] + place, pixels, channels, width, factor, factor + channels,
                (float*)scale + first, (float*)shift + first);
        });
        GC.KeepAlive((maps, weight, bias, moments));
        return (outputs, moments);
    }

    // factor = 1 / sqrt(variance + eps), offset = -mean * factor.
    private static void Moments(
        float* source, int pixels, int channels, int width, int size, double eps, float* factor, float* offset)
    {
        Span<double> means = stackalloc double[width], squares = stackalloc double[width];
        for (var c = 0; c < width; c += Lanes)
        {
            Sum(source + c, pixels, channels, Lane.Zero, squared: false, means.Slice(c, Lanes));
        }

        Spread(means, size, (double)size * pixels);
        var middle = stackalloc float[width];
        for (var c = 0; c < width; c++)
        {
            middle[c] = (float)means[c];
        }

        for (var c = 0; c < width; c += Lanes)
        {
            Sum(source + c, pixels, channels, Vector512.Load(middle + c), squared: true, squares.Slice(c, Lanes));
        }

        Spread(squares, size, (double)size * pixels);
        for (var c = 0; c < width; c++)
        {
            // The mean as a float is off by a little.
            var off = means[c] - middle[c];
            factor[c] = (float)(1 / Math.Sqrt(squares[c] - off * off + eps));
            offset[c] = (float)(-means[c] / Math.Sqrt(squares[c] - off * off + eps));
        }
    }

    // Sums of x - middle, or of its square, of 16 channels.
    private static void Sum(float* source, int pixels, int channels, Lane middle, bool squared, Span<double> sums)
    {
        var (low, high) = (Vector512<double>.Zero, Vector512<double>.Zero);
        for (var first = 0; first < pixels; first += Piece)
        {
            var sum = Lane.Zero;
            for (var p = first; p < Math.Min(first + Piece, pixels); p++)
            {
                var value = Vector512.Load(source + (long)p * channels) - middle;
                sum = squared ? Vector512.FusedMultiplyAdd(value, value, sum) : sum + value;
            }

            var (lower, upper) = Vector512.Widen(sum);
            low += lower;
            high += upper;
        }

        low.CopyTo(sums);
        high.CopyTo(sums[8..]);
    }

    // Each channel gets its group's sum, divided.
    private static void Spread(Span<double> sums, int size, double count)
    {
        for (var first = 0; first < sums.Length; first += size)
        {
            var sum = 0.0;
            foreach (var value in sums.Slice(first, size))
            {
                sum += value;
            }

            sums.Slice(first, size).Fill(sum / count);
        }
    }

    private static void Normalize(
        float* source, float* target, int pixels, int channels, int width, float* factor, float* offset, float* weight, float* bias)
    {
        for (var c = 0; c < width; c += Lanes)
        {
            var scale = Vector512.Load(weight + c);
            var shift = Vector512.FusedMultiplyAdd(Vector512.Load(offset + c), scale, Vector512.Load(bias + c));
            scale *= Vector512.Load(factor + c);
            for (var p = 0; p < pixels; p++)
            {
                var place = (long)p * channels + c;
                Vector512.Max(Vector512.FusedMultiplyAdd(Vector512.Load(source + place), scale, shift), Lane.Zero).Store(target + place);
            }
        }
    }

    // With n = x * factor + offset and g = dy where y > 0: d weight = sum g n, d bias = sum g, and over a group of m numbers
    // dx = factor (w g - (sum w g + n sum w g n) / m).
    private static void Gradient(
        float* source, float* given, float* target, int pixels, int channels, int width, int size, float* factor, float* offset,
        float* weight, float* bias, float* ofWeight, float* ofBias)
    {
        Span<double> products = stackalloc double[width], sums = stackalloc double[width];
        for (var c = 0; c < width; c += Lanes)
        {
            var (scale, shift) = (Vector512.Load(factor + c), Vector512.Load(offset + c));
            var (w, b) = (Vector512.Load(weight + c), Vector512.Load(bias + c));
            var (sumLow, sumHigh) = (Vector512<double>.Zero, Vector512<double>.Zero);
            var (productLow, productHigh) = (Vector512<double>.Zero, Vector512<double>.Zero);
            for (var first = 0; first < pixels; first += Piece)
            {
                var (sum, product) = (Lane.Zero, Lane.Zero);
                for (var p = first; p < Math.Min(first + Piece, pixels); p++)
                {
                    var (normalized, gradient) = Active(source, given, (long)p * channels + c, scale, shift, w, b);
                    sum += gradient;
                    product = Vector512.FusedMultiplyAdd(gradient, normalized, product);
                }

                var (lower, upper) = Vector512.Widen(sum);
                (sumLow, sumHigh) = (sumLow + lower, sumHigh + upper);
                (lower, upper) = Vector512.Widen(product);
                (productLow, productHigh) = (productLow + lower, productHigh + upper);
            }

            sumLow.CopyTo(sums[c..]);
            sumHigh.CopyTo(sums[(c + 8)..]);
            productLow.CopyTo(products[c..]);
            productHigh.CopyTo(products[(c + 8)..]);
        }

        for (var c = 0; c < width; c++)
        {
            (ofWeight[c], ofBias[c]) = ((float)products[c], (float)sums[c]);
            (products[c], sums[c]) = (products[c] * weight[c], sums[c] * weight[c]);
        }

        Spread(products, size, (double)size * pixels);
        Spread(sums, size, (double)size * pixels);
        var mean = stackalloc float[width];
        var slope = stackalloc float[width];
        for (var c = 0; c < width; c++)
        {
            (mean[c], slope[c]) = ((float)sums[c], (float)products[c]);
        }

        for (var c = 0; c < width; c += Lanes)
        {
            var (scale, shift) = (Vector512.Load(factor + c), Vector512.Load(offset + c));
            var (w, b) = (Vector512.Load(weight + c), Vector512.Load(bias + c));
            var (middle, tilt) = (Vector512.Load(mean + c), Vector512.Load(slope + c));
            for (var p = 0; p < pixels; p++)
            {
                var place = (long)p * channels + c;
                var (normalized, gradient) = Active(source, given, place, scale, shift, w, b);
                ((gradient * w - middle - normalized * tilt) * scale).Store(target + place);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Lane Normalized, Lane Gradient) Active(
        float* source, float* given, long place, Lane factor, Lane offset, Lane w, Lane b)
    {
        var x = Vector512.Load(source + place);
        // As Normalize rounds it, so that both agree on which outputs are 0.
        var isActive = Vector512.GreaterThan(
            Vector512.FusedMultiplyAdd(x, w * factor, Vector512.FusedMultiplyAdd(offset, w, b)), Lane.Zero);
        return (Vector512.FusedMultiplyAdd(x, factor, offset), Vector512.Load(given + place) & isActive);
    }

    // Blocks of channels that end where a group ends.
    private static void EachBlock(Tensor[] maps, int groups, BlockWork work)
    {
        var channels = (int)maps[0].size(3);
        var size = channels / groups;
        var width = size;
        while (width % Lanes != 0)
        {
            width += size;
        }

        var blocks = channels / width;
        var sizes = Array.ConvertAll(maps, map => (Images: (int)map.size(0), Pixels: (int)(map.size(1) * map.size(2))));
        TorchParallel.For(sizes.Sum(map => map.Images) * blocks, 1, (first, end) =>
        {
            for (var task = (int)first; task < end; task++)
            {
                var (image, block) = Math.DivRem(task, blocks);
                var map = 0;
                while (image >= sizes[map].Images)
                {
                    image -= sizes[map++].Images;
                }

                work(map, image, sizes[map].Pixels, channels, block * width, width);
            }
        });
    }

    private static nint Address(float[] pinned) => (nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(pinned));

    private delegate void BlockWork(int map, int image, int pixels, int channels, int first, int width);
}
