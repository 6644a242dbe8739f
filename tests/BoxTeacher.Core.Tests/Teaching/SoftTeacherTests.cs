using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Teaching;

public sealed class SoftTeacherTests
{
    private const int Side = 64;

    private static readonly string[] Terms = ["loss_rpn_cls", "loss_rpn_bbox", "loss_cls", "loss_bbox"];

    /// <summary>What an untrained teacher finds is believed.</summary>
    private static SoftTeacherSettings Credulous => new()
    {
        Initial = PseudoLabelFilters.Score(0.1),
        Rpn = PseudoLabelFilters.Score(0.1),
        Classes = PseudoLabelFilters.Score(0.1),
        Boxes = PseudoLabelFilters.Deviation(10),
        JitterTimes = 3,
    };

    public static TheoryData<string> Tellings => ["published", "mmdetection 3", "paper"];

    [Theory]
    [MemberData(nameof(Tellings))]
    public void Every_learning_parameter_gets_a_gradient(string telling)
    {
        using var scope = NewDisposeScope();
        using var method = Create(Of(telling));
        var losses = Losses(method, BatchOf(labelled: 2, unlabelled: 2));
        Assert.Equal(Terms.Select(name => "sup_" + name).Concat(Terms.Select(name => "unsup_" + name)), losses.Select(term => term.Name));
        Assert.All(losses, term => Assert.True(term.Value().item<float>() > 0, $"{term.Name} is {term.Value().item<float>()}"));
        losses.Total().backward();
        Assert.All(
            method.Student.named_parameters().Where(entry => entry.parameter.requires_grad),
            entry => Assert.True(entry.parameter.grad is not null, $"{entry.name} has no gradient."));
        Assert.All(method.Teacher.Network.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [Theory]
    [MemberData(nameof(Tellings))]
    public void A_batch_without_pseudo_boxes_is_background(string telling)
    {
        using var scope = NewDisposeScope();
        using var method = Create(Of(telling) with
        {
            Initial = PseudoLabelFilters.Score(1), Rpn = PseudoLabelFilters.Score(1), Classes = PseudoLabelFilters.Score(1),
        });
        var losses = Losses(method, BatchOf(labelled: 1, unlabelled: 2));
        losses.Total().backward();

        Assert.True(losses.Total().isfinite().item<bool>());
        Assert.All(new[] { "unsup_loss_rpn_cls", "unsup_loss_cls" }, name => Assert.True(losses[name].Value().item<float>() > 0));
        Assert.All(new[] { "unsup_loss_rpn_bbox", "unsup_loss_bbox" }, name => Assert.Equal(0, losses[name].Value().item<float>()));
    }

    [Fact]
    public void Labelled_images_without_labels_are_background()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Credulous);
        var losses = Losses(method, BatchOf(labelled: 1, unlabelled: 1, boxes: []));
        losses.Total().backward();
        Assert.True(losses.Total().isfinite().item<bool>());
        Assert.Equal(0, losses["sup_loss_bbox"].Value().item<float>());
        Assert.True(losses["sup_loss_cls"].Value().item<float>() > 0);
    }

