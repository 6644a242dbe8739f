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

    [Fact]
    public void Embedding_and_transposed_convolution_start_with_the_numbers_of_PyTorch()
    {
        manual_seed(3);
        Embedding(3, 2).weight.Is(0.8032761f, 0.1748334f, 0.0889781f, -0.613718f, 0.0461824f, -1.3682592f);
        manual_seed(3);
        var up = ConvTranspose2d(2, 3, 2, stride: 2);
        up.weight.StartsWith(-0.2862136f, -0.2277246f, -0.1236439f, -0.2731127f, -0.0163885f, -0.253967f);
        up.bias!.Is(-0.1842456f, -0.1802977f, -0.1196589f);
        Assert.Equal([1, 3, 8, 8], up.call(ones(1, 2, 4, 4)).shape);
        Assert.Equal([1, 3, 9, 9], up.forward(ones(1, 2, 4, 4), [9, 9]).shape);
        Assert.Throws<ArgumentException>(() => up.forward(ones(1, 2, 4, 4), [10, 10]));
    }

    [Fact]
    public void Embedding_rows_are_found_by_number_and_the_padding_row_is_zero()
    {
        var table = Embedding_from_pretrained(Numbers.Counting(3, 2));
        table.call(torch.tensor(new[] { 2L, 0L })).Is(4, 5, 0, 1);
        Assert.False(table.weight.requires_grad);
        Embedding(3, 2, padding_idx: -1).weight[2].Is(0, 0);
        Assert.Throws<ArgumentException>(() => Embedding(3, 2, padding_idx: 3));
    }

    [Fact]
    public void Attention_with_heads_has_the_numbers_of_PyTorch()
    {
        manual_seed(3);
        var attention = MultiheadAttention(4, 2);
        Assert.Equal(["in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias"], attention.state_dict().Keys);
        attention.get_parameter("in_proj_weight")!.StartsWith(0.1816424f, -0.349349f, 0.550284f, -0.5975424f, -0.390844f, -0.3824693f);
        attention.get_parameter("out_proj.weight")!.StartsWith(-0.4957365f, -0.3944306f, -0.2141575f);
        var x = (Numbers.Counting(1, 2, 2, 2) / 4).reshape(4, 1, 2).repeat(1, 1, 2);
        var (result, weights) = attention.call(x, x, x);
        result.StartsWith(0.0388694f, -0.5213437f, -0.1577011f, -0.217324f, -0.0545635f, -0.502202f);
        weights.StartsWith(0.2395375f, 0.2456169f, 0.2530124f, 0.2618332f, 0.244258f, 0.2425846f);
        var hidden = torch.tensor(new[] { false, true, true, true }, [1, 4]);
        attention.call(x, x, x, hidden).Item2.StartsWith(1, 0, 0, 0);
    }

    [Fact]
    public void Instance_normalisation_knows_inputs_without_a_batch()
    {
        var norm = InstanceNorm2d(2, affine: true);
        var x = Numbers.Counting(2, 3, 3);
        norm.call(x).Is(norm.call(x.unsqueeze(0)).Values());
        norm.call(x).StartsWith(-1.5491921f, -1.1618941f);
    }

    [Fact]
    public void Padding_and_shuffling_modules_do_what_the_functions_do()
    {
        var x = Numbers.Counting(1, 4, 2, 2);
        ZeroPad2d((1, 0, 0, 0)).call(x).StartsWith(0, 0, 1, 0, 2, 3);
        ReflectionPad1d(1).call(Numbers.Counting(1, 1, 3)).Is(1, 0, 1, 2, 1);
        ReplicationPad1d((2, 0)).call(Numbers.Counting(1, 1, 3)).Is(0, 0, 0, 1, 2);
        ConstantPad1d(1, 7).call(Numbers.Counting(1, 1, 2)).Is(7, 0, 1, 7);
        PixelShuffle(2).call(x).StartsWith(0, 4, 1, 5);
        Upsample(scale_factor: [2]).call(x).StartsWith(0, 0, 1, 1);
        Assert.Equal([1, 16], Flatten().call(x).shape);
        Assert.Equal([1, 2, 2, 2, 2], Unflatten(1, [2, 2]).call(x).shape);
    }

    [Fact]
    public void Recurrent_networks_have_the_numbers_of_PyTorch()
    {
        var x = Numbers.Counting(3, 2, 2) / 4;
        manual_seed(3);
        var gru = GRU(2, 3, 2, bidirectional: true);
        Assert.Equal(["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_ih_l0_reverse"], gru.named_parameters().Take(5).Select(p => p.name));
        var (output, last) = gru.call(x);
        Near(output, 0.0367f, 0.0167f, -0.2379f, 0.4003f);
        Near(last, -0.2920f, -0.2299f, 0.4749f);
        manual_seed(3);
        var (o, h, c) = LSTM(2, 3).call(x);
        Near(o, 0.0277f, -0.0068f, -0.0160f, -0.0307f);
        Near(h, -0.1121f, -0.0749f, 0.0268f);
        Near(c, -0.1367f, -0.2501f, 0.0479f);
        manual_seed(3);
        Near(RNN(2, 3, nonLinearity: NonLinearities.ReLU).call(x).Item1, 0.2403f, 0, 0.5629f, 0);
        manual_seed(3);
        var (state, cell) = LSTMCell(2, 3).call(x[0]);
        Near(state, 0.0277f, -0.0068f, -0.0160f, -0.0307f);
        Near(cell, 0.0593f, -0.0177f, -0.0271f);
    }

    private static void Near(Tensor t, params float[] expected)
    {
        foreach (var (e, a) in expected.Zip(t.Values())) {
            Assert.Equal(e, a, 6e-5f);
        }
    }

    [Fact]
    public void Recurrent_networks_take_sequences_without_a_batch_or_with_the_batch_first()
    {
        var x = Numbers.Counting(3, 2) / 4;
        var gru = GRU(2, 3, batchFirst: true);
        var (alone, last) = gru.call(x);
        Assert.Equal([3, 3], alone.shape);
        Assert.Equal([1, 3], last.shape);
        gru.call(x.unsqueeze(0)).Item1.Is(alone.Values());
        var cell = GRUCell(2, 3);
        Assert.Equal([3, 3], cell.call(x, null).shape);
        gru.to(ScalarType.Float64);
        Assert.Equal(ScalarType.Float64, gru.call(x.to(ScalarType.Float64)).Item1.dtype);
    }

    [Fact]
    public void Maxima_are_put_back_where_they_came_from()
    {
        var x = Numbers.Counting(1, 1, 4, 4);
        var (values, places) = MaxPool2d(2).forward_with_indices(x);
        MaxUnpool2d(2).call(values, places).Is(0, 0, 0, 0, 0, 5, 0, 7, 0, 0, 0, 0, 0, 13, 0, 15);
        var (line, where) = MaxPool1d(2).forward_with_indices(Numbers.Counting(1, 1, 4));
        MaxUnpool1d(2).call(line, where).Is(0, 1, 0, 3);
        LPPool2d(2, 2).call(x).Is(MathF.Sqrt(0 + 1 + 16 + 25), MathF.Sqrt(4 + 9 + 36 + 49), MathF.Sqrt(64 + 81 + 144 + 169), MathF.Sqrt(100 + 121 + 196 + 225));
    }

    [Fact]
    public void Normalisation_can_be_folded_into_the_layer_before_it()
    {
        var linear = Linear(3, 2);
        var norm = BatchNorm1d(2);
        norm.call(linear.call(rand(8, 3)));
        Assert.Throws<ArgumentException>(() => nn.utils.fuse_linear_bn_eval(linear, norm));
        linear.eval();
        norm.eval();
        var x = rand(4, 3);
        var gap = (nn.utils.fuse_linear_bn_eval(linear, norm).call(x) - norm.call(linear.call(x))).abs().max();
        Assert.True(gap.item<float>() < 1e-6f);
    }
}
