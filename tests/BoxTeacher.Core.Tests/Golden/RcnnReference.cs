using System.Globalization;
using BoxTeacher.Detectors;
using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Checks of anchors, assignment, sampling, losses and suppression of Faster R-CNN.</summary>
internal static class RcnnReference
{
    public static void AnchorBoxes(ReferenceCase c)
    {
        var anchors = new Anchors(Strides(c), c.Numbers("scales"), c.Numbers("ratios_h_over_w"), c.Number("center_offset"));
        c.Close("base_anchors", stack(Enumerable.Range(0, anchors.Levels).Select(level => anchors.Base(level, float32, CPU))));
        foreach (var (level, (height, width)) in Shapes(c).Index())
            c.Close($"level{level}", anchors.Of(level, height, width, float32, CPU));
    }

    public static void ValidFlags(ReferenceCase c)
    {
        var anchors = new Anchors(Strides(c), [8], [.. Enumerable.Repeat(1.0, c.Int("anchors_per_cell"))]);
        c.Equal("flags", anchors.Valid(Shapes(c), new ImageSize(c.Int("pad_height"), c.Int("pad_width")), CPU));
    }

    public static void InsideFlags(ReferenceCase c)
    {
        var size = new ImageSize(c.Int("img_height"), c.Int("img_width"));
        foreach (var output in c.OutputNames)
        {
            var border = output["border".Length..].TrimStart('_').Replace("minus", "-", StringComparison.Ordinal);
            double? pixels = double.Parse(border, CultureInfo.InvariantCulture) is >= 0 and var most ? most : null;
            c.Equal(output, Anchors.Learning(c.In("anchors"), c.In("valid"), size, pixels));
        }
    }

    public static void Encode(ReferenceCase c)
    {
        var coder = new BoxCoder(c.Numbers("stds"), means: c.Numbers("means"));
        var deltas = coder.Encode(c.In("boxes"), c.In("targets"));
        c.Close("deltas", deltas);
        c.Close("decoded", coder.Decode(c.In("boxes"), deltas));
    }

    public static void Decode(ReferenceCase c)
    {
        var coder = new BoxCoder(c.Numbers("stds"), SideLimits.Both(1 / c.Number("wh_ratio_clip")), c.Numbers("means"));
        var size = new ImageSize(c.Int("height"), c.Int("width"));
        var deltas = c.In("deltas").requires_grad_(true);
        var moved = coder.Decode(c.In("boxes"), deltas);
        var boxes = Instances.Clip(moved.view(moved.size(0), -1, 4), size).flatten(1);
        c.Close("decoded", boxes);
        boxes.backward([c.In("out_grad")]);
        c.Close("grad_deltas", deltas.grad!);
    }

    public static void Overlaps(ReferenceCase c)
    {
        var (a, b, smallest) = (c.In("a"), c.In("b"), c.Number("eps"));
        c.Close("iou", BoxOverlaps.Iou(a, b, smallest));
        c.Close("iof", BoxOverlaps.Iof(a, b, smallest));
        c.Close("giou", BoxOverlaps.Giou(a, b, smallest));
    }

    public static void Assign(ReferenceCase c)
    {
        var matcher = new Matcher(
            c.Number("pos_iou_thr"), c.Number("neg_iou_thr"),
            c.Attributes.GetProperty("match_low_quality").GetBoolean() ? LowQuality.Best(c.Number("min_pos_iou")) : null,
            c.Number("ignore_iof_thr") is > 0 and var share ? share : null);
        var matches = matcher.Match(c.In("boxes"), c.In("gt_boxes"), c.InputNames.Contains("ignore_boxes") ? c.In("ignore_boxes") : null);
        c.Equal("assigned_gt", matches.Index + 1);
        c.Close("max_overlap", matches.Overlaps);
        var labels = cat([c.In("gt_labels"), full([1], -1, int64)]);
        c.Equal("assigned_label", labels[where(matches.Index >= 0, matches.Index, full_like(matches.Index, labels.size(0) - 1))]);
    }

    public static void RoiTargets(ReferenceCase c)
    {
        var sampler = new RoiSampler(
            Subset.First, c.Int("num"), c.Number("pos_fraction"), coder: new BoxCoder(c.Numbers("stds")),
            truthPlace: c.Attributes.GetProperty("add_gt_as_proposals").GetBoolean() ? TruthPlaces.First : TruthPlaces.Absent);
        var background = c.Int("background_label");
        var truth = new Instances(c.In("gt_boxes"), c.In("gt_labels"));
        var samples = sampler.Sample([c.In("proposals")], [truth], background, new RandomStream(0));

        var positive = samples.BoxIndex >= 0;
        c.Equal("pos_inds", samples.Candidates[positive]);
        c.Equal("neg_inds", samples.Candidates[positive.logical_not()]);
        c.Close("sampled_boxes", samples.Boxes[0]);
        c.Equal("pos_assigned_gt", samples.BoxIndex[positive]);
        c.Equal("labels", samples.Labels);
        c.Close("label_weights", ones_like(samples.Labels));
        c.Close("bbox_targets", samples.Deltas);
        c.Close("bbox_weights", (samples.Labels < background).unsqueeze(1).expand(-1, 4));
    }

