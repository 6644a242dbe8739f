using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Detectors;

public sealed class FasterRcnnTests
{
    private static readonly Step First = Step.Of(0, new RandomStream(3));

    [Fact]
    public void Stages_have_the_documented_shapes()
    {
        using var scope = NewDisposeScope();
        using var detector = FasterRcnn.Small(3);
        ImageSize[] sizes = [new(128, 96), new(100, 90)];
        var pyramid = detector.Features(randn(2, 3, 128, 96));
        Assert.Equal([[32, 24], [16, 12], [8, 6], [4, 3], [2, 2]], pyramid.Select(level => level.shape[2..]));

        var outputs = detector.Rpn(pyramid);
        Assert.Equal([2, 3, 32, 24], outputs.Logits[0].shape);
        Assert.Equal([2, 12, 32, 24], outputs.Deltas[0].shape);
        Assert.Equal([32 * 24 * 3, 4], outputs.Anchors[0].shape);

        var proposals = detector.Propose(outputs, sizes, detector.TrainingLimits);
        Assert.All(proposals, image => Assert.InRange(image.size(0), 1, detector.TrainingLimits.PerImage));
        Assert.False(proposals[0].requires_grad);
        Assert.InRange(proposals[1].amax([0])[2].item<float>(), 0, 90);
        Assert.InRange(proposals[1].amax([0])[3].item<float>(), 0, 100);

        var truth = new[] { Truth([10, 12, 60, 70, 50, 40, 90, 100], [0, 2]), Truth([5, 5, 40, 30], [1]) };
        var targets = detector.AssignAnchors(outputs, [.. truth.Select(image => image.Boxes)], First, sizes);
        Assert.Equal([targets.Positives.size(0), 4], targets.Deltas.shape);
        Assert.Equal(256, targets.Sampled.size(0));
        Assert.Equal(256, targets.Normalizer);

        var samples = detector.Sample(proposals, truth, First);
        Assert.Equal(samples.Count, samples.Boxes.Sum(image => image.size(0)));
        Assert.Equal([samples.Count, 4], samples.Deltas.shape);
        // At least the true boxes themselves.
        Assert.InRange((samples.Labels < 3).sum().item<long>(), 3, 32);
        Assert.Equal(HostValues.Longs(samples.Labels < 3), HostValues.Longs(samples.BoxIndex >= 0));

        var heads = detector.BoxHead(pyramid, samples.Boxes);
        Assert.Equal([samples.Count, 4], heads.Logits.shape);
        Assert.Equal([samples.Count, 12], heads.Deltas.shape);
        var refined = detector.Refine(heads, samples.Boxes, zeros(samples.Count, int64), sizes);
        Assert.Equal(samples.Boxes.Select(image => image.shape), refined.Select(image => image.shape));
    }

    [Fact]
    public void Images_without_objects_teach_background()
    {
        using var scope = NewDisposeScope();
        using var detector = FasterRcnn.Small(2);
        var losses = detector.Losses(ViewOf(64, Truth([], []), Truth([], [])), First);

        Assert.Equal(["loss_rpn_cls", "loss_rpn_bbox", "loss_cls", "loss_bbox"], losses.Select(term => term.Name));
        Assert.True(losses["loss_cls"].Value().item<float>() > 0);
        Assert.Equal(0, losses["loss_bbox"].Value().item<float>());
        Assert.Equal(0, losses["loss_rpn_bbox"].Value().item<float>());
        losses.Total().backward();
        Assert.All(Trained(detector), entry => Assert.NotNull(entry.grad));
        Assert.Equal(0, Of(detector, "bbox_pred.weight").grad!.abs().max().item<float>());
    }

