using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using static TorchSharp.torch;
using static BoxTeacher.Benchmarks.Train.SemiSetup;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>Polite Teacher over a CenterMask.</summary>
internal static class PoliteSetup
{
    // Objects and pseudo-labels per image.
    private const int Objects = 7;

    // Location and class pairs per image above the decoder's threshold.
    private const int Pairs = 500;

    public static SemiSetup Make(SemiCase wanted)
    {
        CenterMask Network() => CenterMask.Published(wanted.Backbone(outputs: 3), wanted.Classes, wanted.Channels, wanted.Hidden);
        var (student, teacher) = (Network(), Network());
        var pair = Pair(() => new Instances(zeros(0, 4), zeros(0, int64)));
        Calibrate(student, pair.Strong.Images);
        teacher.load_state_dict(student.state_dict());
        Instances[] truth = [.. Candidates(student, student.Extract(pair.Strong.Images)).Select(Truth)];
        var batch = new Batch(
            new ViewPair(pair.Weak with { Truth = truth }, pair.Strong with { Truth = truth }),
            Pair(() => new Instances(zeros(0, 4), zeros(0, int64))));
        var ema = new EmaTeacher(teacher, student, before: null, TeacherBuffers.Averaged, after: Momentum.Constant(0.9996));
        var method = new PoliteTeacherMethod(student, teacher, ema, new PoliteTeacherSettings
        {
            Boxes = First(Objects), Masks = First(Objects - 2), MaskForm = PseudoMaskForms.Contours,
        });
        return new SemiSetup(
            method, batch, () => student.Losses(batch.Labelled.Of(LabelledViews.Both), Now), () => method.Ask(batch.Unlabelled!.Weak),
            () => Selection(student, method, batch));
    }

    // Labelled images count twice, in two views; pseudo-labels are learned from by the student alone.
    private static Dictionary<string, double> Selection(CenterMask student, PoliteTeacherMethod method, Batch batch)
    {
        using var gradients = no_grad();
        var (labelled, strong) = (batch.Labelled.Of(LabelledViews.Both), batch.Unlabelled!.Strong);
        var asked = method.Ask(batch.Unlabelled.Weak);
        Instances[] pseudo = [.. method.Teach(asked, strong).Select(image => image.Instances)];
        var (features, unlabelled) = (student.Extract(labelled.Images), student.Extract(strong.Images));
        var (candidates, others) = (Candidates(student, features), Candidates(student, unlabelled));
        var (samples, pseudoSamples) = (student.Sample(candidates, labelled.Truth, Now), student.Sample(others, pseudo, Now));
        return new Dictionary<string, double>
        {
            ["RoIAlign"] = Pool(student, features, samples.Boxes, isLearned: true)
                + Pool(student, unlabelled, pseudoSamples.Boxes, isLearned: true)
                + Pool(student, unlabelled, [.. others.Select(image => image.Boxes)], isLearned: false),
            ["decoding and NMS"] = Clock(() => Candidates(student, features)) + 2 * Clock(() => Candidates(student, unlabelled)),
            ["assignment and mask targets"] = Targets(student, features, candidates, labelled.Truth)
                + Targets(student, unlabelled, others, pseudo),
            ["pseudo-labels' outlines"] = Clock(() => method.Teach(asked, strong)),
        };
    }

    private static IReadOnlyList<Instances> Candidates(CenterMask network, CenterMaskFeatures features) =>
        network.Candidates(features, stages => stages.TrainingDecoder);

    private static double Pool(CenterMask student, CenterMaskFeatures features, IReadOnlyList<Tensor> boxes, bool isLearned) =>
        Clock(() => SemiSetup.Pool(levels => student.Pool(features with { Pyramid = levels }, boxes), features.Pyramid, isLearned));

    private static double Targets(
        CenterMask student, CenterMaskFeatures features, IReadOnlyList<Instances> candidates, IReadOnlyList<Instances> truth) => Clock(() =>
    {
        student.Stages.Assigner.Assign(features.Dense.Grid, truth, CPU);
        student.MaskTargets(student.Sample(candidates, truth, Now), truth);
    });

    /// <summary>Ellipses in those candidates around which there are most others, as around the objects of a trained detector.</summary>
    private static Instances Truth(Instances candidates)
    {
        var boxes = HostValues.Floats(candidates.Boxes).Chunk(4).ToList();
        var (left, chosen) = (boxes, new List<float[]>());
        while (left.Count > 0 && chosen.Count < Objects)
        {
            var best = left.MaxBy(box => left.Count(other => Box.IoU(other, box) >= 0.5f))!;
            chosen.Add(best);
            left = [.. left.Where(other => Box.IoU(other, best) < 0.5f)];
        }

        return new Instances(
            tensor([.. chosen.SelectMany(box => box)], [chosen.Count, 4]), arange(chosen.Count) % 3, Outlines: [.. chosen.Select(Ellipse)]);
    }

    private static Outline Ellipse(float[] box)
    {
        const int corners = 30;
        return new Outline([[.. Enumerable.Range(0, corners).SelectMany(corner =>
        {
            var (sine, cosine) = Math.SinCos(2 * Math.PI * corner / corners);
            return (double[])[
                (box[0] + box[2] + cosine * (box[2] - box[0])) / 2, (box[1] + box[3] + sine * (box[3] - box[1])) / 2];
        })]]);
    }

    private static void Calibrate(CenterMask network, ImageBatch images)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var state = network.state_dict();
        SemiSetup.Calibrate(state, 3, () => network.Extract(images).Pyramid.Take(3));
        const string head = "proposal_generator.fcos_head";
        // Boxes of 4 to 8 strides a side.
        Spread(() => network.Extract(images).Dense.Ltrb, $"{head}.bbox_pred", 0.5, 3);
        Spread(() => network.Extract(images).Dense.Centerness, $"{head}.ctrness", 1, 0);
        // Spread of the logits of a trained detector, and so many of them above the threshold.
        Spread(() => network.Extract(images).Dense.Logits, $"{head}.cls_logits", 1.5, 0);
        var features = network.Extract(images);
        var logits = HostValues.Floats(features.Dense.Logits).OrderDescending().ToArray();
        state[$"{head}.cls_logits.bias"].add_(Math.Log(0.05 / 0.95) - logits[Pairs * images.Count]);
        features = network.Extract(images);
        // Two thirds of a box are foreground.
        var found = Candidates(network, features);
        Spread(() => network.MaskLogits(
            network.Pool(features, [.. found.Select(image => image.Boxes)]), cat([.. found.Select(image => image.Classes)])),
            "roi_heads.mask_head.predictor", 3, 1.3);

        void Spread(Func<Tensor> values, string layer, double deviation, double mean)
        {
            var bias = state[$"{layer}.bias"].fill_(10);
            state[$"{layer}.weight"].mul_(deviation / values().std());
            bias.add_(mean - values().mean());
        }
    }
}
