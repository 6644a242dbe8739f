using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Torch.Tests.Nn;

/// <summary>Convolutions and pooling on the CPU have several ways, by shape; each is held to libtorch's own operators.</summary>
public sealed class ConvolutionTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public ConvolutionTests() => random.manual_seed(5);

    public void Dispose() => _scope.Dispose();

    private sealed record Call(long[] Stride, long[] Padding, long[] Dilation, long Groups)
    {
        public Tensor Run(Tensor input, Tensor weight, Tensor? bias) => F.conv2d(input, weight, bias, Stride, Padding, Dilation, Groups);
        public Tensor OfLibtorch(Tensor input, Tensor weight, Tensor? bias) => Aten.CallTensor("conv2d", "", input, weight, bias, Stride, Padding, Dilation, Groups);
    }

    // Winograd's tiles of 4x4 cells, complete and cut off; direct; products; a stride that passes over cells; groups; holes.
    [Theory]
    [InlineData(2, 32, 48, 20, 20, 3, 1, 1, 1, 1)]
    [InlineData(1, 32, 32, 31, 26, 3, 1, 1, 1, 1)]
    [InlineData(2, 8, 5, 9, 7, 3, 1, 1, 1, 1)]
    [InlineData(2, 16, 32, 10, 11, 3, 2, 1, 1, 1)]
    [InlineData(2, 12, 10, 6, 7, 1, 1, 0, 1, 1)]
    [InlineData(2, 12, 10, 7, 9, 1, 2, 0, 1, 1)]
    [InlineData(2, 12, 10, 7, 9, 1, 2, 1, 1, 1)]
    [InlineData(40, 18, 4, 1, 1, 1, 1, 0, 1, 1)]
    [InlineData(2, 8, 12, 9, 9, 3, 1, 2, 2, 4)]
    [InlineData(1, 6, 6, 11, 8, 5, 3, 0, 1, 6)]
    public void Values_and_gradients_are_those_of_double_precision(
        int images, int inputs, int outputs, int height, int width, int kernel, int stride, int padding, int dilation, int groups)
    {
        var call = new Call([stride, stride], [padding], [dilation, dilation], groups);
        foreach (var withBias in (bool[])[true, false])
        {
            var input = randn(images, inputs, height, width);
            var weight = randn(outputs, inputs / groups, kernel, kernel);
            var bias = withBias ? randn(outputs) : null;

            var expected = WithGradients(call.OfLibtorch, input.@double(), weight.@double(), bias?.@double());
            var actual = WithGradients(call.Run, input, weight, bias);

            Assert.Equal(expected.Length, actual.Length);
            foreach (var (want, have) in expected.Zip(actual))
            {
                Assert.Equal(want.shape, have.shape);
                Assert.Equal(float32, have.dtype);
                var difference = (want - have.@double()).abs().max().item<double>() / want.abs().max().item<double>();
                Assert.True(difference < 1e-5, $"{difference} of the largest value");
            }
        }
    }

    // The result, and the gradients of its product with fixed numbers.
    private static Tensor[] WithGradients(Func<Tensor, Tensor, Tensor?, Tensor> convolve, Tensor input, Tensor weight, Tensor? bias)
    {
        Tensor[] leaves = [.. new[] { input, weight, bias }.OfType<Tensor>().Select(leaf => leaf.detach().requires_grad_())];
        var result = convolve(leaves[0], leaves[1], leaves.ElementAtOrDefault(2));
        var fixedNumbers = arange(result.numel(), dtype: result.dtype).sin().view(result.shape);
        return [result.detach(), .. autograd.grad([result], leaves, [fixedNumbers])];
    }

    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    public void A_gradient_is_differentiable_itself(int kernel)
    {
        var call = new Call([1, 1], [kernel / 2], [1, 1], 1);
        var numbers = (Input: randn(2, 32, 20, 20), Weight: randn(32, 32, kernel, kernel));

        Tensor Second(Func<Tensor, Tensor, Tensor?, Tensor> convolve, ScalarType type)
        {
            var (input, weight) = (numbers.Input.to(type).detach().requires_grad_(), numbers.Weight.to(type).detach().requires_grad_());
            var slope = autograd.grad([convolve(input, weight, null).square().sum()], [input], create_graph: true)[0];
            return autograd.grad([slope.square().sum()], [weight])[0];
        }

        var (want, have) = (Second(call.OfLibtorch, float64), Second(call.Run, float32));
        Assert.Equal(0, ((want - have.@double()).abs().max() / want.abs().max()).item<double>(), 1e-5);
    }

    [Fact]
    public void Only_gradients_that_are_asked_for_are_made()
    {
        var weight = randn(32, 32, 3, 3).requires_grad_();
        var input = randn(2, 32, 20, 20);
        F.conv2d(input, weight, padding: [1, 1]).sum().backward();
        Assert.NotNull(weight.grad);
        Assert.Null(input.grad);
        using (no_grad())
            Assert.False(F.conv2d(input, weight, padding: [1, 1]).requires_grad);
    }

    // What is prepared for a size is kept for some 300 sizes.
    [Fact]
    public void Sizes_come_and_go()
    {
        var call = new Call([1, 1], [1, 1], [1, 1], 1);
        var weight = randn(4, 4, 3, 3);
        for (var size = 0; size < 400; size++)
        {
            using var scope = NewDisposeScope();
            var input = randn(1, 4, 4 + size % 20, 4 + size / 20);
            foreach (var (want, have) in WithGradients(call.OfLibtorch, input, weight, null).Zip(WithGradients(call.Run, input, weight, null)))
                Assert.True(want.allclose(have, 1e-4, 1e-4));
        }
    }

    [Fact]
    public void A_view_is_convolved_like_its_copy()
    {
        var call = new Call([1, 1], [1, 1], [1, 1], 1);
        var (wide, weight) = (randn(2, 32, 24, 40), randn(32, 32, 3, 3));
        var view = wide.transpose(2, 3).narrow(2, 3, 30);
        Assert.True(call.Run(view, weight, null).Equals(call.Run(view.contiguous(), weight, null)));
        var last = MemoryFormats.ChannelsLast(wide);
        Assert.True(MemoryFormats.IsChannelsLast(call.Run(last, weight, null)));
    }

    [Fact]
    public void What_is_ill_formed_raises_libtorchs_message()
    {
        static string Message(Func<Tensor> action) => Assert.Throws<ExternalException>(action).Message;
        var image = ones(1, 4, 5, 5);
        Assert.StartsWith("Given groups=1, weight of size [3, 5, 3, 3], expected input", Message(() => F.conv2d(image, ones(3, 5, 3, 3))), StringComparison.Ordinal);
        Assert.StartsWith("Calculated padded input size per channel: (5 x 5). Kernel size: (7 x 7)", Message(() => F.conv2d(image, ones(3, 4, 7, 7))), StringComparison.Ordinal);
        Assert.StartsWith("non-positive stride is not supported", Message(() => F.conv2d(image, ones(3, 4, 3, 3), strides: [0, 1])), StringComparison.Ordinal);
        Assert.StartsWith("Given weight of size [3, 4, 3, 3], expected bias", Message(() => F.conv2d(image, ones(3, 4, 3, 3), ones(2))), StringComparison.Ordinal);
        Assert.Contains("Float", Message(() => F.conv2d(image, ones(3, 4, 3, 3, dtype: float64))), StringComparison.Ordinal);
        Assert.StartsWith("pad should be at most half of kernel size", Message(() => F.max_pool2d(image, 2, padding: 2)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 2, 1)]
    [InlineData(2, 2, 0)]
    [InlineData(5, 3, 2)]
    [InlineData(1, 4, 0)]
    public void Maxima_of_windows_are_libtorchs(int kernel, int stride, int padding)
    {
        var image = randn(2, 3, 13, 10);
        image[0, 1, 4, 5] = double.NaN;
        var all = (long[])[kernel, kernel];
        var expected = F.max_pool2d_with_indices(image, all, [stride, stride], [padding, padding]).output;
        Assert.True(expected.equal_nan(F.max_pool2d(image, all, [stride, stride], [padding, padding])));
        // With a gradient it is libtorch's own.
        Assert.True(expected.equal_nan(F.max_pool2d(image.detach().requires_grad_(), all, [stride, stride], [padding, padding]).detach()));
    }

    [Fact]
    public void Windows_may_be_rectangular()
    {
        var image = randn(1, 2, 9, 12);
        var expected = F.max_pool2d_with_indices(image, [3, 2], [2, 3], [1, 0]).output;
        Assert.True(expected.Equals(F.max_pool2d(image, [3, 2], [2, 3], [1, 0])));
    }
}

file static class Comparison
{
    public static bool equal_nan(this Tensor left, Tensor right) =>
        left.shape.SequenceEqual(right.shape) && left.eq(right).logical_or(left.isnan().logical_and(right.isnan())).all().item<bool>();
}
