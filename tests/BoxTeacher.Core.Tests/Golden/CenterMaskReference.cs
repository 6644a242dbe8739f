using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>The parts of CenterMask2 and what it takes from detectron2.</summary>
internal static class CenterMaskReference
{
    public static void Levels(ReferenceCase c)
    {
        var boxes = c.In("boxes");
        var levels = c.Int("max_level") - c.Int("min_level") + 1;
        Assert.Equal(3, c.Int("min_level"));
        var size = new ImageSize(c.Int("image_height"), c.Int("image_width"));
        c.Equal("level_ratio", RoiLevels.ByImageShare([boxes], [size], levels));
        c.Equal("level_area_p3_p5", RoiLevels.ByArea(3)([boxes], [size], 3));
        c.Equal("level_area_p2_p5", RoiLevels.Detectron2(boxes, 4));
    }

    public static void Pooler(ReferenceCase c)
    {
        int[] strides = [.. c.Numbers("strides").Select(stride => (int)stride)];
        Tensor[] pyramid = [.. strides.Select((_, level) => c.In($"feat{level}").requires_grad_())];
        Tensor[] boxes = [.. Enumerable.Range(0, (int)pyramid[0].size(0)).Select(image => c.In($"boxes{image}"))];
        var size = new ImageSize(c.Int("image_height"), c.Int("image_width"));
        var levels = RoiLevels.ByImageShare(boxes, [.. boxes.Select(_ => size)], strides.Length);
        var pooled = new RoiPooler(c.Int("output_size"), strides).Pool(pyramid, boxes, levels);
        c.Close("out", pooled);
        (pooled * c.In("out_grad")).sum().backward();
        foreach (var (level, map) in pyramid.Index())
            c.Close($"grad{level}", map.grad ?? zeros_like(map));
    }

    public static void Attention(ReferenceCase c)
    {
        using var attention = new SpatialAttention(c.Int("kernel_size"));
        var weight = attention.parameters().Single();
        Set(weight, c.In("weight"));
        var x = c.In("x").requires_grad_();
        var output = attention.call(x);
        c.Close("out", output);
        (output * c.In("out_grad")).sum().backward();
        c.Close("grad_x", x.grad!);
        c.Close("grad_weight", weight.grad!);
    }

    public static void MaskHead(ReferenceCase c)
    {
        using var head = SharedNetworks.MaskHead(c.Group, "sag.");
        var x = c.In("x").requires_grad_();
        var logits = head.call(x);
        c.Close("out", logits);
        (logits * c.In("out_grad")).sum().backward();
        c.Close("grad_x", x.grad!);
        SharedNetworks.CheckGradients(c, head, "");
    }

    public static void MaskIou(ReferenceCase c)
    {
        using var head = SharedNetworks.MaskIouHead(c.Group, "maskiou.");
        var (features, masks) = (c.In("features").requires_grad_(), c.In("mask").requires_grad_());
        var iou = head.call(new MaskIouInput(features, masks.squeeze(1)));
        c.Close("out", iou);
        (iou * c.In("out_grad")).sum().backward();
        c.Close("grad_features", features.grad!);
        c.Close("grad_mask", masks.grad!);
        SharedNetworks.CheckGradients(c, head, "");
    }

    public static void MaskLoss(ReferenceCase c)
    {
        var logits = c.In("logits").requires_grad_();
        var isAgnostic = c.Attributes.GetProperty("class_agnostic").GetBoolean();
        var labels = isAgnostic ? zeros_like(c.In("classes")) : c.In("classes");
        c.Equal("labels", labels);
        var targets = MaskTargetReference.Within(c, MaskTargetReference.OutlinesOf(c), (int)logits.size(3));
        c.Equal("gt_masks", targets.Targets);
        var own = RoiMaskHead.OwnClass(logits, labels);
        c.Close("selected_mask", own.sigmoid().unsqueeze(1));
        c.Close("maskiou_targets", MaskIouLoss.Target(own, targets.Targets, targets.Visible));

        var loss = RoiMaskHead.OwnLoss(own, targets.Targets, PoliteTeacherReference.MaskWeights(c)).Value();
        c.Close("loss", loss);
        loss.backward();
        c.Close("grad_logits", logits.grad!);
    }

    public static void MaskIouLosses(ReferenceCase c)
    {
        var predicted = c.In("pred").requires_grad_();
        var loss = MaskIouLoss.Term(MaskIouHead.OwnClass(predicted, c.In("labels")), c.In("targets")).Value() * c.Number("weight");
        c.Close("loss", loss);
        if (c.OutputNames.Contains("grad"))
        {
            loss.backward();
            c.Close("grad", predicted.grad!);
        }
    }

    public static void MaskScores(ReferenceCase c)
    {
        var quality = MaskIouHead.OwnClass(c.In("pred_maskiou"), c.In("classes"));
        c.Close("maskiou", quality);
        c.Close("mask_scores", CenterMask.MaskScores(c.In("scores"), quality));
    }

