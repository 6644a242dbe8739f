using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using TorchSharp;
using Xunit;
using Xunit.Sdk;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>
/// Other architectures, the full ResNet-50, deformable convolutions and Swin among them: the teacher's detections, its pseudo masks,
/// and the student's losses and gradients.
/// </summary>
public sealed class ArchitectureTrainingGoldenTests
{
    private const string Folder = "boxteacher";

    public static TheoryData<string> Cases => [.. Golden.Entries(Folder, "k*.json").Select(name => name[..^5])];

    [GoldenTheory(Folder)]
    [MemberData(nameof(Cases))]
    public void Parameters_are_the_published_ones(string name) => EachInstance(name, instance =>
    {
        using var student = Network(instance, "student");
        string[] Names(string attribute) => [.. instance.Attributes.GetProperty(attribute).EnumerateArray().Select(value => value.GetString()!)];
        var parameters = student.named_parameters().ToList();
        Assert.Equal(instance.Int("num_parameters_student"), parameters.Sum(entry => entry.parameter.numel()));
        Assert.Equal(Names("grad_names").Order(), parameters.Where(entry => entry.parameter.requires_grad).Select(entry => entry.name).Order());
        Assert.Equal(Names("frozen_parameters").Order(), parameters.Where(entry => !entry.parameter.requires_grad).Select(entry => entry.name).Order());
        var hashed = instance.Attributes.GetProperty("weights").EnumerateArray().Select(entry => entry[0].GetString()!);
        string[] constants = ["_iter", "sizes_of_interest", "num_batches_tracked", "relative_position_index"];
        Assert.Equal(hashed.Order(), student.state_dict().Keys.Where(key => !constants.Contains(key.Split('.')[^1])).Order());
    });

    [GoldenTheory(Folder)]
    [MemberData(nameof(Cases))]
    public void Teacher_detections_agree(string name) => EachInstance(name, instance =>
    {
        var configuration = instance.Attributes.GetProperty("cfg");
        var options = configuration.GetProperty("BOX_TEACHER");
        var batch = GoldenTraining.Batch(instance, "in.", configuration);
        using var teacher = Network(instance, "teacher");
        teacher.train(!options.GetProperty("TEACHER_EVAL").GetBoolean());
        var size = new TeacherSize(configuration.GetProperty("MIN_SIZE_TEST").GetInt32(), configuration.GetProperty("MAX_SIZE_TEST").GetInt32());
        var weak = batch.Labelled.Weak.Images;
        var resized = size.Resize(weak);
        double? threshold = options.GetProperty("RETURN_FLOAT_MASK").GetBoolean() ? null : options.GetProperty("TEACHER_MASK_THRESHOLD").GetDouble();
        foreach (var (image, (found, maskScores)) in GoldenModel.Detect(teacher, resized, weak.Sizes, threshold).Index())
        {
            GoldenAssert.Close(instance[$"teacher.boxes_{image}"], found.Boxes, 1e-3, 1e-5, $"{name}: teacher boxes {image}");
            GoldenAssert.Equal(instance[$"teacher.classes_{image}"], found.Classes, $"{name}: teacher classes {image}");
            // One pixel of a mask that lies next to the threshold moves its quality by so much.
            GoldenAssert.Close(instance[$"teacher.scores_{image}"], found.Scores!, 1e-5, 3e-4, $"{name}: teacher scores {image}");
            GoldenAssert.Close(instance[$"teacher.mask_score_{image}"], maskScores, 1e-5, 3e-4, $"{name}: teacher mask scores {image}");
        }
    });

    [GoldenTheory(Folder)]
    [MemberData(nameof(Cases))]
    public void Pseudo_masks_losses_and_gradients_agree(string name) => EachInstance(name, instance =>
    {
        var configuration = instance.Attributes.GetProperty("cfg");
        using var method = GoldenTraining.Method(configuration, Network(instance, "student"), Network(instance, "teacher"));
        var batch = GoldenTraining.Batch(instance, "in.", configuration);
        var weak = batch.Labelled.Weak;
        var grid = method.Grid(weak);
        var labels = method.Label(weak, grid);
        foreach (var image in Enumerable.Range(0, weak.Count).Where(image => instance.Has($"pseudo.flags_{image}")))
        {
            Tensor Of(Tensor all) => all.narrow(0, grid.FirstBoxOf(image), weak.Truth[image].Count);
            GoldenAssert.Close(instance[$"pseudo.flags_{image}"], Of(labels.Confidence), 1e-5, 1e-5, $"{name}: confidence {image}");
            var masks = instance[$"pseudo.bitmasks_{image}"];
            Assert.True(masks.ne(Of(labels.Masks) > 0.5).sum().item<long>() <= 0.0005 * masks.numel(), $"{name}: pseudo masks {image} differ.");
        }

        var step = GoldenTraining.At((long)instance.Number("iter_buffer_before"));
        var losses = method.LossesWith(batch, step, grid, labels);
        Assert.Equal(instance.Names("out.loss_").Order(), losses.Select(loss => "out." + loss.Name).Order());
        foreach (var loss in losses)
        {
            GoldenAssert.Close(instance["out." + loss.Name].sum(), loss.Value(), 5e-5, 5e-5, $"{name}: {loss.Name}");
        }

        var total = losses.Total();
        GoldenAssert.Close(instance["out.total"].sum(), total, 5e-5, 5e-5, $"{name}: total");
        total.backward();
        try
        {
            GoldenTraining.CompareGradients(instance, method.Student);
        }
        catch (XunitException)
        {
            // Rounding opened or closed a ReLU that the reference's rounding did not. Double precision shares neither: in the cases
            // k3 and k4, where float32 is off by 1.1e-3 and 7.9e-3, it is within 1.4e-5 and 5.1e-4 of the reference.
            method.Student.zero_grad();
            method.Student.to(float64);
            var doubled = GoldenTraining.Batch(instance, "in.", configuration, dtype: float64);
            method.LossesWith(doubled, step, grid, labels).Total().backward();
            GoldenTraining.CompareGradients(instance, method.Student);
        }
    });

    private static CondInst Network(GoldenInstance instance, string network) =>
        GoldenModel.WithHashedWeights(instance.Attributes, instance.Attributes.GetProperty("salt_" + network).GetString()!);

    private static void EachInstance(string name, Action<GoldenInstance> check)
    {
        foreach (var instance in GoldenCase.Load($"{Folder}/{name}").Instances)
        {
            using var scope = NewDisposeScope();
            check(instance);
        }
    }
}
