using BoxTeacher.Structures;
using BoxTeacher.Torch;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Kernels;

/// <summary>
/// The door to fused code: each function is a formula that its caller states, faster. Tensors that no kernel takes (of another device or
/// type, or with a gradient) are answered with null, or by operators of the library where the closed form stands here.
/// </summary>
internal static class FusedKernels
{
    // With channels last and AMX, bfloat16 takes 0.33 of the time with 64 channels, and 1.6 in a whole net of 4 to 32.
    private const int FewestChannels = 64;

    // Kernels reach the numbers of a tensor by spans of bytes.
    private const long MostNumbers = int.MaxValue / sizeof(float);

    /// <summary>Weighted sums of the pairwise term and their gradients, from its closed form; see <c>PairwiseAffinity</c>.</summary>
    /// <param name="logits">[N, H, W], contiguous.</param>
    /// <param name="weights">[S, G, P, H, W], contiguous.</param>
    /// <param name="groups">The instances of each box.</param>
    /// <param name="pairs">Which pixels are compared.</param>
    /// <returns>Sums [S, N] and their gradients [S, N, H, W].</returns>
    public static (Tensor Values, Tensor Gradients) PairSums(
        Tensor logits, Tensor weights, IReadOnlyList<InstanceGroup> groups, PixelPairs pairs) =>
        Take(logits, weights) && weights.size(0) * logits.numel() < MostNumbers
            ? new PairKernel(pairs).Evaluate(logits, weights, groups)
            : PairOperators.Evaluate(logits, weights, groups, pairs);

    /// <summary>Aligned enlargement, removal of the padding and bilinear resize in one pass; see <c>MaskPostprocess.Resize</c>.</summary>
    /// <param name="masks">[n, 1, h, w] over the padded input.</param>
    /// <param name="network">Size of the input without padding.</param>
    /// <param name="output">Size to give.</param>
    /// <param name="factor">Input pixels per cell.</param>
    /// <returns>[n, H, W], or null.</returns>
    public static Tensor? ResizeMasks(Tensor masks, ImageSize network, ImageSize output, int factor) =>
        Take(masks) ? MaskKernels.Resize(masks.contiguous(), network, output, factor) : null;

    /// <summary>sum p[p &gt; t] / (#{p &gt; t} + 1e-6) of masks [n, H, W]; see <c>MaskPostprocess.Quality</c>.</summary>
    /// <returns>[n], or null.</returns>
    public static Tensor? MaskQuality(Tensor masks, double threshold) =>
        Take(masks) ? MaskKernels.Quality(masks.contiguous(), (float)threshold) : null;

    /// <summary>RoIAlign, each box from one of the maps, differentiable with respect to them; see <c>RoiAlign.Apply</c>.</summary>
    /// <param name="maps">One or more, each [N, C, H, W].</param>
    /// <param name="grids">How bins are laid and sampled on each map; all of one size.</param>
    /// <param name="boxes">[M, 4], xyxy in pixels of the input.</param>
    /// <param name="map">The map of each of the M boxes.</param>
    /// <param name="images">The image of each of the M boxes.</param>
    /// <returns>[M, C, size, size], or null.</returns>
    public static Tensor? RoiAlign(
        IReadOnlyList<Tensor> maps, IReadOnlyList<RoiGrid> grids, Tensor boxes, ReadOnlySpan<int> map, ReadOnlySpan<long> images)
    {
        using var scope = NewDisposeScope();
        return Take([boxes, .. maps.Select(level => level.detach())]) && maps.All(level => level.size(1) >= RoiKernel.FewestChannels
            && level.size(2) * level.size(3) < int.MaxValue / RoiKernel.Block
            && boxes.size(0) * level.size(1) * grids[0].Size * grids[0].Size < MostNumbers)
            ? RoiKernel.Of([.. maps.Select(level => level.contiguous())], grids, HostValues.Floats(boxes), map, images)
                .MoveToOuterDisposeScope()
            : null;
    }

