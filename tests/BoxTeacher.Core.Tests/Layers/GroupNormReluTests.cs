using BoxTeacher.Layers;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Layers;

public sealed class GroupNormReluTests
{
    [Theory]
    [InlineData(64, 64)]
    [InlineData(64, 32)]
    [InlineData(64, 4)]
    [InlineData(96, 2)]
    [InlineData(80, 16)]
    public void IsTheNormOfEachMapWithItsNegativePartsCutOff(int channels, int groups)
    {
        using var scope = NewDisposeScope();
        var random = new Generator(11);
        using var norm = nn.GroupNorm(groups, channels);
        norm.weight!.detach().copy_(randn(channels, generator: random));
        norm.bias!.detach().copy_(randn(channels, generator: random));
        long[][] sizes = [[2, channels, 13, 17], [2, channels, 5, 1], [3, channels, 2, 2]];
        // Far from zero: the variance must not drown in the mean.
        Tensor[] maps = [.. sizes.Select(size => (randn(size, generator: random) + 30).requires_grad_(true))];
        Tensor[] inputs = [norm.weight!, norm.bias!, .. maps];
        var ours = GroupNormRelu.Apply(maps, norm);
        Tensor[] given = [.. ours.Select(map => randn(map.shape, generator: random))];
        var own = autograd.grad([.. ours], inputs, given);
        var wide = Array.ConvertAll(inputs, input => input.detach().@double().requires_grad_(true));
        Tensor[] plain = [.. wide.Skip(2).Select(map =>
            nn.functional.group_norm(map, groups, wide[0], wide[1], norm.eps).relu())];
        var expected = autograd.grad(plain, wide, [.. given.Select(gradient => gradient.@double())]);

        Assert.All(plain.Zip(ours).Concat(expected.Zip(own)), pair =>
        {
            Assert.Equal(pair.First.shape, pair.Second.shape);
            Assert.InRange((pair.First - pair.Second).abs().max().item<double>(), 0, 3e-5 * pair.First.abs().max().item<double>());
        });
    }
}