    [Fact]
    public void Without_proposals_there_are_no_samples_and_no_detections()
    {
        using var scope = NewDisposeScope();
        using var detector = FasterRcnn.Small(2);
        ImageSize[] sizes = [new(64, 64)];
        var pyramid = detector.Features(randn(1, 3, 64, 64));
        Tensor[] none = [zeros(0, 4)];

        var samples = detector.Sample(none, [Truth([], [])], First);
        var outputs = detector.BoxHead(pyramid, samples.Boxes);
        Assert.Equal(0, samples.Count);
        Assert.Equal([0, 3], outputs.Logits.shape);
        Assert.Equal(0, detector.Detections(outputs, samples.Boxes, sizes)[0].Count);
        var total = new LossTerms([detector.ClassLoss(outputs, samples), detector.BoxLoss(outputs, samples)]).Total();
        Assert.Equal(0, total.item<float>());
        total.backward();

        // The true box is a proposal of its own.
        var samplesOfTruth = detector.Sample(none, [Truth([8, 8, 40, 40], [1])], First);
        Assert.Equal([1L], HostValues.Longs(samplesOfTruth.Labels));
        Assert.Equal([0f, 0f, 0f, 0f], HostValues.Floats(samplesOfTruth.Deltas));
    }

    [Fact]
    public void Detections_have_the_size_that_was_asked_for()
    {
        using var scope = NewDisposeScope();
        using var detector = Eager(FasterRcnn.Small(2));
        detector.eval();
        var batch = ImageBatch.Collate([randn(3, 60, 90), randn(3, 64, 70)]);
        ImageSize[] sizes = [new(30, 45), new(128, 140)];
        var found = detector.Detect(batch, sizes);
        var own = detector.Detect(batch);

        Assert.Equal(2, found.Count);
        for (var image = 0; image < 2; image++)
        {
            Assert.NotEmpty(found[image]);
            Assert.Equal(own[image].Count, found[image].Count);
            var (scale, size) = ((double)sizes[image].Width / batch.Sizes[image].Width, sizes[image]);
            Assert.All(found[image].Zip(own[image]), pair => Assert.Equal(pair.Second.Box.X1 * scale, pair.First.Box.X1, 1e-2));
            Assert.InRange(found[image].Max(one => one.Box.X1), 0, size.Width);
            Assert.InRange(found[image].Max(one => one.Box.Y1), 0, size.Height);
        }
    }

    [Fact]
    public void A_mask_head_learns_the_masks_of_positives_and_pastes_its_own()
    {
        using var scope = NewDisposeScope();
        using var detector = Eager(FasterRcnn.Small(2, masks: true));
        Assert.True(detector.HasMasks);
        var truth = Truth([8, 8, 40, 40], [1]);
        truth = new Instances(truth.Boxes, truth.Classes, Masks: zeros(1, 64, 64));
        var losses = detector.Losses(ViewOf(64, truth, Truth([], [])), First);
        Assert.Equal(Math.Log(2), losses["loss_mask"].Value().item<float>(), 0.05);
        losses.Total().backward();
        Assert.All(Trained(detector), entry => Assert.NotNull(entry.grad));

        var images = ImageBatch.Collate([randn(3, 60, 90), randn(3, 64, 70)]);
        var pyramid = detector.Features(images.Images);
        var proposals = detector.Propose(detector.Rpn(pyramid), images.Sizes, detector.InferenceLimits);
        var found = detector.Detections(detector.BoxHead(pyramid, proposals), proposals, images.Sizes);
        var withMasks = detector.WithMasks(pyramid, found, images.Sizes);
        Assert.Equal([found[0].Count, 60, 90], withMasks[0].Masks!.shape);
        Assert.InRange(withMasks[0].Masks!.max().item<float>(), 0, 1);
        Assert.All(detector.Detect(images, [new ImageSize(30, 45), new ImageSize(64, 70)])[0], one =>
            Assert.Equal(new ImageSize(30, 45), one.Mask!.Size));
    }

    [Fact]
    public void Without_objects_a_mask_head_learns_nothing_from_a_connected_zero()
    {
        using var scope = NewDisposeScope();
        using var detector = FasterRcnn.Small(2, masks: true);
        var term = detector.Losses(ViewOf(64, Truth([], [])), First)["loss_mask"].Value();
        Assert.Equal(0, term.item<float>());
        term.backward();
        Assert.Equal(0, Of(detector, "mask_head.predictor.weight").grad!.abs().max().item<float>());
        Assert.Throws<InvalidDataException>(() => detector.Losses(ViewOf(64, Truth([8, 8, 40, 40], [1])), First));
        using var boxes = FasterRcnn.Small(2);
        Assert.Throws<InvalidOperationException>(() => boxes.MaskHead(boxes.Features(randn(1, 3, 64, 64)), [zeros(0, 4)]));
    }

