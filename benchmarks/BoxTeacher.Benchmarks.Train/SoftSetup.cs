using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using static TorchSharp.torch;
using static BoxTeacher.Benchmarks.Train.SemiSetup;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>Soft Teacher over a Faster R-CNN.</summary>
internal static class SoftSetup
{
    public static SemiSetup Make(SemiCase wanted)
    {
        FasterRcnn Network() => FasterRcnn.Published(wanted.Backbone(outputs: 4), wanted.Classes, wanted.Channels, wanted.Hidden);
        var (student, teacher, batch) = (Network(), Network(), new Batch(Pair(Truth), Pair(Truth)));
        Calibrate(student, batch.Labelled.Strong.Images);
        teacher.load_state_dict(student.state_dict());
        var method = new SoftTeacherMethod(
            student, teacher, new EmaTeacher(teacher, student, Momentum.Capped()), SoftTeacherSettings.Published with
            {
                Initial = First(10), Rpn = First(5), Classes = First(5), Boxes = First(8),
            });
        var labelled = batch.Labelled.Strong;
        return new SemiSetup(
            method, batch, () => student.Losses(labelled, Now), () => method.Ask(batch.Unlabelled!.Weak, new RandomStream(2)),
            () => Selection(student, labelled));
    }

    private static Instances Truth()
    {
        var corners = rand(4, 2) * 200;
        return new Instances(cat([corners, corners + 30 + rand(4, 2) * 90], 1), arange(4, int64) % 3);
    }

    private static Dictionary<string, double> Selection(FasterRcnn student, View labelled)
    {
        using var gradients = no_grad();
        var sizes = labelled.Images.Sizes;
        var pyramid = student.Features(labelled.Images.Images);
        var rpn = student.Rpn(pyramid);
        Tensor[] truth = [.. labelled.Truth.Select(image => image.Boxes)];
        var proposals = student.Propose(rpn, sizes, student.TrainingLimits);
        var outputs = student.BoxHead(pyramid, proposals);
        var samples = student.Sample(proposals, labelled.Truth, Now);
        Tensor[] copies = [.. proposals.Select(boxes => boxes.narrow(0, 0, Math.Min(100, boxes.size(0))))];
        return new Dictionary<string, double>
        {
            ["RoIAlign"] = 2 * Clock(() => Pool(pyramid, samples.Boxes, isLearned: true)) + Clock(() => Pool(pyramid, samples.Boxes, false))
                + Clock(() => Pool(pyramid, proposals, false)) + Clock(() => Pool(pyramid, copies, false)),
            ["proposals and NMS"] = 3 * Clock(() => student.Propose(rpn, sizes, student.TrainingLimits))
                + Clock(() => student.Detections(outputs, proposals, sizes)),
            ["assignment"] = 2 * Clock(() => student.AssignAnchors(rpn, truth, Now, sizes))
                + 3 * Clock(() => student.Sample(proposals, labelled.Truth, Now)),
        };
    }

    private static void Pool(IReadOnlyList<Tensor> pyramid, IReadOnlyList<Tensor> boxes, bool isLearned)
    {
        var pooler = new RoiPooler(7, [4, 8, 16, 32]);
        using var rows = RoiLevels.MmDetection(cat([.. boxes]), pooler.Strides.Count);
        SemiSetup.Pool(maps => pooler.Pool(maps, boxes, rows), pyramid, isLearned);
    }

    private static void Calibrate(FasterRcnn network, ImageBatch images)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var state = network.state_dict();
        SemiSetup.Calibrate(state, 2, () => network.Features(images.Images).SkipLast(1));
        var pyramid = network.Features(images.Images);
        var proposals = network.Propose(network.Rpn(pyramid), images.Sizes, network.TrainingLimits);
        var foreground = network.BoxHead(pyramid, proposals).Logits.narrow(1, 0, network.Classes);
        // Spread of the logits of a trained detector, and background for all boxes but a tenth.
        state["roi_heads.box_predictor.cls_score.weight"].mul_(2.5 / foreground.std());
        var logits = network.BoxHead(pyramid, proposals).Logits;
        var margins = HostValues.Floats(logits.narrow(1, 0, network.Classes).logsumexp(1) - logits.select(1, network.Classes)).Order().ToArray();
        state["roi_heads.box_predictor.cls_score.bias"][network.Classes].fill_(margins[margins.Length * 9 / 10]);
    }
}