    [Fact]
    public void Unlabelled_images_must_be_there()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Credulous);
        var batch = BatchOf(labelled: 1, unlabelled: 1) with { Unlabelled = null };
        Assert.Contains("unlabelled", Assert.Throws<InvalidDataException>(() => method.Losses(batch, At(0))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Tellings))]
    public void Steps_leave_no_tensor_behind(string telling)
    {
        using var outer = NewDisposeScope();
        using var method = Create(Of(telling));
        var batch = BatchOf(labelled: 1, unlabelled: 2);
        LiveTensors.StayAfter(iteration =>
        {
            ((ITrainingMethod)method).BeforeStep(iteration);
            method.Losses(batch, At(iteration)).Total().backward();
            ((ITrainingMethod)method).AfterStep(iteration);
            method.Student.zero_grad();
        });
    }

    [Fact]
    public void Losses_are_a_function_of_weights_batch_and_step()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Credulous);
        method.Student.eval();
        ((ITrainingMethod)method).BeforeStep(0);
        var batch = BatchOf(labelled: 1, unlabelled: 2);
        var (first, again, later) = (Values(3), Values(3), Values(4));
        Assert.Equal(first, again);
        Assert.NotEqual(first, later);

        float[] Values(long iteration) => [.. method.Losses(batch, At(iteration)).Select(term => term.Value().item<float>())];
    }

    [Fact]
    public void The_weight_scales_unlabelled_terms_alone_and_a_factor_of_zero_leaves_one_out()
    {
        using var scope = NewDisposeScope();
        var batch = BatchOf(labelled: 1, unlabelled: 1);
        var (one, three) = (Of(1), Of(3));
        Assert.All(Terms, name => Assert.Equal(one["sup_" + name], three["sup_" + name]));
        Assert.All(Terms, name => Assert.Equal(3 * one["unsup_" + name], three["unsup_" + name], 1e-4f * three["unsup_" + name]));
        var without = Of(1, new() { ["loss_rpn_bbox"] = 0 });
        Assert.Equal([.. one.Keys.Where(name => name != "unsup_loss_rpn_bbox")], without.Keys);

        Dictionary<string, float> Of(double weight, Dictionary<string, double>? factors = null)
        {
            using var method = Create(Credulous with { Weight = UnlabelledWeights.Constant(weight), Factors = factors ?? [] });
            return Losses(method, batch).ToDictionary(term => term.Name, term => term.Value().item<float>());
        }
    }

    [Fact]
    public void One_image_is_normalized_like_a_batch_of_one()
    {
        using var scope = NewDisposeScope();
        var batch = BatchOf(labelled: 1, unlabelled: 1);
        var (whole, each) = (Of(false), Of(true));
        Assert.Equal(whole.Keys, each.Keys);
        // Which samples are drawn differs, but all are.
        Assert.All(whole.Keys, name => Assert.Equal(whole[name], each[name], 1e-4f * whole[name]));

        Dictionary<string, float> Of(bool perImage)
        {
            using var method = Create(Credulous with { NormalizesPerImage = perImage }, Subset.First);
            return Losses(method, batch).ToDictionary(term => term.Name, term => term.Value().item<float>());
        }
    }

    [Fact]
    public void Background_is_weighed_by_the_reliability_and_foreground_is_not()
    {
        using var scope = NewDisposeScope();
        (float[] Overlaps, long[] Boxes, long[] Teacher) seen = ([], [], []);
        using var method = Create(Credulous with
        {
            Reliability = scores =>
            {
                seen = (HostValues.Floats(scores.Overlap), scores.Boxes.shape, scores.Teacher.shape);
                return full_like(scores.Overlap, 0.25);
            },
        });
        ((ITrainingMethod)method).BeforeStep(0);
        var (weak, strong) = BatchOf(labelled: 1, unlabelled: 2).Unlabelled!;
        var student = (FasterRcnn)method.Student;
        var answer = method.Ask(weak, new RandomStream(1));
        Instances[] truth = [.. method.Transport(answer.Labels, weak, strong).Select(image => image.Instances)];
        var pyramid = student.Features(strong.Images.Images);
        var proposals = student.Propose(student.Rpn(pyramid), strong.Images.Sizes, student.TrainingLimits);
        var samples = student.Sample(proposals, truth, At(0));
        var weights = method.Weights(answer, weak, strong, samples, student.BoxHead(pyramid, samples.Boxes), truth);

        var labels = HostValues.Longs(samples.Labels);
        Assert.Contains(labels, label => label == 3);
        Assert.Contains(labels, label => label < 3);
        Assert.Equal(labels.Select(label => label == 3 ? 0.25f : 1), HostValues.Floats(weights));
        Assert.All(seen.Overlaps, overlap => Assert.InRange(overlap, 0, 0.5f));
        var background = labels.Count(label => label == 3);
        Assert.Equal([background, 4], seen.Boxes);
        Assert.Equal([background, 4], seen.Teacher);
    }

    [Fact]
    public void A_teacher_that_follows_after_the_step_sees_its_result()
    {
        using var scope = NewDisposeScope();
        var (student, teacher) = Networks(Subset.Random);
        using var method = new SoftTeacherMethod(
            student, teacher, new EmaTeacher(teacher, student, before: null, TeacherBuffers.Averaged, Momentum.Constant(0.75)), Credulous);
        var training = (ITrainingMethod)method;
        training.BeforeStep(0);
        var (own, learned) = (First(teacher), First(student));
        var start = own.clone();
        using (no_grad())
        {
            learned.add_(4);
        }

        training.AfterStep(0);
        GoldenAssert.Close(start + 1, own, 1e-5, 0, "after the step");
        training.BeforeStep(1);
        GoldenAssert.Close(start + 1, own, 1e-5, 0, "before the next one");

        static Tensor First(Detector network) => network.parameters().First(parameter => parameter.dim() == 4);
    }

    [Fact]
    public void Labels_for_a_report_are_those_of_training_and_repeat()
    {
        using var scope = NewDisposeScope();
        using var method = Create(Credulous);
        ((ITrainingMethod)method).BeforeStep(0);
        var weak = BatchOf(labelled: 1, unlabelled: 2).Unlabelled!.Weak;
        var (labels, again) = (method.Label(weak), method.Label(weak));
        Assert.Equal(2, labels.Count);
        Assert.All(labels.Zip(again), pair =>
        {
            Assert.True(pair.First.Instances.Count > 0);
            GoldenAssert.Equal(pair.First.BoxDeviation!, pair.Second.BoxDeviation!, "deviation");
        });
    }

    private static SoftTeacherSettings Of(string telling) => telling switch
    {
        "published" => Credulous,
        "mmdetection 3" => SoftTeacherSettings.MmDetection3 with
        {
            Initial = Credulous.Initial, Rpn = Credulous.Rpn, Classes = Credulous.Classes, Boxes = Credulous.Boxes, JitterTimes = 2,
        },
        _ => SoftTeacherSettings.Paper with
        {
            Initial = Credulous.Initial, Rpn = Credulous.Rpn, Classes = Credulous.Classes, Boxes = Credulous.Boxes, JitterTimes = 2,
        },
    };

    private static LossTerms Losses(SoftTeacherMethod method, Batch batch)
    {
        ((ITrainingMethod)method).BeforeStep(0);
        return method.Losses(batch, At(0));
    }

    private static SoftTeacherMethod Create(SoftTeacherSettings settings, SubsetSampler? sampler = null)
    {
        var (student, teacher) = Networks(sampler ?? Subset.Random);
        return new SoftTeacherMethod(student, teacher, new EmaTeacher(teacher, student, Momentum.Capped(), TeacherBuffers.Averaged), settings);
    }

    private static (FasterRcnn Student, FasterRcnn Teacher) Networks(SubsetSampler sampler)
    {
        manual_seed(5);
        return (FasterRcnn.Small(3, RcnnStages.Small(sampler)), FasterRcnn.Small(3, RcnnStages.Small(sampler)));
    }

    private static Step At(long iteration) => Step.Of(iteration, new RandomStream(1));

    private static Batch BatchOf(int labelled, int unlabelled, float[]? boxes = null)
    {
        manual_seed(7);
        var known = ViewOf(labelled, Homography.Identity, boxes ?? [10, 12, 40, 44]);
        var mirrored = Homography.HorizontalFlip(Side);
        return new Batch(
            new ViewPair(known, known),
            new ViewPair(ViewOf(unlabelled, Homography.Identity, []), ViewOf(unlabelled, mirrored.Then(Homography.Translate(-6, 4)), [])));
    }

    private static View ViewOf(int count, Homography map, float[] boxes)
    {
        ImageSize[] sizes = [.. Enumerable.Repeat(new ImageSize(Side - 4, Side), count)];
        return new View(
            new ImageBatch(randn(count, 3, Side, Side), sizes), [.. sizes.Select(_ => map)], sizes,
            [.. sizes.Select(_ => new Instances(tensor(boxes, [boxes.Length / 4, 4]), zeros(boxes.Length / 4, dtype: int64)))]);
    }
}
