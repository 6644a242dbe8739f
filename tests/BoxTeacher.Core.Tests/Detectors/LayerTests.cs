using BoxTeacher.Layers;
using BoxTeacher.Structures;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Tests.Detectors;

public sealed class LayerTests
{
    [Fact]
    public void Iou_of_known_boxes()
    {
        float[][] left = [[0, 0, 10, 10], [5, 5, 5, 5]], right = [[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]];
        float[] expected = [1, 1 / 3f, 0, 0, 0, 0];
        Assert.Equal(expected, left.SelectMany(_ => right, (one, other) => Box.IoU(one, other)), (a, b) => MathF.Abs(a - b) <= 1e-6f);
        Assert.Equal(0, Box.IoU([5, 5, 5, 5], [5, 5, 5, 5]));
    }

    /// <summary>Up to 59 detections; few distinct scores, so that ties occur.</summary>
    public static Arbitrary<(float[] Box, float Score, long Class)[]> Detections()
    {
        var share = Gen.Choose(0, 9999).Select(draw => draw / 10_000f);
        var detection = from corner in share.Two()
                        from extent in share.Two()
                        let x = corner.Item1 * 50
                        let y = corner.Item2 * 50
                        from score in Gen.Choose(0, 9)
                        from @class in Gen.Choose(0, 2)
                        select (new[] { x, y, x + 5 + extent.Item1 * 30, y + 5 + extent.Item2 * 30 }, score / 10f, (long)@class);
        return Arb.From(Gen.Choose(1, 59).SelectMany(detection.ArrayOf), all => all.Where(_ => all.Length > 1).Select(left => all.Where(one => one != left).ToArray()));
    }

    [Property(Arbitrary = [typeof(LayerTests)])]
    public void Suppression_agrees_with_its_definition((float[] Box, float Score, long Class)[] detections, PositiveInt most)
    {
        float[] boxes = [.. detections.SelectMany(detection => detection.Box)], scores = [.. detections.Select(detection => detection.Score)];
        long[] classes = [.. detections.Select(detection => detection.Class)];

        var expected = new List<int>();
        foreach (var i in Enumerable.Range(0, detections.Length).OrderByDescending(i => scores[i]))
            if (!expected.Any(k => classes[k] == classes[i] && Box.IoU(detections[k].Box, detections[i].Box) > 0.5f))
                expected.Add(i);
        Assert.Equal(expected, NonMaximumSuppression.ByClass(boxes, scores, classes, 0.5f));

        var limit = 1 + most.Get % detections.Length;
        var limited = NonMaximumSuppression.ByClass(boxes, scores, classes, 0.5f, limit);
        var last = scores[expected[Math.Min(limit, expected.Count) - 1]];
        Assert.Equal(expected.Where((k, rank) => rank < limit || scores[k] == last), limited);
    }

    [Fact]
    public void Suppression_refuses_arrays_of_different_length() =>
        Assert.Throws<ArgumentException>(() => NonMaximumSuppression.ByClass(new float[8], new float[2], new long[1], 0.5f));

    [Fact]
    public void Folded_frozen_norm_equals_the_norm_after_the_convolution()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        var norm = new FrozenBatchNorm2d(6);
        norm.load_state_dict(new Dictionary<string, Tensor>
        {
            ["weight"] = rand(6) + 0.5, ["bias"] = randn(6), ["running_mean"] = randn(6), ["running_var"] = rand(6) + 0.1,
        });
        using var layer = new ConvNorm(4, 6, 3, 2, _ => norm);
        var input = randn(2, 4, 9, 8);
        var output = layer.call(input);
        GoldenAssert.Close(norm.call(F.conv2d(input, layer.Weight, null, [2, 2], [1, 1])), output, 1e-5, 1e-5, "folded");
        var factor = randn_like(output);
        (output * factor).sum().backward();
        var gradient = layer.Weight.grad!.clone();
        layer.zero_grad();
        (norm.call(F.conv2d(input, layer.Weight, null, [2, 2], [1, 1])) * factor).sum().backward();
        GoldenAssert.Close(layer.Weight.grad!, gradient, 1e-4, 1e-5, "gradient");
        Assert.Equal(["weight", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"], layer.state_dict().Keys);
        Assert.Single(layer.parameters());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    public void Enlargement_needs_a_positive_factor(int factor)
    {
        using var input = zeros(1, 1, 2, 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => AlignedBilinear.Upsample(input, factor));
    }
}
