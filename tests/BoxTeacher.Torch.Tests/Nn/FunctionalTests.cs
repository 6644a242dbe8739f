using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Torch.Tests.Nn;

public sealed class FunctionalTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _logits = torch.tensor(new[] { .2f, -1f, 3f, .5f, .1f, -.3f }, [2, 3]);
    private readonly Tensor _truth = torch.tensor(new[] { 0f, 1f, 1f, 1f, 0f, 1f }, [2, 3]);
    private readonly Tensor _classes = torch.tensor(new[] { 2L, 0L });

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Losses_have_the_values_of_PyTorch()
    {
        F.cross_entropy(_logits, _classes).Is(0.4137008f);
        F.cross_entropy(_logits, _classes, label_smoothing: .1).Is(0.5470341f);
        F.nll_loss(F.log_softmax(_logits, 1), _classes).Is(0.4137008f);
        F.binary_cross_entropy_with_logits(_logits, _truth).Is(0.7054694f);
        F.binary_cross_entropy(F.sigmoid(_logits), _truth, reduction: nn.Reduction.Sum).Is(4.2328162f);
        F.l1_loss(_logits, _truth).Is(1.0166667f);
        F.mse_loss(_logits, _truth).Is(1.665f);
        F.smooth_l1_loss(_logits, _truth, beta: .5).Is(0.8083333f);
        F.huber_loss(_logits, _truth, delta: .5).Is(0.4041667f);
        F.kl_div(F.log_softmax(_logits, 1), F.log_softmax(_truth, 1), reduction: nn.Reduction.Sum).Is(1.3169773f);
        F.gaussian_nll_loss(_logits, _truth, _truth + .5).Is(0.5801861f);
        F.gaussian_nll_loss(_logits, _truth, _truth + .5, full: true).Is(1.4991246f);
        F.triplet_margin_loss(_logits, _truth, _logits.flip(0)).Is(0.1720355f);
        F.triplet_margin_with_distance_loss(_logits, _truth, _logits.flip(0), swap: true).Is(1.0993652f);
        F.multilabel_soft_margin_loss(_logits, _truth).Is(0.7054695f);
        F.cosine_embedding_loss(_logits, _truth, torch.tensor(new[] { 1L, -1L })).Is(0.3963619f);
        Assert.Equal([2, 3], F.mse_loss(_logits, _truth, nn.Reduction.None).shape);
    }

    [Fact]
    public void Activations_have_the_values_of_PyTorch()
    {
        F.gelu(_logits).Is(0.115852f, -0.1586553f, 2.9959502f, 0.3457312f, 0.0539828f, -0.1146266f);
        F.gelu(_logits, TorchSharp.Modules.GELU.Approximate.tanh).StartsWith(0.1158514f, -0.158808f, 2.9963627f);
        F.softsign(_logits).Is(0.1666667f, -0.5f, 0.75f, 0.3333333f, 0.0909091f, -0.2307692f);
        F.normalize(_logits).Is(0.0631194f, -0.3155972f, 0.9467916f, 0.8451542f, 0.1690308f, -0.5070925f);
        F.local_response_norm(Numbers.Counting(1, 4, 2, 2), 3).StartsWith(0.0f, 0.9993505f, 1.9980024f, 2.9956572f, 3.9920185f, 4.9866672f);
    }

    [Fact]
    public void Interpolation_has_the_values_of_PyTorch()
    {
        var x = Numbers.Counting(1, 1, 4, 4);
        F.interpolate(x, scale_factor: [2]).reshape(-1)[58..].Is(13, 13, 14, 14, 15, 15);
        F.interpolate(x, [2, 3], mode: InterpolationMode.Bilinear, align_corners: false).Is(2.1666667f, 3.5f, 4.8333335f, 10.166667f, 11.5f, 12.833333f);
        F.interpolate(x, scale_factor: [1.5, 1.5], mode: InterpolationMode.Bilinear, align_corners: true).reshape(-1)[30..].Is(12f, 12.6f, 13.2f, 13.8f, 14.4f, 15f);
        F.interpolate(x, [2, 2], mode: InterpolationMode.Area).Is(2.5f, 4.5f, 10.5f, 12.5f);
        F.interpolate(x, [3, 3], mode: InterpolationMode.Bicubic).reshape(-1)[3..].Is(6.1261587f, 7.5f, 8.8738451f, 11.6215315f, 12.9953718f, 14.3692179f);
        F.interpolate(x, [3, 3], mode: InterpolationMode.Bilinear, antialias: true).reshape(-1)[3..].Is(6.3f, 7.5f, 8.7f, 11.1f, 12.3f, 13.5f);
        Assert.Throws<ArgumentException>(() => F.interpolate(x));
        Assert.Throws<ArgumentException>(() => F.interpolate(x, [2, 2], [1, 1]));
        Assert.Throws<ArgumentException>(() => F.interpolate(x, [2, 2], align_corners: true));
    }

    [Fact]
    public void Padding_unfolding_and_sampling_have_the_values_of_PyTorch()
    {
        var x = Numbers.Counting(1, 1, 4, 4);
        F.pad(x, (1, 1, 1, 1), PaddingModes.Reflect).StartsWith(5, 4, 5, 6, 7, 6);
        F.pad(x, (1, 0), value: 9).StartsWith(9, 0, 1, 2, 3, 9);
        F.unfold(x, 2, stride: 2).StartsWith(0, 2, 8, 10, 1, 3);
        F.fold(F.unfold(x, 2, stride: 2), 4, 2, stride: 2).Is(x.Values());
        var theta = torch.tensor(new[] { .5f, 0, 0, 0, .5f, .1f }, [1, 2, 3]);
        F.grid_sample(x, F.affine_grid(theta, [1, 1, 2, 3])).Is(5.6333332f, 6.3f, 6.9666672f, 9.6333332f, 10.3f, 10.9666672f);
        F.one_hot(_classes, 3).Is(0, 0, 1, 1, 0, 0);
    }

    [Fact]
    public void Attention_is_the_softmax_of_scaled_products()
    {
        var q = Numbers.Counting(1, 2, 2) / 4;
        var causal = F.scaled_dot_product_attention(q, q, q, is_casual: true);
        causal[0, 0].Is(0, .25f);
        var mask = torch.tensor(new[] { true, false, true, true }, [2, 2]);
        F.scaled_dot_product_attention(q, q, q, mask).Is(causal.Values());
    }
}
