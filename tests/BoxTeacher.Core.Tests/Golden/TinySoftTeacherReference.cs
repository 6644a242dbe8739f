using System.Globalization;
using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>A whole iteration of Soft Teacher, stage by stage, with its gradients.</summary>
internal static class TinySoftTeacherReference
{
    public static void Iteration(ReferenceCase c)
    {
        var stages = Stages(c);
        var scales = c.Numbers("anchor_scales");
        var (student, teacher) = (TinyFasterRcnn.Build(c.Group, "student", scales, stages), TinyFasterRcnn.Build(c.Group, "teacher", scales, stages));
        var weight = c.Number("unsup_weight");
        var side = c.Number("min_pseudo_box_size");
        var settings = SoftTeacherSettings.Published with
        {
            Initial = PseudoLabelFilters.Score(c.Number("pseudo_label_initial_score_thr"), side),
            Rpn = PseudoLabelFilters.Score(c.Number("rpn_pseudo_threshold"), side),
            Classes = PseudoLabelFilters.Score(c.Number("cls_pseudo_threshold"), side),
            Boxes = PseudoLabelFilters.Deviation(c.Number("reg_pseudo_threshold"), side),
            JitterTimes = c.Int("jitter_times"),
            JitterScale = c.Number("jitter_scale"),
            Noise = (image, copies, boxes, _) =>
            {
                var noise = c.In($"jitter_noise{image}");
                Assert.Equal([copies, boxes, 4], noise.shape);
                return noise;
            },
            Weight = UnlabelledWeights.Constant(weight),
        };
        // The teacher's weights are the case's own: it is not moved.
        using var method = new SoftTeacherMethod(student, teacher, new EmaTeacher(teacher, student, Momentum.Constant(1)), settings);
        var weak = ViewOf(c.In("teacher_images"), c.In("teacher_matrices"));
        var strong = ViewOf(c.In("student_images"), c.In("student_matrices"));
        var step = Step.Of(1, new RandomStream(0));

        var answer = Teacher(c, method, teacher, weak);
        var labels = method.Transport(answer.Labels, weak, strong);
        Each(labels, (image, index) => Boxes(c, $"pseudo_boxes_student_view{index}", Table(image)));
        Student(c, method, answer, labels, weak, strong, step);

        var labelled = ViewOf(c.In("sup_image"), eye(3, dtype: float64).unsqueeze(0)) with
        {
            Truth = [new Instances(c.In("sup_gt_boxes"), c.In("sup_gt_labels"))],
        };
        var losses = method.Losses(new Batch(new ViewPair(labelled, labelled), new ViewPair(weak, strong)), step);
        foreach (var name in (string[])["loss_rpn_cls", "loss_rpn_bbox", "loss_cls", "loss_bbox"])
        {
            // The reference lists the proposal network's losses by level.
            Sum("sup_" + name, 1);
            Sum("unsup_" + name, weight);
        }

        var total = losses.Total();
        c.Close("total", total);
        total.backward();
        TinyFasterRcnn.CheckGradients(c, student);

        void Sum(string name, double factor) =>
            GoldenAssert.Close(c.Out(name).sum(), losses[name].Value() / factor, c.Absolute, c.Relative, name);
    }

    private static TeacherAnswer Teacher(ReferenceCase c, SoftTeacherMethod method, FasterRcnn teacher, View weak)
    {
        using var gradients = no_grad();
        var proposals = teacher.Propose(teacher.Rpn(teacher.Features(weak.Images.Images)), weak.Images.Sizes, teacher.TrainingLimits);
        Each(proposals, (boxes, index) => Boxes(c, $"teacher_proposals{index}", boxes));
        var answer = method.Ask(weak, new RandomStream(0));
        Each(answer.Labels, (image, index) =>
        {
            Boxes(c, $"teacher_detections{index}", Table(image));
            c.Equal($"teacher_labels{index}", image.Instances.Classes);
        });
        return answer;
    }

