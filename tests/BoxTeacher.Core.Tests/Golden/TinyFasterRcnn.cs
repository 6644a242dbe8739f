using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using BoxTeacher.Training;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Small Faster R-CNNs of the reference cases: their sizes are those of their weights.</summary>
internal static class TinyFasterRcnn
{
    /// <summary>A network of a group with its weights, whose names are mmdetection's behind "NETWORK.".</summary>
    public static FasterRcnn Build(ReferenceGroup group, string network, IReadOnlyList<double> scales, RcnnStages stages)
    {
        long[] Shape(string name) => group.SharedTensor($"{network}.{name}").shape;
        var width = (int)Shape("backbone.layer1.0.conv1.weight")[0];
        var channels = (int)Shape("neck.lateral_convs.0.conv.weight")[0];
        var hidden = Shape("roi_head.bbox_head.shared_fcs.0.weight");
        var depth = group.Shared($"{network}.backbone.layer3.").Any(name => name.Contains(".22.", StringComparison.Ordinal)) ? 101 : 50;
        var bottomUp = ResNet.Bottleneck(
            depth, stemChannels: (int)Shape("backbone.conv1.weight")[0], channels: (int)Shape("backbone.layer1.0.conv3.weight")[0], width: width,
            outputs: 4);
        var pyramid = new FeaturePyramid(bottomUp, channels, new SubsampledTop());
        var classes = (int)Shape("roi_head.bbox_head.fc_cls.bias")[0] - 1;
        var detector = new FasterRcnn(
            pyramid,
            new Anchors([.. pyramid.Levels.Select(level => level.Stride)], scales, [0.5, 1, 2]),
            new RoiHeads(
                channels, classes, (int)hidden[0], (int)Math.Sqrt(hidden[1] / channels),
                classAgnostic: Shape("roi_head.bbox_head.fc_reg.bias")[0] == 4),
            stages);
        Load(detector, group, network);
        return detector;
    }

    /// <summary>The stages of a case that trains, of which attributes "rpn" and "rcnn" say how many.</summary>
    public static RcnnStages Stages(ReferenceCase c)
    {
        var (rpn, rcnn) = (c.Attributes.GetProperty("rpn"), c.Attributes.GetProperty("rcnn"));
        int Int(System.Text.Json.JsonElement json, string name) => json.GetProperty(name).GetInt32();
        var limits = new ProposalLimits(Int(rpn, "nms_pre"), Int(rpn, "max_per_img"));
        return RcnnStages.Published(Subset.First) with
        {
            Anchors = new RpnAssigner(
                RpnAssigner.PublishedMatcher, Subset.First, Int(rpn, "num"), rpn.GetProperty("pos_fraction").GetDouble()),
            Samples = new RoiSampler(Subset.First, Int(rcnn, "num"), rcnn.GetProperty("pos_fraction").GetDouble()),
            TrainingLimits = limits,
            InferenceLimits = limits,
        };
    }

    /// <summary>mmdetection's name of a parameter as ours.</summary>
    public static string NameOf(string name) => new WeightLayout.MmDetection().Translate(name)!;

    public static void Pyramid(ReferenceCase c)
    {
        using var detector = Build(c.Group, c.Attributes.GetProperty("network").GetString()!, [8], RcnnStages.Published());
        using var gradients = no_grad();
        var pyramid = (FeaturePyramid)detector.named_children().Single(child => child.name == "backbone").module;
        foreach (var (i, stage) in pyramid.BottomUp.call(c.In("image")).Index())
            c.Close($"c{i + 2}", stage);
        foreach (var (i, level) in detector.Features(c.In("image")).Index())
            c.Close($"p{i + 2}", level);
    }

    public static void Rpn(ReferenceCase c)
    {
        using var detector = Build(c.Group, c.Attributes.GetProperty("network").GetString()!, [8], RcnnStages.Published());
        using var gradients = no_grad();
        var outputs = detector.Rpn(detector.Features(c.In("image")));
        for (var level = 0; level < outputs.Logits.Count; level++)
        {
            c.Close($"logits{level}", outputs.Logits[level]);
            c.Close($"deltas{level}", outputs.Deltas[level]);
        }
    }

    public static void Losses(ReferenceCase c)
    {
        using var detector = Build(c.Group, c.Attributes.GetProperty("network").GetString()!, c.Numbers("anchor_scales"), Stages(c));
        Assert.Equal(c.Int("num_classes"), detector.Classes);
        var images = c.In("image");
        var size = new ImageSize((int)images.size(2), (int)images.size(3));
        Instances[] truth =
        [
            .. Enumerable.Range(0, (int)images.size(0)).Select(image => new Instances(c.In($"gt_boxes{image}"), c.In($"gt_labels{image}"))),
        ];
        ImageSize[] sizes = [.. truth.Select(_ => size)];
        var view = new View(
            new ImageBatch(images, sizes), [.. truth.Select(_ => Homography.Identity)], sizes, truth);
        var step = Step.Of(0, new RandomStream(0));

        var outputs = detector.Rpn(detector.Features(images));
        var targets = detector.AssignAnchors(outputs, [.. truth.Select(image => image.Boxes)], step, sizes);
        RpnReference.CheckLevels(c, outputs, targets, detector.Stages.RpnLoss, "loss_rpn_cls", "loss_rpn_bbox");
        var losses = detector.Losses(view, step);
        c.Close("loss_cls", losses["loss_cls"].Value());
        c.Close("loss_bbox", losses["loss_bbox"].Value());
        var total = losses.Total();
        c.Close("total", total);
        total.backward();
        CheckGradients(c, detector);
    }

    /// <summary>Outputs "grad.NAME", names as mmdetection's.</summary>
    public static void CheckGradients(ReferenceCase c, FasterRcnn detector)
    {
        var parameters = detector.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        foreach (var output in c.OutputNames.Where(name => name.StartsWith("grad.", StringComparison.Ordinal)))
            c.Close(output, parameters[NameOf(output["grad.".Length..])].grad!);
    }

    private static void Load(FasterRcnn detector, ReferenceGroup group, string network)
    {
        using var gradients = no_grad();
        var wanted = detector.named_parameters().Select(entry => (entry.name, Tensor: (Tensor)entry.parameter))
            .Concat(detector.named_buffers().Select(entry => (entry.name, Tensor: entry.buffer)))
            .ToDictionary(entry => entry.name, entry => entry.Tensor);
        foreach (var name in group.Shared(network + "."))
        {
            Assert.True(wanted.Remove(NameOf(name[(network.Length + 1)..]), out var target), name);
            target.copy_(group.SharedTensor(name));
        }

        Assert.Empty(wanted.Keys);
    }
}
