using BoxTeacher.Layers;
using BoxTeacher.Torch;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Tests.Layers;

public sealed class ConvolutionTests
{
    // The third and the last have too few channels for the fast ways, the fourth too few tiles.
    [Theory]
    [InlineData(64, 80, 3, 1, 21, 18)]
    [InlineData(96, 64, 3, 1, 40, 40)]
    [InlineData(3, 8, 7, 2, 21, 17)]
    [InlineData(64, 64, 3, 1, 5, 6)]
    [InlineData(64, 64, 3, 2, 21, 17)]
    [InlineData(70, 84, 1, 1, 7, 9)]
    [InlineData(70, 84, 1, 2, 7, 9)]
    [InlineData(20, 24, 1, 2, 7, 9)]
    public void ConvolvesAsTheLibraryDoes(int channels, int outputs, int kernel, int stride, int height, int width)
    {
        using var scope = NewDisposeScope();
        var random = new Generator(7);
        var (input, weight, bias) = (Draw(2, channels, height, width), Draw(outputs, channels, kernel, kernel), Draw(outputs));
        var ours = SameConvolution.Apply(input, weight, bias, stride);
        var given = randn(ours.shape, generator: random);
        var own = autograd.grad([ours], [input, weight, bias], [given]);
        var plain = F.conv2d(input, weight, bias, [stride, stride], [kernel / 2, kernel / 2]);
        var expected = autograd.grad([plain], [input, weight, bias], [given]);

        AssertNear(plain, ours);
        Assert.All(expected.Zip(own), pair => AssertNear(pair.First, pair.Second));

        Tensor Draw(params long[] sizes) => randn(sizes, generator: random).requires_grad_(true);
    }

    [Fact]
    public void OneKernelOverSeveralMapsIsTheSameAsOverEach()
    {
        using var scope = NewDisposeScope();
        var random = new Generator(3);
        long[][] sizes = [[2, 64, 13, 30], [2, 64, 7, 15], [2, 64, 1, 2], [1, 64, 40, 160]];
        Tensor[] maps = [.. sizes.Select(size => randn(size, generator: random).requires_grad_(true))];
        var weight = randn([96, 64, 3, 3], generator: random).requires_grad_(true);
        var ours = SameConvolution.Apply(maps, weight);
        Tensor[] given = [.. ours.Select(map => randn(map.shape, generator: random))];
        var own = autograd.grad([.. ours], [weight, .. maps], given);
        Tensor[] plain = [.. maps.Select(map => F.conv2d(map, weight, padding: [1, 1]))];
        var expected = autograd.grad(plain, [weight, .. maps], given);

        Assert.All(plain.Zip(ours), pair => AssertNear(pair.First, pair.Second));
        Assert.All(expected.Zip(own), pair => AssertNear(pair.First, pair.Second));
    }

    [Fact]
    public void AMapThatNobodyAsksForGetsZeros()
    {
        using var scope = NewDisposeScope();
        Tensor[] maps = [randn(2, 64, 24, 24).requires_grad_(true), randn(2, 64, 12, 12).requires_grad_(true)];
        using var norm = nn.GroupNorm(4, 64);
        nn.init.ones_(norm.weight!);
        nn.init.zeros_(norm.bias!);
        using (var inner = NewDisposeScope())
        {
            var outputs = GroupNormRelu.Apply(SameConvolution.Apply(maps, randn(64, 64, 3, 3).requires_grad_(true)), norm);
            outputs[0].square().sum().backward();
        }

        Assert.NotEqual(0, maps[0].grad!.abs().sum().item<float>());
        Assert.True(maps[1].grad is null || maps[1].grad!.abs().sum().item<float>() == 0);
    }

    [Fact]
    public void OnlyWhatLearnsGetsAGradient()
    {
        using var scope = NewDisposeScope();
        var (map, weight) = (randn(2, 64, 24, 24), randn(64, 64, 3, 3).requires_grad_(true));
        SameConvolution.Apply(map, weight, zeros(64)).sum().backward();
        Assert.NotNull(weight.grad);
        Assert.Null(map.grad);

        using var nothing = SameConvolution.Apply(map, weight.detach(), zeros(64));
        Assert.False(nothing.requires_grad);
    }

    // The library's own gradient of such weights holds whatever lay in memory before.
    [Theory]
    [InlineData(32, 1)]
    [InlineData(32, 5)]
    [InlineData(64, 4)]
    public void AColumnOfPixelsTeachesInBfloat16AsInFloat32(int channels, int height)
    {
        using var scope = NewDisposeScope();
        var (map, weight) = (randn(2, channels, height, 1).requires_grad_(true), randn(channels, channels, 3, 3).requires_grad_(true));
        var expected = Gradients(SameConvolution.Apply(map, weight, stride: 2));
        using var reduced = Precision.Bfloat16.On(CPU);
        var actual = Gradients(SameConvolution.Apply(map, weight, stride: 2));

        Assert.All(expected.Zip(actual), pair => AssertNear(pair.First, pair.Second, 0.02f));

        IList<Tensor> Gradients(Tensor result)
        {
            using (NewDisposeScope())
            {
                for (var size = 16L; size <= 1 << 18; size *= 2)
                {
                    foreach (var _ in Enumerable.Range(0, 20))
                    {
                        full(size, float.NaN);
                    }
                }
            }

            return autograd.grad([result.to(float32).sum()], [map, weight]);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void LayersBeginAsThoseOfTheLibrary(bool hasBias)
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        using var expected = nn.Conv2d(6, 4, 3, padding: 1, bias: hasBias);
        var next = rand(1);
        manual_seed(5);
        using var ours = new Convolution2d(6, 4, 3, hasBias: hasBias);

        Assert.True(ours.Weight.equal(expected.weight).all().item<bool>());
        Assert.Equal(hasBias, ours.Bias is not null && ours.Bias.equal(expected.bias!).all().item<bool>());
        Assert.True(rand(1).equal(next).item<bool>());
        Assert.Equal(expected.state_dict().Keys, ours.state_dict().Keys);
    }

    [Fact]
    public void AFrozenNormalizationIsPartOfTheKernelWhereNothingLearns()
    {
        using var scope = NewDisposeScope();
        using var frozen = new FrozenBatchNorm2d(8);
        foreach (var (name, buffer) in frozen.named_buffers())
        {
            buffer.copy_(name == "running_var" ? rand(8) + 0.5 : randn(8));
        }

        using var layer = new ConvNorm(4, 8, 3, 2, _ => frozen);
        var input = randn(2, 4, 9, 9);
        var expected = frozen.call(F.conv2d(input, layer.Weight, null, [2, 2], [1, 1]));
        AssertNear(expected, layer.call(input));
        using var gradients = no_grad();
        AssertNear(expected, layer.call(input));
    }

    private static void AssertNear(Tensor expected, Tensor actual, float tolerance = 3e-5f)
    {
        Assert.Equal(expected.shape, actual.shape);
        var largest = expected.abs().max().item<float>();
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, tolerance * largest);
    }
}
