using BoxTeacher.Kernels;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Teaching;

public sealed class PairKernelTests
{
    public static TheoryData<int, int, int, int> Shapes => new()
    {
        { 3, 1, 9, 13 }, { 3, 2, 16, 16 }, { 5, 1, 7, 30 }, { 3, 2, 1, 5 }, { 3, 2, 5, 1 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Fused_sums_are_those_of_the_operators(int window, int dilation, int height, int width)
    {
        using var scope = NewDisposeScope();
        var pairs = new PixelPairs(window, dilation);
        using var source = new Generator(11);
        // Logits of any size, saturated and equal ones among them.
        var logits = randn([6, height, width], generator: source) * 20;
        logits[1].fill_(50);
        logits[2].fill_(0);
        var whole = new PixelRegion(0, 0, height, width);
        var corner = new PixelRegion(height / 2, width / 3, height - height / 2, width - width / 3);
        var weights = rand([2, 3, pairs.Count, height, width], generator: source) * pairs.Inside(logits);
        // The last two boxes weigh in their corner alone.
        var inCorner = zeros(height, width);
        inCorner.narrow(0, corner.Top, corner.Height).narrow(1, corner.Left, corner.Width).fill_(1);
        weights.narrow(1, 1, 2).mul_(inCorner);
        InstanceGroup[] groups = [new(0, 0, 2, whole), new(2, 2, 1, corner), new(1, 3, 2, corner), new(0, 5, 1, default)];

        var expected = PairOperators.Evaluate(logits.to(float64), weights.to(float64), groups, pairs);
        var actual = new PairKernel(pairs).Evaluate(logits, weights, groups);
        GoldenAssert.Close(expected.Values, actual.Values, 1e-4, 1e-5, "sums");
        GoldenAssert.Close(expected.Gradients, actual.Gradients, 1e-5, 1e-5, "gradients");
    }
}
