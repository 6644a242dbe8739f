using BoxTeacher.Losses;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>The pairwise term against the published implementation, values and gradients, in both of its forms.</summary>
public sealed class PairwiseGoldenTests
{
    private const string Case = "boxteacher/b_pairwise_term";

    [GoldenFact(Case + ".json")]
    public void Loss_of_each_pair_agrees() => Check((instance, suffix, dtype, absolute, relative) =>
    {
        var pairs = PairsOf(instance);
        var logits = instance["in.logits"].to(dtype).squeeze(1).requires_grad_();
        var loss = pairs.Unfold(PairwiseAffinity.PerPair(logits, pairs));
        GoldenAssert.Close(instance["out.loss" + suffix], loss, absolute, relative, $"{instance} loss{suffix}");
        (loss * instance["in.upstream"].to(dtype)).sum().backward();
        GoldenAssert.Close(instance["grad.logits" + suffix].squeeze(1), logits.grad!, absolute, relative, $"{instance} gradient{suffix}");
    });

    [GoldenFact(Case + ".json")]
    public void Weighted_sums_agree() => Check((instance, suffix, dtype, absolute, relative) =>
    {
        var pairs = PairsOf(instance);
        var logits = instance["in.logits"].to(dtype).squeeze(1).requires_grad_();
        var upstream = instance["in.upstream"].to(dtype);
        var expected = (instance["out.loss" + suffix] * upstream).sum([1, 2, 3]);
        var whole = new PixelRegion(0, 0, (int)logits.size(1), (int)logits.size(2));
        var groups = Enumerable.Range(0, (int)logits.size(0)).Select(n => new InstanceGroup(n, n, 1, whole)).ToArray();
        var sum = PairwiseAffinity.Sums(logits, [pairs.Fold(upstream)], groups, pairs)[0];
        // Terms of the size of the logits cancel, so the sum carries the rounding of the largest one.
        var size = Math.Max(1, Largest(logits)) * Largest(upstream.abs().sum([1, 2, 3]));
        GoldenAssert.Close(expected, sum, absolute * size, relative, $"{instance} sum{suffix}");
        sum.sum().backward();
        GoldenAssert.Close(instance["grad.logits" + suffix].squeeze(1), logits.grad!, absolute, relative, $"{instance} gradient{suffix}");
    });

    [Fact]
    public void No_instance_gives_no_loss()
    {
        using var scope = NewDisposeScope();
        var pairs = new PixelPairs();
        var none = zeros([0, 4, 4], requires_grad: true);
        var sum = PairwiseAffinity.Sums(none, [zeros(0, 4, 4, 4)], [], pairs)[0];
        Assert.Equal([0L], sum.shape);
        sum.sum().backward();
        Assert.Equal([0L, 4L, 4L, 4L], PairwiseAffinity.PerPair(none, pairs).shape);
    }

    private static double Largest(Tensor values) => values.detach().abs().max().to(float64).item<double>();

    private static void Check(Action<GoldenInstance, string, ScalarType, double, double> check)
    {
        var instances = GoldenCase.Load(Case).Instances.Where(instance => instance.Has("out.loss")).ToArray();
        Assert.NotEmpty(instances);
        foreach (var instance in instances)
        {
            using var scope = NewDisposeScope();
            check(instance, "", float32, 1e-5, 1e-5);
            if (instance.Has("out.loss@f64"))
            {
                check(instance, "@f64", float64, 1e-12, 1e-9);
            }
        }
    }

    private static PixelPairs PairsOf(GoldenInstance instance) => new(instance.Int("size"), instance.Int("dilation"));
}