    public static void Rpn(ReferenceCase c)
    {
        var levels = Shapes(c).Count;
        var shape = c.Numbers("img_shape");
        var size = new ImageSize((int)shape[0], (int)shape[1]);
        var anchors = new Anchors(Strides(c), c.Numbers("scales"), c.Numbers("ratios"));
        Tensor[] logits = [.. Enumerable.Range(0, levels).Select(level => c.In($"cls{level}").requires_grad_(true))];
        Tensor[] deltas = [.. Enumerable.Range(0, levels).Select(level => c.In($"reg{level}").requires_grad_(true))];
        var outputs = new RpnOutputs(
            logits, deltas, [.. Shapes(c).Select((cells, level) => anchors.Of(level, cells.Height, cells.Width, float32, CPU))]);
        var images = outputs.Images;
        Tensor[] boxes = [.. Enumerable.Range(0, images).Select(image => c.In($"gt{image}"))];
        ImageSize[] sizes = [.. Enumerable.Repeat(size, images)];

        var assigner = new RpnAssigner(RpnAssigner.PublishedMatcher, Subset.First, c.Int("num"), c.Number("pos_fraction"));
        var targets = assigner.Assign(outputs, anchors, boxes, new RandomStream(0), sizes);
        Assert.Equal(c.Number("num_total_samples"), targets.Normalizer);
        CheckTargets(c, outputs, targets);

        var loss = new RpnLoss();
        RpnReference.CheckLevels(c, outputs, targets, loss, "loss_cls_per_level", "loss_bbox_per_level");
        new LossTerms(loss.Terms(outputs, targets)).Total().backward();
        for (var level = 0; level < levels; level++)
        {
            c.Close($"grad_cls{level}", logits[level].grad!);
            c.Close($"grad_reg{level}", deltas[level].grad!);
        }

        var selector = new ProposalSelector(nmsThreshold: c.Number("nms_iou"), smallestSide: c.Number("min_bbox_size"));
        var proposals = selector.Select(outputs, sizes, new ProposalLimits(c.Int("nms_pre"), c.Int("max_per_img")));
        foreach (var (image, found) in proposals.Index())
            c.Close($"proposals{image}", cat([found.Boxes, found.Scores.unsqueeze(1)], 1));
    }

    public static void RoiLosses(ReferenceCase c)
    {
        var classes = c.Int("num_classes");
        var logits = c.In("cls_score").requires_grad_(true);
        var (labels, weights) = (c.In("labels"), c.In("label_weights"));
        var moved = c.InputNames.Contains("bbox_pred");
        var deltas = (moved ? c.In("bbox_pred") : zeros([labels.size(0), 4 * classes])).requires_grad_(true);
        var loss = new RoiLoss();
        var classTerm = loss.Class(logits, labels, weights);
        var boxTerm = moved
            ? loss.Box(deltas, labels, c.In("bbox_targets"), classes, c.In("bbox_weights"))
            : loss.Box(deltas, labels, zeros([labels.size(0), 4]), classes);
        c.Close("loss_cls", classTerm.Value());
        c.Close("loss_bbox", boxTerm.Value());
        new LossTerms([classTerm, boxTerm]).Total().backward();
        if (moved)
        {
            c.Close("grad_cls", logits.grad!);
            c.Close("grad_bbox", deltas.grad!);
        }
        else
        {
            Assert.Equal(0, deltas.grad!.abs().sum().item<float>());
        }
    }

    public static void Detections(ReferenceCase c)
    {
        var (boxes, scores) = (c.In("boxes"), c.In("scores"));
        var found = new RoiDecoder(c.Number("score_thr"), c.Number("iou"), c.Int("max_num"))
            .Decode(scores, (rows, classes) => boxes.view(boxes.size(0), -1, 4)[rows, classes]);
        c.Close("dets", cat([found.Boxes, found.Scores!.unsqueeze(1)], 1));
        c.Equal("labels", found.Classes);
    }

    public static void SmoothL1(ReferenceCase c) => DeltaLosses(c, c.Number("beta"));

    public static void L1(ReferenceCase c) => DeltaLosses(c, 0);

