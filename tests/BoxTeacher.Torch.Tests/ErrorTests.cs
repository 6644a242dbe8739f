using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests;

/// <summary>A mistake raises; it never ends the process.</summary>
public class ErrorTests
{
    private static string Message(Action action) => Assert.Throws<ExternalException>(action).Message;

    [Fact]
    public void Wrong_shapes_raise_with_libtorchs_own_first_line()
    {
        using var a = zeros(3, 4);
        using var b = zeros(2);
        Assert.StartsWith("mat1 and mat2 shapes cannot be multiplied (3x4 and 3x4)", Message(() => a.matmul(a)), StringComparison.Ordinal);
        Assert.StartsWith("The size of tensor a (4) must match the size of tensor b (2)", Message(() => _ = a + b), StringComparison.Ordinal);
        Assert.StartsWith("shape '[5, 5]' is invalid for input of size 12", Message(() => a.view(5, 5)), StringComparison.Ordinal);
        Assert.StartsWith("Dimension out of range", Message(() => a.sum(7)), StringComparison.Ordinal);
        Assert.StartsWith("Dimension out of range", Message(() => a.cummax(7)), StringComparison.Ordinal);
        Assert.StartsWith("Dimension out of range", Message(() => a.size(7)), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_element_types_raise()
    {
        using var scope = NewDisposeScope();
        var a = zeros(3, 4);
        Assert.StartsWith("scatter(): Expected self.dtype to be equal to src.dtype", Message(() => a.scatter_(1, zeros(3, 1, dtype: int64), 1.0)), StringComparison.Ordinal);
        Assert.Throws<ExternalException>(() => a[zeros(2, dtype: float32)]);
        Assert.Throws<ExternalException>(() => cat([a, tensor(1f)]));
    }

    [Fact]
    public void A_device_that_is_not_there_raises()
    {
        if (cuda.is_available()) {
            return;
        }
        using var a = zeros(2);
        Assert.Throws<ExternalException>(() => a.cuda());
        Assert.Throws<ExternalException>(() => zeros(2, device: "cuda:0"));
        Assert.Throws<ArgumentException>(() => new Device("gpu"));
    }

    [Fact]
    public void A_disposed_tensor_raises_wherever_it_is_used()
    {
        var a = zeros(2);
        a.Dispose();
        a.Dispose();
        Assert.True(a.IsInvalid);
        foreach (var use in (Action[])[() => _ = a + 1, () => _ = a.shape, () => a.sum(), () => a.item<float>(), () => _ = a[0], () => a.data<float>(), () => cat([a, a]), () => _ = a.grad]) {
            Assert.Equal("Tensor invalid -- empty handle.", Assert.Throws<InvalidOperationException>(use).Message);
        }
    }

    [Fact]
    public void Values_are_read_by_their_own_type_only()
    {
        using var a = tensor(1.5f);
        Assert.Equal(1.5f, a.item<float>());
        Assert.Equal("Double is not compatible with Float32", Assert.Throws<ArgumentException>(() => a.item<double>()).Message);
        Assert.Equal(1.5, a.ToDouble());
        Assert.Equal(1, (int)a);
        using var two = zeros(2);
        Assert.Equal("Number of elements in the tensor must be 1", Assert.Throws<ArgumentException>(() => two.item<float>()).Message);
        Assert.Equal((1f, 2f), tensor((1f, 2f)).item<(float, float)>());
        Assert.True(tensor(true).item<bool>());
        Assert.Equal((Half)0.5, tensor(0.5f, device: null).to(float16).item<Half>());
    }

    [Fact]
    public void An_error_on_one_thread_does_not_show_on_another()
    {
        Parallel.For(0, 64, k => {
            using var a = zeros(k + 2, 3);
            using var b = zeros(k + 4, 1);
            Assert.Contains($"({k + 2})", Message(() => _ = a + b), StringComparison.Ordinal);
        });
    }
}
