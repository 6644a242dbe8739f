using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests;

public class ArithmeticTests
{
    private static float[] Values(Tensor t)
    {
        using var scope = NewDisposeScope();
        return t.to(float32).data<float>().ToArray();
    }

    [Fact]
    public void Operators_agree_with_arithmetic()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (tensor([1f, 2f, 4f]), tensor([2f, 2f, 8f]));
        Assert.Equal([3f, 4f, 12f], Values(a + b));
        Assert.Equal([-1f, 0f, -4f], Values(a - b));
        Assert.Equal([2f, 4f, 32f], Values(a * b));
        Assert.Equal([0.5f, 1f, 0.5f], Values(a / b));
        Assert.Equal([1f, 0f, 4f], Values(a % b));
        Assert.Equal([-1f, -2f, -4f], Values(-a));
    }

    [Fact]
    public void Numbers_stand_on_either_side()
    {
        using var scope = NewDisposeScope();
        var a = tensor([1f, 2f, 4f]);
        Assert.Equal([2f, 3f, 5f], Values(a + 1));
        Assert.Equal([2f, 3f, 5f], Values(1L + a));
        Assert.Equal([0f, -1f, -3f], Values(1 - a));
        Assert.Equal([0.5f, 1f, 2f], Values(a * 0.5));
        Assert.Equal([2f, 1f, 0.5f], Values(2.0 / a));
        Assert.Equal([0.5f, 1f, 2f], Values(a / 2f));
        Assert.Equal([1f, 0f, 0f], Values(a % 2));
    }

    [Fact]
    public void Numbers_keep_the_tensors_element_type()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(ScalarType.Float32, (zeros(1) * 0.5).dtype);
        Assert.Equal(ScalarType.Float32, (arange(3) / 2).dtype);
        Assert.Equal(ScalarType.Int64, (arange(3) * 2).dtype);
        Assert.Equal(ScalarType.Int64, ones(3, dtype: @bool).sum().dtype);
        Assert.Equal(ScalarType.Float32, where(zeros(1) > 0, zeros(1), 1.0).dtype);
    }

    [Fact]
    public void Comparisons_give_truth_values()
    {
        using var scope = NewDisposeScope();
        var a = arange(4, dtype: float32);
        Assert.Equal([false, false, true, true], (a > 1).data<bool>().ToArray());
        Assert.Equal([false, false, true, true], (1.5 < a).data<bool>().ToArray());
        Assert.Equal([false, true, false, false], (a == 1).data<bool>().ToArray());
        Assert.Equal([true, false, true, true], (~(a == 1)).data<bool>().ToArray());
        Assert.Equal([false, false, true, false], ((a > 1) & (a < 3)).data<bool>().ToArray());
        Assert.Equal([true, true, false, true], ((a <= 1) | (a >= 3)).data<bool>().ToArray());
    }

    [Fact]
    public void Changes_in_place_return_the_same_object()
    {
        using var a = ones(3);
        Assert.Same(a, a.add_(1));
        Assert.Same(a, a.mul_(a));
        Assert.Same(a, a.clamp_(0, 3));
        Assert.Equal([3f, 3f, 3f], Values(a));
        using var zeroed = a.zero_();
        Assert.NotSame(a, zeroed);
        Assert.Equal([0f, 0f, 0f], Values(a));
    }

    [Fact]
    public void Conversions_return_another_object_over_the_same_memory()
    {
        using var a = zeros(2);
        using var same = a.to(float32);
        using var dense = a.contiguous();
        Assert.NotSame(a, same);
        Assert.NotSame(a, dense);
        same.add_(1);
        Assert.Equal([1f, 1f], Values(dense));
    }

    [Fact]
    public void Division_rounds_as_it_is_told()
    {
        using var scope = NewDisposeScope();
        var a = tensor([-7f, 7f]);
        Assert.Equal([-4f, 3f], Values(a.div(2, RoundingMode.floor)));
        Assert.Equal([-3f, 3f], Values(a.div(2, RoundingMode.trunc)));
        Assert.Equal([-3.5f, 3.5f], Values(torch.div(a, 2)));
    }

    [Fact]
    public void Reductions_agree_with_sums_by_hand()
    {
        using var scope = NewDisposeScope();
        var m = arange(6, dtype: float32).view(2, 3);
        Assert.Equal([3f, 12f], Values(m.sum(1)));
        Assert.Equal([2, 1], m.sum(1, keepdim: true).shape);
        Assert.Equal([1.5f, 2.5f, 3.5f], Values(m.mean([0])));
        Assert.Equal([2f, 5f], Values(m.max(1).values));
        Assert.Equal([2L, 2L], m.argmax(1).data<long>().ToArray());
        Assert.Equal([0f, 3f], Values(m.amin([1])));
        Assert.Equal(2.5f, m.mean().item<float>());
        Assert.Equal(1f, m.std(1)[0].item<float>());
        Assert.Equal(2f / 3, m.var(1, unbiased: false)[0].item<float>(), 6);
        Assert.Equal(MathF.Sqrt(55), m.norm().item<float>(), 5);
        Assert.Equal([0f, 1f, 2f, 3f, 5f, 7f], Values(m.cumsum(0)));
    }

    [Fact]
    public void Sorting_gives_values_and_places()
    {
        using var scope = NewDisposeScope();
        var a = tensor([3f, 1f, 2f]);
        var (values, indices) = a.sort(descending: true);
        Assert.Equal([3f, 2f, 1f], Values(values));
        Assert.Equal([0L, 2L, 1L], indices.data<long>().ToArray());
        var (top, places) = a.topk(2);
        Assert.Equal([3f, 2f], Values(top));
        Assert.Equal([0L, 2L], places.data<long>().ToArray());
        Assert.Equal([1L, 2L, 0L], a.argsort().data<long>().ToArray());
        var (distinct, inverse, counts) = tensor([2L, 1L, 2L]).unique(return_counts: true);
        Assert.Null(inverse);
        Assert.Equal([1L, 2L], distinct.data<long>().ToArray());
        Assert.Equal([1L, 2L], counts!.data<long>().ToArray());
    }

    [Fact]
    public void Products_agree_with_products_by_hand()
    {
        using var scope = NewDisposeScope();
        var a = tensor(new float[,] { { 1, 2 }, { 3, 4 } });
        Assert.Equal([7f, 10f, 15f, 22f], Values(a.matmul(a)));
        Assert.Equal([7f, 10f, 15f, 22f], Values(einsum("ij,jk->ik", a, a)));
        Assert.Equal(-2f, linalg.det(a).item<float>(), 5);
        Assert.True(linalg.inv(a).matmul(a).allclose(eye(2), atol: 1e-5));
        Assert.Equal([5f, 11f], Values(a.mv(tensor([1f, 2f]))));
    }

    [Fact]
    public void A_signal_survives_its_transforms()
    {
        using var scope = NewDisposeScope();
        var signal = randn(400);
        var window = hann_window(64);
        var back = signal.stft(64, window: window, return_complex: true).istft(64, window: window, length: 400);
        Assert.True(signal.allclose(back, atol: 1e-5));
        Assert.True(fft.irfft(fft.rfft(signal), 400).allclose(signal, atol: 1e-5));
    }

    [Fact]
    public void Seeded_numbers_repeat()
    {
        using var scope = NewDisposeScope();
        torch.random.manual_seed(3);
        var first = rand(4);
        Assert.Equal(Values(first), Values(rand([4], generator: new Generator(3))));
        Assert.Equal(0.0042635202f, first[0].item<float>());
        var state = get_rng_state();
        var next = randn(3);
        set_rng_state(state);
        Assert.Equal(Values(next), Values(randn(3)));
    }
}
