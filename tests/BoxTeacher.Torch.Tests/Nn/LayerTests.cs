using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BoxTeacher.Torch.Tests.Nn;

public sealed class LayerTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Convolution_and_linear_start_with_the_numbers_of_PyTorch()
    {
        manual_seed(3);
        var conv = Conv2d(2, 3, 3);
        conv.weight.StartsWith(-0.2336924f, -0.1859364f, -0.1009548f, -0.2229956f, -0.0133811f, -0.2073632f);
        conv.bias!.Is(0.1514238f, 0.0587687f, -0.0845503f);
        manual_seed(3);
        var linear = Linear(4, 2);
        linear.weight.StartsWith(-0.4957365f, -0.3944306f, -0.2141575f, -0.4730452f, -0.0283856f, -0.4398837f);
        linear.bias!.Is(0.0944212f, 0.3878567f);
    }

    [Fact]
    public void Batch_normalisation_trains_and_evaluates_as_in_PyTorch()
    {
        var norm = BatchNorm2d(1);
        var x = Numbers.Counting(1, 1, 4, 4);
        norm.call(x).StartsWith(-1.626978f, -1.4100477f, -1.1931173f);
        norm.running_mean!.Is(0.75f);
        norm.running_var!.Is(3.1666665f);
        Assert.Equal(1, norm.num_batches_tracked!.item<long>());
        norm.eval();
        norm.call(x).StartsWith(-0.421463f, 0.1404877f, 0.7024383f);
        Assert.Equal(1, norm.num_batches_tracked!.item<long>());
        Assert.Throws<ArgumentException>(() => norm.call(ones(2, 2)));
    }

    [Fact]
    public void Group_and_layer_normalisation_start_as_the_identity_scale()
    {
        GroupNorm(2, 4).call(Numbers.Counting(1, 4, 2, 2)).StartsWith(-1.5275238f, -1.0910884f, -0.654653f, -0.2182176f, 0.2182177f, 0.6546531f);
        LayerNorm(4).call(Numbers.Counting(1, 1, 4, 4)).StartsWith(-1.3416355f, -0.4472118f, 0.4472119f, 1.3416355f);
    }

    [Fact]
    public void Convolution_pads_with_zeros_or_as_told()
    {
        var x = Numbers.Counting(1, 1, 3, 3);
        using var zero = Conv2d(1, 1, 3, padding: 1, bias: false);
        using var mirror = Conv2d(1, 1, 3, padding: 1, padding_mode: PaddingModes.Reflect, bias: false);
        using var same = Conv2d(1, 1, 3, Padding.Same, bias: false);
        foreach (var conv in new[] { zero, mirror, same }) {
            init.ones_(conv.weight);
        }
        zero.call(x).Is(8, 15, 12, 21, 36, 27, 20, 33, 24);
        same.call(x).Is(8, 15, 12, 21, 36, 27, 20, 33, 24);
        mirror.call(x).StartsWith(24, 27, 30);
        Assert.Throws<ArgumentException>(() => Conv2d(3, 4, 1, groups: 2));
    }

    [Fact]
    public void Pooling_takes_its_stride_from_the_window()
    {
        var x = Numbers.Counting(1, 1, 4, 4);
        MaxPool2d(2).call(x).Is(5, 7, 13, 15);
        MaxPool2d(3, stride: 2, padding: 1).call(x).Is(5, 7, 13, 15);
        AvgPool2d(2).call(x).Is(2.5f, 4.5f, 10.5f, 12.5f);
        AdaptiveAvgPool2d(1).call(x).Is(7.5f);
        var (values, places) = MaxPool2d(2).forward_with_indices(x);
        values.Is(5, 7, 13, 15);
        places.Is(5, 7, 13, 15);
    }

    [Fact]
    public void In_place_activations_change_their_input_and_return_an_alias()
    {
        var x = torch.tensor([-1f, 1f]);
        var y = ReLU(inplace: true).call(x);
        x.Is(0, 1);
        Assert.NotSame(x, y);
        y.Dispose();
        Assert.False(x.IsInvalid);
    }

    [Fact]
    public void Dropout_acts_in_training_only()
    {
        manual_seed(1);
        var dropout = Dropout(0.5);
        var kept = dropout.call(ones(1000)).Values();
        Assert.InRange(kept.Count(v => v == 2), 400, 600);
        Assert.All(kept, v => Assert.True(v is 0 or 2));
        dropout.eval();
        Assert.Equal(1000, dropout.call(ones(1000)).sum().item<float>());
    }
}