    private static void Student(
        ReferenceCase c, SoftTeacherMethod method, TeacherAnswer answer, IReadOnlyList<PseudoLabels> labels, View weak, View strong, Step step)
    {
        using var gradients = no_grad();
        var student = (FasterRcnn)method.Student;
        var pyramid = student.Features(strong.Images.Images);
        var rpn = student.Rpn(pyramid);
        var boxes = labels.Select(image => image.Instances.Select(method.Settings.Rpn(image)).Boxes);
        var targets = student.AssignAnchors(rpn, [.. boxes], step, strong.Images.Sizes);
        RpnReference.CheckLevels(c, rpn, targets, student.Stages.RpnLoss, "unsup_loss_rpn_cls", "unsup_loss_rpn_bbox");
        var proposals = student.Propose(rpn, strong.Images.Sizes, student.TrainingLimits);
        Each(proposals, (proposed, index) => Boxes(c, $"student_proposals{index}", proposed));

        Instances[] truth = [.. labels.Select(image => image.Instances.Select(method.Settings.Classes(image)))];
        var samples = student.Sample(proposals, truth, step);
        Each(samples.Boxes, (sampled, index) =>
        {
            Boxes(c, $"sampled_boxes{index}", sampled);
            var back = strong.To(weak, index).Apply(sampled, weak.Images.Sizes[index]);
            Boxes(c, $"sampled_boxes_teacher_view{index}", back);
        });
        var positives = samples.Labels.split([.. samples.Boxes.Select(sampled => sampled.size(0))]).Select(part => (part != student.Classes).sum());
        c.Equal("sampled_num_pos", stack(positives));
        c.Equal("cls_labels", samples.Labels);
        var outputs = student.BoxHead(pyramid, samples.Boxes);
        c.Close("cls_score", outputs.Logits);
        c.Close("cls_weights", method.Weights(answer, weak, strong, samples, outputs, truth));
    }

    // Four columns are boxes, with a tolerance of their own; a fifth of proposals is their score, which ours do not keep.
    private static void Boxes(ReferenceCase c, string name, Tensor actual)
    {
        var expected = c.Out(name);
        GoldenAssert.Close(expected.narrow(1, 0, 4), actual.narrow(1, 0, 4), c.Tolerance("boxes_abs"), 0, name);
        if (actual.size(1) > 4)
        {
            var rest = expected.size(1) - 4;
            GoldenAssert.Close(expected.narrow(1, 4, rest), actual.narrow(1, 4, rest), c.Absolute, c.Relative, name);
        }
    }

    private static Tensor Table(PseudoLabels labels) =>
        cat([labels.Instances.Boxes, labels.Instances.Scores!.unsqueeze(1), labels.BoxDeviation!], 1);

    private static void Each<T>(IEnumerable<T> items, Action<T, int> check)
    {
        foreach (var (index, item) in items.Index())
        {
            check(item, index);
        }
    }

    private static View ViewOf(Tensor images, Tensor matrices)
    {
        ImageSize[] sizes = [.. Enumerable.Repeat(new ImageSize((int)images.size(2), (int)images.size(3)), (int)images.size(0))];
        return new View(
            new ImageBatch(images, sizes), [.. matrices.unbind(0).Select(SoftTeacherReference.MapOf)], sizes,
            [.. sizes.Select(_ => new Instances(zeros(0, 4), zeros(0, dtype: int64)))]);
    }

    private static RcnnStages Stages(ReferenceCase c)
    {
        double Number(string part, string name) => c.Attributes.GetProperty(part).GetProperty(name).GetDouble();
        int Int(string part, string name) => Convert.ToInt32(Number(part, name), CultureInfo.InvariantCulture);
        var limits = new ProposalLimits(Int("rpn", "nms_pre_train"), Int("rpn", "max_per_img_train"));
        return RcnnStages.Published(Subset.First) with
        {
            Anchors = new RpnAssigner(RpnAssigner.PublishedMatcher, Subset.First, Int("rpn", "num"), Number("rpn", "pos_fraction")),
            Samples = new RoiSampler(Subset.First, Int("rcnn", "num"), Number("rcnn", "pos_fraction")),
            Detections = new RoiDecoder(Number("test_rcnn", "score_thr"), Number("test_rcnn", "nms_iou"), Int("test_rcnn", "max_per_img")),
            TrainingLimits = limits,
            InferenceLimits = limits,
        };
    }
}
