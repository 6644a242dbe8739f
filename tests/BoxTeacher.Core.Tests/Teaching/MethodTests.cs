using BoxTeacher.Data;
using BoxTeacher.Detectors;
using BoxTeacher.Layers;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Teaching;

public sealed class MethodTests
{
    private const int Side = 64;

    public static TheoryData<string> Methods => ["CondInst", "BoxInst", "BoxTeacher"];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Every_learning_parameter_gets_a_gradient(string name)
    {
        using var scope = NewDisposeScope();
        using var method = Create(name);
        using var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);
        method.BeforeStep(0);
        method.Step(batch, 0).Total().backward();
        Assert.All(
            method.Student.named_parameters().Where(entry => entry.parameter.requires_grad),
            entry => Assert.True(entry.parameter.grad is not null, $"{entry.name} has no gradient."));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Images_without_boxes_are_negatives(string name)
    {
        using var scope = NewDisposeScope();
        using var method = Create(name);
        using var some = Batch([10, 12, 40, 44], []);
        using var none = Batch([], []);
        method.BeforeStep(0);
        foreach (var batch in (TrainingBatch[])[some, none])
        {
            var losses = method.Step(batch, 0);
            var total = losses.Total();
            Assert.True(total.isfinite().item<bool>());
            total.backward();
        }

        var empty = method.Step(none, 0);
        Assert.True(empty["loss_fcos_cls"].Value().item<float>() > 0);
        Assert.All(empty.Where(loss => loss.Name != "loss_fcos_cls"), loss => Assert.Equal(0, loss.Value().item<float>()));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Steps_leave_no_tensor_behind(string name)
    {
        using var method = Create(name);
        using var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);
        Step(0);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Step(1);
        Step(2);
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);

