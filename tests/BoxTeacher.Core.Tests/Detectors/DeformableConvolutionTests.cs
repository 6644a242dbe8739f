using BoxTeacher.Backbones;
using BoxTeacher.Layers;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Tests.Detectors;

public sealed class DeformableConvolutionTests
{
    /// <summary>Input [2,4,5,7], offsets that also leave the image, factors, weight [3,4,3,3] and bias, all float64.</summary>
    private static Tensor[] Arguments(int groups, int stride)
    {
        random.manual_seed(groups + 10 * stride);
        var (h, w) = (4 / stride + 1, 6 / stride + 1);
        Tensor Normal(params long[] size) => randn(size, float64);
        return [Normal(2, 4, 5, 7), Normal(2, 18 * groups, h, w) * 2.5, Normal(2, 9 * groups, h, w).sigmoid(), Normal(3, 4, 3, 3), Normal(3)];
    }

    private static Tensor Apply(Tensor[] arguments, int stride) =>
        DeformableConvolution.Apply(arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], stride, padding: 1);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(4, 2)]
    public void Values_agree_with_the_definition(int groups, int stride)
    {
        using var scope = NewDisposeScope();
        var arguments = Arguments(groups, stride);
        var (input, offset, mask, weight, bias) = (arguments[0], arguments[1], arguments[2], arguments[3], arguments[4]);
        var actual = Apply(arguments, stride);
        var expected = empty_like(actual);
        for (var n = 0; n < 2; n++)
        for (var o = 0; o < 3; o++)
        for (var y = 0; y < actual.size(2); y++)
        for (var x = 0; x < actual.size(3); x++)
        {
            var sum = bias[o].item<double>();
            for (var c = 0; c < 4; c++)
            for (var tap = 0; tap < 9; tap++)
            {
                var group = c / (4 / groups);
                var dy = offset[n, 18 * group + 2 * tap, y, x].item<double>();
                var dx = offset[n, 18 * group + 2 * tap + 1, y, x].item<double>();
                var value = Bilinear(input[n, c], y * stride - 1 + tap / 3 + dy, x * stride - 1 + tap % 3 + dx);
                sum += weight[o, c, tap / 3, tap % 3].item<double>() * mask[n, 9 * group + tap, y, x].item<double>() * value;
            }
            expected[n, o, y, x] = sum;
        }
        GoldenAssert.Close(expected, actual, 1e-12, 1e-12, "values");
    }

    private static double Bilinear(Tensor image, double y, double x)
    {
        var sum = 0.0;
        for (var row = 0; row < image.size(0); row++)
        for (var column = 0; column < image.size(1); column++)
        {
            var share = Math.Max(0, 1 - Math.Abs(y - row)) * Math.Max(0, 1 - Math.Abs(x - column));
            if (share > 0)
                sum += share * image[row, column].item<double>();
        }
        return sum;
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    public void Gradients_agree_with_finite_differences(int groups, int stride)
    {
        const double Step = 1e-6;
        using var scope = NewDisposeScope();
        var arguments = Arguments(groups, stride);
        using var output = Apply(arguments, stride);
        var factor = randn_like(output);
        foreach (var argument in arguments)
            argument.requires_grad = true;
        (Apply(arguments, stride) * factor).sum().backward();
        using var guard = no_grad();
        double Loss() => (Apply(arguments, stride) * factor).sum().item<double>();
        foreach (var argument in arguments)
        {
            var (values, gradient) = (argument.view(-1), argument.grad!.view(-1));
            for (var i = 0L; i < values.numel(); i += Math.Max(1, values.numel() / 40))
            {
                using var inner = NewDisposeScope();
                var value = values[i].item<double>();
                values[i] = value + Step;
                var above = Loss();
                values[i] = value - Step;
                var below = Loss();
                values[i] = value;
                Assert.Equal((above - below) / (2 * Step), gradient[i].item<double>(), 1e-6 * (1 + Math.Abs(gradient[i].item<double>())));
            }
        }
    }

    [Fact]
    public void Without_motion_it_is_a_convolution()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        var (input, weight) = (randn(1, 4, 9, 8), randn(5, 4, 3, 3));
        var expected = F.conv2d(input, weight, null, [2, 2], [2, 2], [2, 2]);
        var (h, w) = (expected.size(2), expected.size(3));
        var actual = DeformableConvolution.Apply(input, zeros(1, 18, h, w), ones(1, 9, h, w), weight, null, stride: 2, padding: 2, dilation: 2);
        GoldenAssert.Close(expected, actual, 1e-5, 1e-5, "convolution");
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        var (input, weight) = (zeros(1, 4, 5, 5), zeros(2, 4, 3, 3));
        Assert.Throws<ArgumentException>(() => DeformableConvolution.Apply(input, zeros(1, 9, 5, 5), zeros(1, 9, 5, 5), weight, null));
        Assert.Throws<ArgumentException>(() => DeformableConvolution.Apply(input, zeros(1, 54, 5, 5), zeros(1, 27, 5, 5), weight, null));
        Assert.Throws<ArgumentException>(() => DeformableConvolution.Apply(input, zeros(1, 10, 5, 5), zeros(1, 5, 5, 5), weight, null));
    }

    [Fact]
    public void A_new_block_starts_with_undisplaced_taps_that_count_one_half()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        static nn.Module<Tensor, Tensor> Norm(long channels) => new FrozenBatchNorm2d(channels);
        using var block = new DeformableBottleneckBlock(8, 4, 16, stride: 2, strideInFirst: false, offsetGroups: 2, Norm);
        using var plain = new BottleneckBlock(8, 4, 16, stride: 2, strideInFirst: false, Norm);
        var state = block.state_dict();
        Assert.Equal([54, 4, 3, 3], state["conv2_offset.weight"].shape);
        Assert.Equal(plain.state_dict().Keys.Order(), state.Keys.Where(key => !key.StartsWith("conv2_offset.", StringComparison.Ordinal)).Order());
        var shared = state.Where(entry => !entry.Key.StartsWith("conv2_offset.", StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key, entry => entry.Key == "conv2.weight" ? entry.Value * 0.5 : entry.Value);
        plain.load_state_dict(shared);
        var input = randn(2, 8, 7, 6);
        GoldenAssert.Close(plain.call(input), block.call(input), 1e-5, 1e-5, "block");
    }
}
