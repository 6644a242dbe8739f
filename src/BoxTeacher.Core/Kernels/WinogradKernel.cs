using System.Runtime.Intrinsics;
using static BoxTeacher.Kernels.TensorMemory;
using static TorchSharp.torch;

namespace BoxTeacher.Kernels;

/// <summary>
/// 3x3 convolutions of stride 1 on the CPU in float32 by Winograd's minimal filtering: 36 products of matrices instead of 144. One kernel
/// may pass over several maps, whose tiles then share the products. All maps have their channels last.
/// </summary>
/// <remarks>Its rounding errors are about ten times those of the direct sum: 1e-5 of the largest value.</remarks>
internal sealed unsafe class WinogradKernel : autograd.MultiTensorFunction<WinogradKernel>
{
    /// <summary>The kernels' transform costs as much for few tiles as for many.</summary>
    public const int FewestTiles = 40;

    // The products' room: 19 MB for 256 channels.
    private const int TilesAtOnce = 512;

    private const int Grain = 4;

    /// <inheritdoc/>
    public override string Name => nameof(WinogradKernel);

    /// <summary>Whether it is faster than the direct sum.</summary>
    /// <param name="maps">Each [N, H, W, C].</param>
    /// <param name="weight">[O, C, 3, 3].</param>
    public static bool Pays(IReadOnlyList<Tensor> maps, Tensor weight)
    {
        var (outputs, inputs) = (weight.size(0), weight.size(1));
        return Vector512.IsHardwareAccelerated
            && (outputs | inputs) % WinogradTransforms.Lanes == 0
            && maps.Sum(map => map.size(0) * ((map.size(1) + 3) / 4) * ((map.size(2) + 3) / 4)) is >= FewestTiles and < int.MaxValue;
    }

    /// <summary>The convolutions with "same" padding.</summary>
    /// <param name="maps">Each [N, H, W, C], contiguous.</param>
    /// <param name="weight">[O, C, 3, 3], contiguous.</param>
    /// <param name="bias">[O], contiguous, or null.</param>
    /// <returns>Each [N, H, W, O].</returns>
    public static IReadOnlyList<Tensor> Of(IReadOnlyList<Tensor> maps, Tensor weight, Tensor? bias) => is_grad_enabled()
        ? apply([weight, .. bias is null ? Array.Empty<object>() : [bias], .. maps, bias is not null])
        : Convolve([.. maps], weight, bias);

    /// <inheritdoc/>
    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var hasBias = (bool)vars[^1];
        Tensor[] inputs = [.. vars.SkipLast(1).Cast<Tensor>()];
        var (weight, bias, maps) = (inputs[0], hasBias ? inputs[1] : null, inputs[(hasBias ? 2 : 1)..]);
        var learns = new Learns(weight.requires_grad, bias?.requires_grad == true, Array.Exists(maps, map => map.requires_grad));
        ctx.save_data(nameof(Learns), learns);
        ctx.save_data(nameof(hasBias), hasBias);
        // The gradient of the weight needs the maps, that of the maps the weight.
        ctx.save_for_backward([weight, .. learns.Weight ? maps : []]);
        var outputs = Convolve(maps, weight, bias);
        BackwardEnds.Expect(ctx, outputs);
        return [.. outputs];
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        using var scope = NewDisposeScope();
        var learns = (Learns)ctx.get_data(nameof(Learns));
        var saved = BackwardEnds.Take(scope, ctx.get_saved_variables());
        var given = BackwardEnds.Arrived(ctx, scope, grad_outputs);
        var maps = new Tensor?[given.Length];
        if (learns.Maps)
        {
            using var turned = Coefficients(saved[0], isTurned: true);
            maps = Products(given, turned, null);
        }