    public static void Locations(ReferenceCase c)
    {
        var grid = GridOf(c, c.Numbers("strides"));
        foreach (var (i, level) in grid.Levels.Index())
            c.Equal($"level{i}", grid.Points().narrow(0, level.Offset, level.Count));
    }

    public static void FcosLosses(ReferenceCase c)
    {
        var grid = GridOf(c, c.Numbers("strides"));
        Tensor[] Maps(string name) => [.. grid.Levels.Select((_, level) => c.In($"{name}{level}").requires_grad_())];
        var (logits, ltrb, centerness) = (Maps("logits"), Maps("reg"), Maps("ctr"));
        var outputs = Outputs(logits, ltrb, centerness, grid);
        var images = (int)logits[0].size(0);
        var truth = Enumerable.Range(0, images).Select(image => new Instances(c.In($"gt_boxes{image}"), c.In($"gt_classes{image}"))).ToList();
        float[] limits = [.. c.Numbers("sizes_of_interest").Select(limit => (float)limit)];
        var targets = new FcosAssigner(FcosAssigner.Ranges(limits), c.Number("center_radius")).Assign(grid, truth, CPU);

        c.Equal("labels", LevelMajor(targets.Labels(c.Int("num_classes")), grid));
        // The reference's positives come level after level.
        var order = LevelMajor(full([images * grid.Count], -1, int64).index_put_(arange(targets.Count), targets.Flat).view(images, -1), grid);
        order = order.masked_select(order >= 0);
        c.Close("pos_reg_targets", targets.Ltrb.index_select(0, order));
        c.Close("pos_ctrness_targets", targets.Centerness.index_select(0, order));

        Assert.Equal("giou", c.Attributes.GetProperty("loc_loss").GetString());
        var loss = new FcosLoss(
            LtrbLoss.GeneralizedIou, FcosNormalizers.Positives, c.Number("focal_alpha"), c.Number("focal_gamma"));
        var terms = new LossTerms(loss.Terms(outputs, targets));
        c.Close("loss_cls", terms["loss_fcos_cls"].Value());
        c.Close("loss_loc", terms["loss_fcos_loc"].Value());
        c.Close("loss_ctr", terms["loss_fcos_ctr"].Value());
        terms.Total().backward();
        foreach (var output in c.OutputNames.Where(name => name.StartsWith("grad_", StringComparison.Ordinal)))
        {
            var (name, level) = (output["grad_".Length..^1], output[^1] - '0');
            c.Close(output, (name switch { "logits" => logits, "reg" => ltrb, _ => centerness })[level].grad!);
        }
    }

    public static void Predictions(ReferenceCase c)
    {
        var maps = c.InputNames.Count(name => name.StartsWith("logits", StringComparison.Ordinal));
        Tensor[] Maps(string name) => [.. Enumerable.Range(0, maps).Select(level => c.In($"{name}{level}"))];
        var logits = Maps("logits");
        // The case does not name its strides; those of FCOS.
        var grid = new LocationGrid([.. logits.Select((map, level) => (8 << level, (int)map.size(2), (int)map.size(3)))]);
        var decoder = new FcosDecoder(
            c.Number("threshold"), c.Int("pre_nms"), c.Number("nms"), c.Int("post_nms"),
            c.Attributes.GetProperty("thresh_with_ctr").GetBoolean());
        foreach (var (image, found) in decoder.Decode(Outputs(logits, Maps("reg"), Maps("ctr"), grid)).Index())
        {
            c.Close($"scores{image}", tensor(found.Scores));
            c.Close($"boxes{image}", tensor(found.Boxes, [found.Count, 4]));
            c.Equal($"classes{image}", tensor(found.Classes));
            float[] points = [.. found.Locations.SelectMany(location => (float[])[grid.PointOf(location).X, grid.PointOf(location).Y])];
            c.Close($"locations{image}", tensor(points, [found.Count, 2]));
        }
    }

    public static void OverlapLosses(ReferenceCase c)
    {
        var predicted = c.In("pred").requires_grad_();
        Func<Tensor, Tensor, Tensor> loss = c.Attributes.GetProperty("type").GetString() switch
        {
            "iou" => LtrbLoss.NegativeLogIou, "linear_iou" => LtrbLoss.LinearIou, _ => LtrbLoss.GeneralizedIou,
        };
        var sum = (loss(predicted, c.In("target")) * c.In("weight")).sum();
        c.Close("loss", sum);
        sum.backward();
        c.Close("grad", predicted.grad!);
    }

    public static void FcosHeads(ReferenceCase c)
    {
        using var head = SharedNetworks.FcosHead(c.Group, "fcoshead.", c.Int("gn_groups"));
        using var gradients = no_grad();
        var levels = c.InputNames.Count();
        CheckHead(c, head.call([.. Enumerable.Range(0, levels).Select(level => c.In($"x{level}"))]));
    }