    /// <summary>Whether convolutions of these tensors are faster with the channels last.</summary>
    /// <param name="maps">Each [N, C, H, W].</param>
    /// <param name="weight">[O, C, k, k].</param>
    public static bool PrefersChannelsLast(IReadOnlyList<Tensor> maps, Tensor weight)
    {
        var isMany = long.Min(weight.size(0), weight.size(1)) >= FewestChannels;
        return isMany && (Autocast.IsReduced ? weight.device_type == DeviceType.CPU : maps.Append(weight).All(IsPlain));
    }

    /// <summary>Group normalization and ReLU; see <c>GroupNormRelu.Apply</c>.</summary>
    /// <param name="maps">Each [N, C, H, W].</param>
    /// <param name="norm">Its groups, weights and biases.</param>
    /// <returns>Of the same shapes, channels last in memory; or null.</returns>
    public static IEnumerable<Tensor>? GroupNormRelu(IReadOnlyList<Tensor> maps, GroupNorm norm)
    {
        Tensor[] wide = [.. maps.Select(map => map.Widened())];
        return maps[0].size(1) < FewestChannels || !GroupNormKernel.Takes(maps[0].size(1))
            || !wide.Append(norm.weight!).Append(norm.bias!).All(IsPlain) ? null
            : GroupNormKernel.Of([.. wide.Select(ChannelsLast.Of)], norm.num_groups, norm.weight!, norm.bias!, norm.eps)
                .Select(ChannelsLast.Back);
    }

    /// <summary>Convolutions with "same" padding; see <c>SameConvolution.Apply</c>.</summary>
    /// <param name="maps">Each [N, H, W, C], contiguous.</param>
    /// <param name="weight">[O, C, k, k], k odd.</param>
    /// <param name="bias">[O], or null.</param>
    /// <param name="stride">Step in both directions.</param>
    /// <returns>Each [N, H/stride, W/stride, O], or null.</returns>
    public static IEnumerable<Tensor>? Convolve(IReadOnlyList<Tensor> maps, Tensor weight, Tensor? bias, long stride) =>
        Autocast.IsReduced ? null
        : weight.size(2) == 1 ? maps.Select(map => PixelProduct(map, weight, bias, stride))
        : weight.size(2) == 3 && stride == 1 && WinogradKernel.Pays(maps, weight)
            && maps.All(map => map.numel() / map.size(3) * weight.size(0) < MostNumbers)
            ? WinogradKernel.Of(maps, weight.contiguous(), bias?.contiguous())
        : null;

    // A 1x1 kernel is a matrix: a row per pixel.
    private static Tensor PixelProduct(Tensor map, Tensor weight, Tensor? bias, long stride)
    {
        var read = stride == 1 ? map : map.slice(1, 0, map.size(1), stride).slice(2, 0, map.size(2), stride);
        return nn.functional.linear(read, weight.view(weight.size(0), -1), bias);
    }

    private static bool Take(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (var tensor in tensors)
        {
            if (!IsPlain(tensor) || tensor.requires_grad)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPlain(Tensor tensor) =>
        tensor.device_type == DeviceType.CPU && tensor.dtype == float32 && tensor.numel() < MostNumbers;
}

/// <summary>
/// Puts a value that was computed together with its gradient into the autograd graph. For losses whose closed form
/// gives both in one pass, the graph then holds one tensor where a chain of operators would hold each intermediate.
/// </summary>
internal static class KnownGradient
{
    /// <summary>
    /// A tensor equal to <paramref name="value"/>, differentiable once with respect to <paramref name="input"/>.
    /// </summary>
    /// <param name="input">The tensor that the gradient flows to.</param>
    /// <param name="value">Shape S, a leading part of the shape of <paramref name="input"/> (possibly empty).</param>
    /// <param name="gradient">Shape of <paramref name="input"/>, finite: d value[s] / d input[s, ...].</param>
    public static Tensor Attach(Tensor input, Tensor value, Tensor gradient)
    {
        using var scope = NewDisposeScope();
        // The inner product has this gradient; its own value is taken away again.
        var product = input * gradient;
        var lead = value.ndim;
        var inner = lead == product.ndim ? product : product.flatten(lead).sum(lead);
        return (value + (inner - inner.detach())).MoveToOuterDisposeScope();
    }
}