        var weight = learns.Weight ? WeightGradient([.. saved.Skip(1)], given, saved[0]) : null;
        var bias = learns.Bias ? given.Select(gradient => gradient.sum([0, 1, 2])).Aggregate((sum, next) => sum + next) : null;
        Tensor?[] first = (bool)ctx.get_data("hasBias") ? [weight, bias] : [weight];
        return BackwardEnds.Return([.. first, .. maps, null]);
    }

    private static Tensor[] Convolve(Tensor[] maps, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        var coefficients = Coefficients(weight, isTurned: false);
        return Array.ConvertAll(
            Products(maps, coefficients.transpose(1, 2), bias), output => output.MoveToOuterDisposeScope());
    }

    // The convolution of maps [N, H, W, C] by coefficients [36, C, O].
    private static Tensor[] Products(Tensor[] maps, Tensor coefficients, Tensor? bias)
    {
        var outputs = Array.ConvertAll(maps, map => empty(map.size(0), map.size(1), map.size(2), coefficients.size(2), device: CPU));
        var (from, to) = (new Tiling(maps), new Tiling(outputs));
        var shift = bias is null ? null : Pointer(bias);
        for (var first = 0; first < from.Count; first += TilesAtOnce)
        {
            using var scope = NewDisposeScope();
            var inputs = from.Transform(first, WinogradTransforms.Input);
            var sums = inputs.bmm(coefficients);
            var (source, plane) = ((nint)Pointer(sums), sums.size(1) * sums.size(2));
            to.Each(first, (map, tile, end, place) =>
                WinogradTransforms.Output((float*)source + (long)place * map.Channels, plane, shift, map, tile, end));
            GC.KeepAlive(sums);
        }

        GC.KeepAlive((maps, bias));
        return outputs;
    }

    private static Tensor WeightGradient(Tensor[] maps, Tensor[] gradients, Tensor weight)
    {
        using var scope = NewDisposeScope();
        var (from, to) = (new Tiling(maps), new Tiling(gradients));
        Tensor? sum = null;
        for (var first = 0; first < from.Count; first += TilesAtOnce)
        {
            using var chunk = NewDisposeScope();
            var inputs = from.Transform(first, WinogradTransforms.Input);
            var products = to.Transform(first, WinogradTransforms.OutputGradient).transpose(1, 2).bmm(inputs);
            sum = sum?.add_(products) ?? products.MoveToOuterDisposeScope();
        }

        var result = empty(weight.shape, device: CPU);
        var (source, target, channels) = ((nint)Pointer(sum!), (nint)Pointer(result), (int)weight.size(1));
        TorchParallel.For(weight.size(0), Grain, (first, end) =>
            WinogradTransforms.WeightsGradient((float*)source, weight.size(0) * channels, channels, (int)first, (int)end, (float*)target));
        GC.KeepAlive((maps, gradients, sum));
        return result.MoveToOuterDisposeScope();
    }

    // [36, O, C].
    private static Tensor Coefficients(Tensor weight, bool isTurned)
    {
        var (outputs, channels) = (weight.size(0), (int)weight.size(1));
        var result = empty(WinogradTransforms.Coefficients, outputs, channels, device: CPU);
        var (source, target) = ((nint)Pointer(weight), (nint)Pointer(result));
        TorchParallel.For(outputs, Grain, (first, end) => WinogradTransforms.Weights(
            (float*)source, channels, (int)first, (int)end, isTurned, (float*)target, outputs * channels));
        GC.KeepAlive(weight);
        return result;
    }

    private sealed record Learns(bool Weight, bool Bias, bool Maps);

    /// <summary>The tiles of maps [N, H, W, C], one map after the other.</summary>
    private sealed class Tiling
    {
        private readonly WinogradMap[] _maps;
        private readonly int[] _first;

        public Tiling(Tensor[] maps)
        {
            _maps = Array.ConvertAll(maps, map => new WinogradMap(
                (nint)Pointer(map), (int)map.size(0), (int)map.size(1), (int)map.size(2), (int)map.size(3)));
            _first = new int[maps.Length];
            for (var i = 0; i < maps.Length; i++)
            {
                _first[i] = Count;
                Count += _maps[i].Tiles;
            }
        }

        public delegate void Work(WinogradMap map, int first, int end, int place);

        public delegate void TileTransform(WinogradMap map, int first, int end, float* target, long plane);

        public int Count { get; }

        /// <summary>The coefficients [36, n, C] of the next tiles.</summary>
        public Tensor Transform(int first, TileTransform transform)
        {
            var count = Math.Min(TilesAtOnce, Count - first);
            var channels = _maps[0].Channels;
            var result = empty(WinogradTransforms.Coefficients, count, channels, device: CPU);
            var target = (nint)Pointer(result);
            Each(first, (map, tile, end, place) =>
                transform(map, tile, end, (float*)target + (long)place * channels, (long)count * channels));
            return result;
        }

        /// <summary>The next tiles on several threads, each piece within a map: its tiles and its place among those of this turn.</summary>
        public void Each(int first, Work work) => TorchParallel.For(Math.Min(TilesAtOnce, Count - first), Grain, (start, stop) =>
        {
            for (var i = 0; i < _maps.Length; i++)
            {
                var (from, to) = (Math.Max(first + (int)start, _first[i]), Math.Min(first + (int)stop, _first[i] + _maps[i].Tiles));
                if (from < to)
                {
                    work(_maps[i], from - _first[i], to - _first[i], from - first);
                }
            }
        });
    }
}
