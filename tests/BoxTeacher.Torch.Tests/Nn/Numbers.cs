using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests.Nn;

/// <summary>Comparison with numbers computed by PyTorch 1.13.1.</summary>
internal static class Numbers
{
    internal static float[] Values(this Tensor t)
    {
        using var flat = t.detach().to(ScalarType.Float32).contiguous();
        return flat.data<float>().ToArray();
    }

    /// <summary>The first elements of the tensor are these.</summary>
    internal static void StartsWith(this Tensor t, params float[] expected) => Equal(expected, t.Values()[..expected.Length]);

    internal static void Is(this Tensor t, params float[] expected) => Equal(expected, t.Values());

    private static void Equal(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var k = 0; k < expected.Length; k++) {
            Assert.True(Math.Abs(expected[k] - actual[k]) <= 2e-6f + 2e-6f * Math.Abs(expected[k]),
                $"element {k}: expected {expected[k]}, got {actual[k]} in [{string.Join(", ", actual)}]");
        }
    }

    /// <summary>0, 1, 2, ... in the given shape.</summary>
    internal static Tensor Counting(params long[] shape) => arange(shape.Aggregate(1L, (a, b) => a * b), dtype: ScalarType.Float32).reshape(shape);
}
