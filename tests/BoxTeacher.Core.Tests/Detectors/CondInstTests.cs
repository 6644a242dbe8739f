using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Detectors;

public sealed class CondInstTests
{
    [Fact]
    public void Stages_have_the_documented_shapes()
    {
        using var scope = NewDisposeScope();
        using var detector = Small();
        var truth = Truth([10, 12, 60, 70, 50, 40, 90, 100], [0, 2]);
        var other = Truth([5, 5, 40, 30], [1]);
        var features = detector.Extract(randn(2, 3, 128, 96));
        var locations = 32 * 24 + 16 * 12 + 8 * 6 + 4 * 3;
        Assert.Equal([2, 3, locations], features.Dense.Logits.shape);
        Assert.Equal([2, 4, locations], features.Dense.Ltrb.shape);
        Assert.Equal([2, locations], features.Dense.Centerness.shape);
        Assert.Equal([2, 8, 32, 24], features.MaskFeatures.shape);
        Assert.True(features.Dense.Ltrb.min().item<float>() >= 0);

        var targets = detector.Assign(features, [truth, other]);
        var instances = Select(detector, features, targets);
        Assert.InRange(instances.Count, 3, 64);
        Assert.Equal([instances.Count, detector.MaskHead.ParameterCount], instances.Parameters.shape);
        Assert.Equal([instances.Count, 1, 32, 24], detector.MaskLogits(features, instances).shape);
        Assert.Equal(instances.BoxIndex.Order(), instances.BoxIndex);
        Assert.All(instances.BoxIndex.Zip(instances.Images), pair => Assert.Equal(pair.First < 2 ? 0 : 1, pair.Second));
    }

    [Fact]
    public void Quota_is_shared_by_the_boxes_of_an_image()
    {
        using var scope = NewDisposeScope();
        using var detector = Small();
        // Many boxes of about the same place: far more than 32 positive locations.
        float[] boxes = [.. Enumerable.Range(0, 12).SelectMany(i => new float[] { 8 * i, 8 * i, 8 * i + 22, 8 * i + 22 })];
        var truth = Truth(boxes, new long[12]);
        var features = detector.Extract(randn(1, 3, 128, 128));
        var targets = detector.Assign(features, [truth]);
        Assert.True(targets.Count > 32);
        var perBox = Select(detector, features, targets).BoxIndex.GroupBy(box => box).ToList();
        var quota = 32 / perBox.Count;
        Assert.All(perBox, box => Assert.Equal(Math.Min(quota, targets.BoxIndex.Count(other => other == box.Key)), box.Count()));
    }

    [Fact]
    public void Batch_without_boxes_trains_on_a_connected_zero()
    {
        using var scope = NewDisposeScope();
        using var detector = Small();
        var truth = Truth([], []);
        var features = detector.Extract(randn(1, 3, 64, 64));
        var targets = detector.Assign(features, [truth]);
        var instances = Select(detector, features, targets);
        Assert.Equal(0, targets.Count);
        Assert.Equal(0, instances.Count);
        Assert.Equal([0, 1, 16, 16], detector.MaskLogits(features, instances).shape);
        var sizes = new[] { new ImageSize(64, 64) };
        var view = new View(new ImageBatch(zeros(1, 3, 64, 64), sizes), [Homography.Identity], sizes, [truth]);
        var learned = detector.Learn(features, view, new Step(0, new RandomStream(1)));
        Assert.Equal([0, 16, 16], learned.Masks.Logits.shape);
        var zero = learned.Masks.Logits.sum();
        Assert.Equal(0, zero.item<float>());
        zero.backward();
        Assert.Equal(0, detector.Controller.Weight.grad!.abs().max().item<float>());
    }

    [Fact]
    public void Gradient_of_the_sparse_controller_equals_the_dense_one()
    {
        using var scope = NewDisposeScope();
        using var detector = Small();
        var features = detector.Extract(randn(2, 3, 64, 64));
        var grid = features.Dense.Grid;
        int[] locations = [0, 5, 255, 256, 300, grid.Count - 1];
        BoxCandidates Of(params int[] chosen) => new(new float[4 * chosen.Length], new float[chosen.Length], new long[chosen.Length], chosen);
        var instances = detector.InstancesOf(features, [Of(locations), Of(7, 0)]);
        var factor = randn_like(instances.Parameters);
        var weight = detector.Controller.Weight;
        var inputs = new List<Tensor> { weight, features.Pyramid[0] };
        var sparse = autograd.grad([(instances.Parameters * factor).sum()], inputs, retain_graph: true);

        var dense = cat([.. features.Dense.BoxTower.Select(tower => detector.Controller.call(tower).flatten(2))], 2);
        var rows = instances.Images.Zip(locations.Concat([7, 0]), (image, location) => dense[image].select(1, location));
        var table = stack(rows);
        GoldenAssert.Close(table, instances.Parameters, 1e-6, 1e-4, "parameters");
        var expected = autograd.grad([(table * factor).sum()], inputs);
        GoldenAssert.Close(expected[0], sparse[0], 1e-5, 1e-4, "gradient of the controller");
        GoldenAssert.Close(expected[1], sparse[1], 1e-5, 1e-4, "gradient of the finest level");
    }

    [Fact]
    public void Detections_have_the_size_that_was_asked_for()
    {
        using var detector = Small();
        detector.eval();
        using var scope = NewDisposeScope();
        // A high prior, so that an untrained detector finds something.
        using (no_grad())
            foreach (var (name, parameter) in detector.named_parameters())
                if (name.EndsWith("cls_logits.bias", StringComparison.Ordinal))
                    parameter.fill_(1);
        var batch = ImageBatch.Collate([randn(3, 60, 90), randn(3, 64, 70)]);
        Assert.Equal(new ImageSize(64, 96), batch.PaddedSize);
        var found = detector.Detect(batch, [new ImageSize(30, 45), new ImageSize(128, 140)]);
        Assert.Equal(2, found.Count);
        foreach (var (image, size) in found.Zip([new ImageSize(30, 45), new ImageSize(128, 140)]))
        {
            Assert.NotEmpty(image);
            Assert.All(image, one => Assert.Equal(size, one.Mask!.Size));
            Assert.InRange(image.Max(one => one.Box.X1), 0, size.Width);
        }
    }

    [Fact]
    public void Training_step_leaves_no_tensor_behind()
    {
        using var detector = Small();
        var truth = Truth([10, 12, 60, 50], [1]);
        using var images = randn(1, 3, 64, 64);
        Step();
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Step();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Step()
        {
            using var scope = NewDisposeScope();
            var features = detector.Extract(images);
            var targets = detector.Assign(features, [truth]);
            var logits = detector.MaskLogits(features, Select(detector, features, targets));
            (logits.sum() + features.Dense.Logits.sum() + features.Dense.Ltrb.sum() + features.Dense.Centerness.sum()).backward();
            detector.zero_grad();
        }
    }

    private static CondInst Small()
    {
        random.manual_seed(3);
        return CondInst.Small(classes: 3);
    }

    private static MaskInstances Select(CondInst detector, CondInstFeatures features, FcosTargets targets) =>
        detector.InstancesAt(features, targets, MaskSampling.BestOfBoxes(32)(features, targets, new Step(0, new RandomStream(1))));

    private static Instances Truth(float[] boxes, long[] classes) => new(tensor(boxes, [classes.Length, 4]), tensor(classes, [classes.Length]));
}