    /// <summary>Outputs "logits0", "reg0", "ctr0", ... of a head.</summary>
    public static void CheckHead(ReferenceCase c, FcosOutputs outputs)
    {
        var images = outputs.Logits.size(0);
        foreach (var (i, level) in outputs.Grid.Levels.Index())
        {
            Tensor Map(Tensor all) => all.narrow(-1, level.Offset, level.Count).reshape(images, -1, level.Height, level.Width);
            c.Close($"logits{i}", Map(outputs.Logits));
            c.Close($"reg{i}", Map(outputs.Ltrb));
            c.Close($"ctr{i}", Map(outputs.Centerness));
        }
    }

    public static void Samples(ReferenceCase c)
    {
        var truth = new Instances(c.In("gt_boxes"), c.In("gt_classes"));
        var background = c.Int("background");
        var sampler = new RoiSampler(Subset.First, c.Int("num"), c.Number("fraction"), truthPlace: TruthPlaces.Last);
        var samples = sampler.Sample([c.In("pred_boxes")], [truth], background, new RandomStream(0));
        c.Close("sampled_boxes", samples.Boxes[0]);
        c.Equal("sampled_classes", samples.Labels);
        var positives = samples.OfObjects();
        c.Close("fg_boxes", positives.Boxes[0]);
        c.Equal("fg_classes", positives.Labels);
        c.Close("fg_gt_boxes", truth.Boxes.index_select(0, positives.BoxIndex));
    }

    public static void BoxTransform(ReferenceCase c)
    {
        var coder = new BoxCoder([.. c.Numbers("weights").Select(weight => 1 / weight)], SideLimits.Above());
        c.Close("deltas", coder.Encode(c.In("boxes"), c.In("targets")));
        c.Close("decoded", coder.Decode(c.In("boxes"), c.In("raw")));
    }

    public static void AnchorBoxes(ReferenceCase c)
    {
        int[] strides = [.. c.Numbers("strides").Select(stride => (int)stride)];
        var shapes = c.Attributes.GetProperty("feature_sizes_hw").EnumerateArray().Select(shape => shape.EnumerateArray().Select(side => side.GetInt32()).ToArray());
        foreach (var (level, shape) in shapes.Index())
        {
            var anchors = new Anchors(strides, [c.Numbers("sizes")[level] / strides[level]], c.Numbers("ratios"));
            c.Close($"level{level}", anchors.Of(level, shape[0], shape[1], float32, CPU));
        }
    }

    public static void Matches(ReferenceCase c)
    {
        var thresholds = c.Numbers("thresholds");
        var matcher = new Matcher(
            thresholds[^1], thresholds[0], c.Attributes.GetProperty("low_quality").GetBoolean() ? LowQuality.OwnBest : null);
        var index = matcher.Match(c.In("iou")).Index;
        var label = where(index >= 0, ones_like(index), where(index == BoxMatches.Background, zeros_like(index), full_like(index, -1)));
        c.Equal("label", label);
        GoldenAssert.Equal(c.Out("matched_gt").masked_select(index >= 0), index.masked_select(index >= 0), "matched_gt");
    }

    public static void Paste(ReferenceCase c)
    {
        var size = new ImageSize(c.Int("height"), c.Int("width"));
        var pasted = MaskPaste.Soft(c.In("masks"), c.In("boxes"), size) >= c.Number("threshold");
        var different = (pasted != c.Out("pasted").to(@bool)).sum().item<long>();
        Assert.InRange(different, 0, c.Tolerance("allowed_mismatch_pixels"));
    }

    internal static void Set(Tensor own, Tensor value)
    {
        using var gradients = no_grad();
        own.copy_(value);
    }

    private static FcosOutputs Outputs(Tensor[] logits, Tensor[] ltrb, Tensor[] centerness, LocationGrid grid) => new(
        cat([.. logits.Select(map => map.flatten(2))], 2), cat([.. ltrb.Select(map => map.flatten(2))], 2),
        cat([.. centerness.Select(map => map.flatten(1))], 1), [], grid);

    private static LocationGrid GridOf(ReferenceCase c, double[] strides)
    {
        var shapes = c.Attributes.GetProperty("feature_sizes_hw").EnumerateArray().Select(shape => (shape[0].GetInt32(), shape[1].GetInt32()));
        return new LocationGrid([.. strides.Zip(shapes, (stride, shape) => ((int)stride, shape.Item1, shape.Item2))]);
    }

    // [N, L], image after image, as level after level and in a level image after image.
    private static Tensor LevelMajor(Tensor values, LocationGrid grid) =>
        cat([.. grid.Levels.Select(level => values.narrow(1, level.Offset, level.Count).reshape(-1))]);
}