    [Fact]
    public void A_step_leaves_no_tensor_behind()
    {
        using var scope = NewDisposeScope();
        using var detector = FasterRcnn.Small(2);
        var view = ViewOf(64, Truth([8, 8, 40, 40], [1]), Truth([], []));
        var counts = new List<long>();
        for (var iteration = 0; iteration < 4; iteration++)
        {
            using (var step = NewDisposeScope())
            {
                detector.zero_grad();
                detector.Losses(view, Step.Of(iteration, new RandomStream(1))).Total().backward();
                detector.Detect(view.Images);
            }
            counts.Add(DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        }

        // The first step makes the gradients.
        Assert.Equal(counts[1], counts[^1]);
    }

    [Fact]
    public void The_same_step_draws_the_same_samples_and_another_one_others()
    {
        using var scope = NewDisposeScope();
        using var detector = FasterRcnn.Small(2);
        var outputs = detector.Rpn(detector.Features(randn(1, 3, 128, 128)));
        Tensor[] boxes = [tensor(new float[] { 8, 8, 40, 40 }, [1, 4])];
        long[] Draw(long iteration) =>
            HostValues.Longs(detector.AssignAnchors(outputs, boxes, Step.Of(iteration, new RandomStream(1))).Sampled);

        Assert.Equal(Draw(0), Draw(0));
        Assert.NotEqual(Draw(0), Draw(1));
    }

    [Fact]
    public void It_works_in_double_precision()
    {
        using var scope = NewDisposeScope();
        using var detector = Eager(FasterRcnn.Small(2));
        detector.to(float64);
        var view = ViewOf(64, Truth([8, 8, 40, 40], [1]));
        view = view with { Images = new ImageBatch(view.Images.Images.to(float64), view.Images.Sizes) };
        var total = detector.Losses(view, First).Total();
        Assert.Equal(float64, total.dtype);
        total.backward();
        Assert.NotEmpty(detector.Detect(view.Images)[0]);
    }

    [Fact]
    public void Anchors_in_the_padding_of_a_batch_do_not_learn()
    {
        using var scope = NewDisposeScope();
        using var detector = FasterRcnn.Small(2);
        var outputs = detector.Rpn(detector.Features(randn(1, 3, 64, 128)));
        Tensor[] boxes = [zeros(0, 4)];
        var all = HostValues.Longs(detector.AssignAnchors(outputs, boxes, First).Sampled);
        var own = HostValues.Longs(detector.AssignAnchors(outputs, boxes, First, [new ImageSize(50, 60)]).Sampled);
        var anchors = cat([.. outputs.Anchors]);
        bool Left(long anchor) => (anchors[anchor][0] + anchors[anchor][2]).item<float>() / 2 < 64;

        Assert.Contains(all, anchor => !Left(anchor));
        Assert.All(own, anchor => Assert.True(Left(anchor)));
    }

    [Fact]
    public void Random_subsets_have_every_member_equally_often()
    {
        long[] candidates = [3, 5, 8, 9, 20];
        var random = new RandomStream(1);
        var counts = candidates.ToDictionary(candidate => candidate, _ => 0);
        for (var i = 0; i < 5000; i++)
        {
            var chosen = Subset.Random(candidates, 2, random);
            Assert.Equal(2, chosen.Length);
            Assert.True(chosen[0] < chosen[1]);
            foreach (var one in chosen)
                counts[one]++;
        }

        Assert.All(counts.Values, count => Assert.InRange(count, 1850, 2150));
        Assert.Equal(candidates, Subset.Random(candidates, 7, random));
        Assert.Empty(Subset.Random(candidates, 0, random));
    }

    [Fact]
    public void Rules_of_low_quality_differ_in_minimum_and_owner()
    {
        using var scope = NewDisposeScope();
        // Two objects; box 0 is the best of both and overlaps the first one more, box 1 is the best of none, box 2 touches nothing.
        var overlaps = tensor(new[] { 0.6f, 0.2f, 0, 0.25f, 0.1f, 0 }, [2, 3]);
        var nearest = overlaps.max(0).indexes;

        Assert.Equal([1L, -1, -1], HostValues.Longs(LowQuality.Best(0)(overlaps, nearest)));
        Assert.Equal([0L, -1, -1], HostValues.Longs(LowQuality.Best(0.3)(overlaps, nearest)));
        Assert.Equal([0L, -1, -1], HostValues.Longs(LowQuality.OwnBest(overlaps, nearest)));
    }

    [Fact]
    public void The_true_boxes_of_detectron2_stand_behind_the_proposals()
    {
        using var scope = NewDisposeScope();
        Tensor[] proposals = [tensor(new float[] { 0, 0, 10, 10, 50, 50, 60, 60 }, [2, 4])];
        var truth = new[] { Truth([0, 0, 10, 11], [1]) };
        long[] Rows(TruthAmongProposals place) => HostValues.Longs(
            new RoiSampler(Subset.First, positiveShare: 0.5, samples: 4, truthPlace: place).Sample(proposals, truth, 2, new RandomStream(1)).Candidates);

        Assert.Equal([0L, 1, 2], Rows(TruthPlaces.First));
        Assert.Equal([0L, 2, 1], Rows(TruthPlaces.Last));
        Assert.Equal([0L, 1], Rows(TruthPlaces.Absent));
    }

    [Fact]
    public void Limited_from_above_a_box_still_becomes_as_small_as_it_likes()
    {
        using var scope = NewDisposeScope();
        var box = tensor(new float[] { 0, 0, 100, 100 }, [1, 4]);
        var deltas = tensor(new float[] { 0, 0, 9, -9 }, [1, 4]);
        double[] Sides(SideLimit limit)
        {
            var moved = new BoxCoder([1, 1, 1, 1], limit).Decode(box, deltas)[0];
            return [(moved[2] - moved[0]).item<float>(), (moved[3] - moved[1]).item<float>()];
        }

        Assert.Equal([6250, 1.6], Sides(SideLimits.Both()).Select(side => Math.Round(side, 2)));
        Assert.Equal([6250, Math.Round(100 * Math.Exp(-9), 2)], Sides(SideLimits.Above()).Select(side => Math.Round(side, 2)));
    }

    [Fact]
    public void Focal_loss_without_focus_is_cross_entropy()
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = (randn(7, 4), tensor(new long[] { 0, 1, 2, 3, 0, 1, 2 }));
        var entropy = SoftmaxLosses.CrossEntropy(logits, labels);
        GoldenAssert.Close(entropy, SoftmaxLosses.Focal(0)(logits, labels), 1e-6, 1e-6, "gamma 0");
        var p = logits.softmax(1).gather(1, labels.unsqueeze(1)).squeeze(1);
        GoldenAssert.Close((1 - p).pow(1.5) * -p.log(), SoftmaxLosses.Focal()(logits, labels), 1e-6, 1e-5, "gamma 1.5");
    }

