using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
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
        var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);
        ((ITrainingMethod)method).BeforeStep(0);
        method.Losses(batch, At(0)).Total().backward();
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
        var some = Batch([10, 12, 40, 44], []);
        var none = Batch([], []);
        ((ITrainingMethod)method).BeforeStep(0);
        foreach (var batch in (Batch[])[some, none])
        {
            var losses = method.Losses(batch, At(0));
            var total = losses.Total();
            Assert.True(total.isfinite().item<bool>());
            total.backward();
        }

        var empty = method.Losses(none, At(0));
        Assert.True(empty["loss_fcos_cls"].Value().item<float>() > 0);
        Assert.All(empty.Where(loss => loss.Name != "loss_fcos_cls"), loss => Assert.Equal(0, loss.Value().item<float>()));
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Steps_leave_no_tensor_behind(string name)
    {
        using var outer = NewDisposeScope();
        using var method = Create(name);
        var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);
        LiveTensors.StayAfter(iteration =>
        {
            method.BeforeStep(iteration);
            method.Losses(batch, At(iteration)).Total().backward();
            method.Student.zero_grad();
        });
    }

    [Fact]
    public void Full_masks_are_asked_for_by_the_method_that_needs_them()
    {
        using var scope = NewDisposeScope();
        using var method = Create("CondInst");
        var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50], masks: false);
        var error = Assert.Throws<InvalidDataException>(() => method.Losses(batch, At(0)));
        Assert.Contains("no masks", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Confidence_scales_the_pseudo_losses()
    {
        using var scope = NewDisposeScope();
        var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);
        // Overlap 0 is enough, so that the untrained teacher's predictions are assigned.
        using var method = BoxTeacher(Confidence.Off, Assignment.OneToOne(iouThreshold: 0), TeacherMode.Inference, iouThreshold: 0);
        ((ITrainingMethod)method).BeforeStep(0);
        var weak = batch.Labelled.Weak;
        var grid = method.Grid(weak);
        var certain = method.Label(weak, grid);
        var doubtful = new PseudoLabeller(Assignment.OneToOne(iouThreshold: 0), masks => full_like(masks.Scores, 0.25), iouThreshold: 0)
            .Label(((MaskDetector)method.Teacher.Network).Look, weak.Images, grid);
        Assert.Equal([1f, 1f], HostValues.Floats(certain.Confidence));
        Assert.Equal([0.25f, 0.25f], HostValues.Floats(doubtful.Confidence));

        var (full, part) = (method.LossesWith(batch, At(3), grid, certain), method.LossesWith(batch, At(3), grid, doubtful));
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
        var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);

        Assert.Contains("returned 9; confidences must be in [0, 1]", Refusal(masks => full_like(masks.Scores, 9)), StringComparison.Ordinal);
        Assert.Contains("returned NaN", Refusal(masks => full_like(masks.Scores, double.NaN)), StringComparison.Ordinal);
        Assert.Contains("one number per mask", Refusal(masks => stack([masks.Scores, masks.Scores])), StringComparison.Ordinal);

        string Refusal(ConfidenceScore score)
        {
            using var method = BoxTeacher(score, Assignment.OneToOne(iouThreshold: 0), TeacherMode.Inference, iouThreshold: 0);
            ((ITrainingMethod)method).BeforeStep(0);
            return Assert.Throws<PartException>(() => method.Losses(batch, At(0))).Message;
        }
    }

    [Fact]
    public void Teacher_follows_its_mode()
    {
        using var scope = NewDisposeScope();
        var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);
        foreach (var mode in (TeacherMode[])[TeacherMode.Training, TeacherMode.Inference])
        {
            using var method = BoxTeacher(Confidence.Published, Assignment.Published(), mode);
            ((ITrainingMethod)method).BeforeStep(0);
            var before = Statistics();
            method.Losses(batch, At(0));
            Assert.Equal(mode == TeacherMode.Training, !before.SequenceEqual(Statistics()));

            float[] Statistics() => HostValues.Floats(method.Teacher.Network.named_buffers().First(entry => entry.name.StartsWith("mask_branch", StringComparison.Ordinal)
                && entry.name.EndsWith("running_mean", StringComparison.Ordinal)).buffer);
        }
    }

    [Fact]
    public void Losses_are_a_function_of_weights_batch_and_step()
    {
        using var scope = NewDisposeScope();
        using var method = Create("BoxInst");
        var batch = Batch([10, 12, 40, 44], [20, 8, 60, 50]);
        method.Student.eval();
        var (first, again, later) = (Pairwise(4), Pairwise(4), Pairwise(9));
        Assert.Equal(first, again);
        Assert.Equal(2 * first, later, 1e-6f * later);

        float Pairwise(long iteration) => method.Losses(batch, At(iteration))["loss_pairwise"].Value().item<float>();
    }

    private static ITrainingMethod Create(string name)
    {
        manual_seed(5);
        return name switch
        {
            "CondInst" => new Supervised(CondInst.Small(3)),
            "BoxInst" => new BoxInstMethod(
                CondInst.Small(3), new BoxSupervision(Affinity.Color.AtLeast(0.3), WarmUp.Linear(100), new PixelPairs(3, 1))),
            _ => BoxTeacher(Confidence.Published, Assignment.Published()),
        };
    }

    private static BoxTeacherMethod BoxTeacher(
        ConfidenceScore confidence, PseudoMaskAssignment assignment, TeacherMode mode = TeacherMode.Training, double iouThreshold = 0.5)
    {
        manual_seed(5);
        var (student, teacher) = (CondInst.Small(3), CondInst.Small(3));
        using (no_grad())
        {
            // An untrained head finds nothing; this one is sure of everything.
            student.named_parameters().Single(entry => entry.name.EndsWith("cls_logits.bias", StringComparison.Ordinal)).parameter.fill_(0);
        }

        return new BoxTeacherMethod(
            student, teacher, new EmaTeacher(teacher, student, Momentum.Capped()), new PseudoLabeller(assignment, confidence, iouThreshold),
            BoxSupervision.Published, PseudoMaskSupervision.Published, mode);
    }

    private static Step At(long iteration) => Step.Of(iteration, new RandomStream(1));

    /// <summary>Two images of one box each, or none.</summary>
    private static Batch Batch(float[] first, float[] second, bool masks = true)
    {
        manual_seed(7);
        var pixels = randint(256, [2, 3, Side, Side]).to(uint8);
        ImageSize[] sizes = [new(Side, Side), new(Side - 4, Side)];
        Instances[] truth = [Truth(first, sizes[0]), Truth(second, sizes[1])];
        return new Batch(new ViewPair(View(), View()));

        View View() => new(
            new ImageBatch((pixels.to(float32) - 110) / 58, sizes), [Homography.Identity, Homography.Identity], sizes, truth, pixels);

        Instances Truth(float[] box, ImageSize size)
        {
            var full = zeros(box.Length / 4, size.Height, size.Width, dtype: uint8);
            if (box.Length > 0)
            {
                full.narrow(1, (long)box[1], (long)(box[3] - box[1])).narrow(2, (long)box[0], (long)(box[2] - box[0])).fill_(1);
            }

            return new Instances(tensor(box, [box.Length / 4, 4]), zeros(box.Length / 4, dtype: int64), Masks: masks ? full : null);
        }
    }
}