        void Step(long iteration)
        {
            using var scope = NewDisposeScope();
            method.BeforeStep(iteration);
            method.Step(batch, iteration).Total().backward();
            method.Student.zero_grad();
        }
    }

    [Fact]
    public void Full_masks_are_asked_for_by_the_method_that_needs_them()
    {
        using var scope = NewDisposeScope();
        using var method = Create("CondInst");
        using var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50], masks: false);
        var error = Assert.Throws<ArgumentException>(() => method.Step(batch, 0));
        Assert.Contains("no masks", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Confidence_scales_the_pseudo_losses()
    {
        using var scope = NewDisposeScope();
        using var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);
        // Overlap 0 is enough, so that the untrained teacher's predictions are assigned.
        using var method = BoxTeacher(ConfidenceScore.Off, GreedyAssignment.OneToOne(iouThreshold: 0), TeacherMode.Inference);
        method.BeforeStep(0);
        var scene = MaskScene.Of(batch.WeakPixels, batch.Weak.Sizes, batch.OriginalSizes, batch.Targets);
        var certain = method.Label(batch, scene);
        var doubtful = new PseudoLabeller(GreedyAssignment.OneToOne(iouThreshold: 0), ConfidenceScore.From(masks => full_like(masks.Scores, 0.25)))
            .Label(method.Teacher, batch.Weak, scene);
        Assert.Equal([1f, 1f], HostValues.Floats(certain.Confidence));
        Assert.Equal([0.25f, 0.25f], HostValues.Floats(doubtful.Confidence));

        var (full, part) = (method.Step(batch, 3, scene, certain), method.Step(batch, 3, scene, doubtful));
        foreach (var name in (string[])["loss_mask", "loss_mask_affinity"])
        {
            var (expected, actual) = (0.25f * full[name].Value().item<float>(), part[name].Value().item<float>());
            Assert.True(expected > 0, $"{name} is {expected}.");
            Assert.Equal(expected, actual, 1e-4f * expected);
        }
    }

    [Fact]
    public void A_confidence_that_is_none_is_refused()
    {
        using var scope = NewDisposeScope();
        using var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);

        Assert.Contains("returned 9; confidences are in [0, 1]", Refusal(masks => full_like(masks.Scores, 9)), StringComparison.Ordinal);
        Assert.Contains("returned NaN", Refusal(masks => full_like(masks.Scores, double.NaN)), StringComparison.Ordinal);
        Assert.Contains("one number a mask", Refusal(masks => stack([masks.Scores, masks.Scores])), StringComparison.Ordinal);

        string Refusal(Func<TeacherMasks, Tensor> score)
        {
            using var method = BoxTeacher(ConfidenceScore.From(score), GreedyAssignment.OneToOne(iouThreshold: 0), TeacherMode.Inference);
            method.BeforeStep(0);
            return Assert.Throws<ArgumentException>(() => method.Step(batch, 0)).Message;
        }
    }

    [Fact]
    public void Teacher_follows_its_mode()
    {
        using var scope = NewDisposeScope();
        using var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);
        foreach (var mode in (TeacherMode[])[TeacherMode.Training, TeacherMode.Inference])
        {
            using var method = BoxTeacher(ConfidenceScore.Published, GreedyAssignment.Published(), mode);
            method.BeforeStep(0);
            var before = Statistics();
            method.Step(batch, 0);
            Assert.Equal(mode == TeacherMode.Training, !before.SequenceEqual(Statistics()));

            float[] Statistics() => HostValues.Floats(method.Teacher.named_buffers().First(entry => entry.name.StartsWith("mask_branch", StringComparison.Ordinal)
                && entry.name.EndsWith("running_mean", StringComparison.Ordinal)).buffer);
        }
    }

    [Fact]
    public void Losses_are_a_function_of_weights_batch_and_step()
    {
        using var scope = NewDisposeScope();
        using var method = Create("BoxInst");
        using var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);
        method.Student.eval();
        var (first, again, later) = (Pairwise(4), Pairwise(4), Pairwise(9));
        Assert.Equal(first, again);
        Assert.Equal(2 * first, later, 1e-6f * later);

        float Pairwise(long iteration) => method.Step(batch, iteration)["loss_pairwise"].Value().item<float>();
    }

    private static ITeachingMethod Create(string name)
    {
        manual_seed(5);
        return name switch
        {
            "CondInst" => new CondInstMethod(CondInst.Small(3)),
            "BoxInst" => new BoxInstMethod(
                CondInst.Small(3), FcosLoss.Published, new BoxSupervision(new ColorAffinity().AtLeast(0.3), WarmUp.Linear(100)), new PixelPairs(3, 1)),
            _ => BoxTeacher(ConfidenceScore.Published, GreedyAssignment.Published()),
        };
    }

    private static BoxTeacherMethod BoxTeacher(
        IConfidenceScore confidence, IPseudoMaskAssignment assignment, TeacherMode mode = TeacherMode.Training)
    {
        manual_seed(5);
        var (student, teacher) = (CondInst.Small(3), CondInst.Small(3));
        using (no_grad())
        {
            // An untrained head finds nothing; this one is sure of everything.
            student.named_parameters().Single(entry => entry.name.EndsWith("cls_logits.bias", StringComparison.Ordinal)).parameter.fill_(0);
        }

        return new BoxTeacherMethod(
            student, teacher, new EmaTeacher(teacher, student, Momentum.Capped()), new PseudoLabeller(assignment, confidence),
            FcosLoss.Published, BoxSupervision.Published, PseudoMaskSupervision.Published, new PixelPairs(), mode);
    }

    /// <summary>Two images of one box each, or none.</summary>
    private static TrainingBatch Batch(float[] first, float[] second, bool masks = true)
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var pixels = randint(256, [2, 3, Side, Side]).to(uint8);
        ImageSize[] sizes = [new(Side, Side), new(Side - 4, Side)];
        ImageBatch View() => new((pixels.to(float32) - 110) / 58, sizes);
        BoxTargets Truth(float[] box, ImageSize size)
        {
            var full = zeros(box.Length / 4, size.Height, size.Width, dtype: uint8);
            if (box.Length > 0)
            {
                full.narrow(1, (long)box[1], (long)(box[3] - box[1])).narrow(2, (long)box[0], (long)(box[2] - box[0])).fill_(1);
            }

            return new BoxTargets(tensor(box, [box.Length / 4, 4]), zeros(box.Length / 4, dtype: int64), masks ? full : null);
        }

        return new TrainingBatch(
            View(), View(), pixels.DetachFromDisposeScope(), [Truth(first, sizes[0]), Truth(second, sizes[1])],
            [.. sizes.Select((size, i) => new ImageRecord(i, "", size.Width, size.Height, []))]);
    }
}