    public static void Objectness(ReferenceCase c)
    {
        var logits = c.In("logits").requires_grad_(true);
        var weights = c.In("weight").view_as(logits);
        // 0 is an object, 1 is background.
        CheckLoss(c, logits, ObjectnessLoss.Sum(logits, c.In("labels").view_as(logits) == 0, weights));
    }

    public static void Softmax(ReferenceCase c)
    {
        var logits = c.In("logits").requires_grad_(true);
        SoftmaxLoss loss = SoftmaxLosses.CrossEntropy;
        CheckLoss(c, logits, loss.Sum(logits, c.In("labels"), c.In("weight")));
    }

    public static void Suppression(ReferenceCase c)
    {
        var scores = HostValues.Floats(c.In("scores"));
        var groups = c.InputNames.Contains("groups") ? HostValues.Longs(c.In("groups")) : new long[scores.Length];
        foreach (var output in c.OutputNames)
        {
            var threshold = float.Parse(output["keep_".Length..], CultureInfo.InvariantCulture);
            var kept = NonMaximumSuppression.ByClass(HostValues.Floats(c.In("boxes")), scores, groups, threshold);
            c.Equal(output, tensor(Array.ConvertAll(kept, row => (long)row), [kept.Length]));
        }
    }

    private static void DeltaLosses(ReferenceCase c, double beta)
    {
        var prediction = c.In("pred").requires_grad_(true);
        if (c.OutputNames.Contains("elementwise"))
            c.Close("elementwise", DeltaLoss.Elementwise(prediction, c.In("target"), beta));
        CheckLoss(c, prediction, DeltaLoss.Sum(prediction, c.In("target"), beta, c.In("weight")));
    }

    private static void CheckLoss(ReferenceCase c, Tensor input, Tensor sum)
    {
        var value = new LossTerm("loss", sum, c.Number("avg_factor"), Floor: 0).Value();
        c.Close("loss", value);
        value.backward();
        c.Close("grad", input.grad!);
    }

    // 0 is an object and 1 is not, sampled or not; the weight says whether an anchor is sampled.
    private static void CheckTargets(ReferenceCase c, RpnOutputs outputs, RpnTargets targets)
    {
        var count = outputs.Images * outputs.AnchorCount;
        var labels = ones(count, int64).index_fill_(0, targets.Positives, 0).view(outputs.Images, -1);
        var weights = zeros(count).index_fill_(0, targets.Sampled, 1).view(outputs.Images, -1);
        var boxes = zeros(count, 4).index_copy_(0, targets.Positives, targets.Deltas).view(outputs.Images, -1, 4);
        var boxWeights = zeros(count, 4).index_fill_(0, targets.Positives, 1).view(outputs.Images, -1, 4);
        var first = 0L;
        for (var level = 0; level < outputs.Anchors.Count; level++)
        {
            var length = outputs.Anchors[level].size(0);
            c.Equal($"labels{level}", labels.narrow(1, first, length));
            c.Equal($"label_weights{level}", weights.narrow(1, first, length));
            c.Close($"bbox_targets{level}", boxes.narrow(1, first, length));
            c.Equal($"bbox_weights{level}", boxWeights.narrow(1, first, length));
            first += length;
        }
    }

    private static int[] Strides(ReferenceCase c) => Array.ConvertAll(c.Numbers("strides"), stride => (int)stride);

    private static IReadOnlyList<(long Height, long Width)> Shapes(ReferenceCase c) =>
        [.. c.Attributes.GetProperty("feature_sizes_hw").EnumerateArray().Select(cells => (cells[0].GetInt64(), cells[1].GetInt64()))];
}

/// <summary>Losses of the region proposal network level by level, as mmdetection reports them.</summary>
internal static class RpnReference
{
    public static void CheckLevels(
        ReferenceCase c, RpnOutputs outputs, RpnTargets targets, RpnLoss loss, string classLoss, string boxLoss)
    {
        var (classes, boxes, first) = (new List<Tensor>(), new List<Tensor>(), 0L);
        foreach (var level in outputs.Anchors)
        {
            var terms = loss.Terms(outputs, Of(targets, outputs.AnchorCount, first, first + level.size(0)));
            classes.Add(terms[0].Value());
            boxes.Add(terms[1].Value());
            first += level.size(0);
        }

        c.Close(classLoss, stack(classes));
        c.Close(boxLoss, stack(boxes));
    }

    private static RpnTargets Of(RpnTargets targets, long anchors, long first, long last)
    {
        Tensor Within(Tensor rows) => (rows.remainder(anchors) >= first).logical_and(rows.remainder(anchors) < last);
        return targets with
        {
            Positives = targets.Positives[Within(targets.Positives)],
            Sampled = targets.Sampled[Within(targets.Sampled)],
            Deltas = targets.Deltas[Within(targets.Positives)],
        };
    }
}