    [Fact]
    public void Moves_of_all_classes_alike_serve_each_class()
    {
        using var scope = NewDisposeScope();
        var labels = tensor(new long[] { 1, 2, 0 });
        var (deltas, targets) = (randn(3, 4), randn(3, 4));
        var alike = new RoiLoss().Box(deltas, labels, targets, 2).Value();
        var each = new RoiLoss().Box(deltas.repeat(1, 2), labels, targets, 2).Value();
        Assert.Equal(each.item<float>(), alike.item<float>(), 1e-6);
    }

    private static Parameter[] Trained(FasterRcnn detector) => [.. detector.parameters().Where(parameter => parameter.requires_grad)];

    private static Parameter Of(FasterRcnn detector, string name) =>
        detector.named_parameters().Single(entry => entry.name.EndsWith(name, StringComparison.Ordinal)).parameter;

    // Sure of the first class everywhere, so that an untrained detector finds something.
    private static FasterRcnn Eager(FasterRcnn detector)
    {
        using var gradients = no_grad();
        Of(detector, "cls_score.bias")[0] = 3;
        return detector;
    }

    private static View ViewOf(int side, params Instances[] truth)
    {
        ImageSize[] sizes = [.. truth.Select(_ => new ImageSize(side, side))];
        return new View(
            new ImageBatch(randn(truth.Length, 3, side, side), sizes), [.. truth.Select(_ => Homography.Identity)], sizes, truth);
    }

    private static Instances Truth(float[] boxes, long[] classes) =>
        new(tensor(boxes, [classes.Length, 4]), tensor(classes, [classes.Length]));
}
