using BoxTeacher.Methods;
using BoxTeacher.Structures;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Whole training steps of tiny BoxTeachers against the published implementation.</summary>
public sealed class TrainingGoldenTests
{
    private const string Folder = "boxteacher";

    [GoldenFact(Folder)]
    public void Pseudo_masks_agree() => EachCase("j1", "train", (architecture, instance) =>
    {
        var configuration = instance.Attributes.GetProperty("cfg");
        using var method = GoldenTraining.Method(configuration, architecture);
        var batch = GoldenTraining.Batch(instance, "in.", configuration);
        var weak = batch.Labelled.Weak;
        var grid = method.Grid(weak);
        var labels = method.Label(weak, grid);
        var pairs = new PixelPairs(configuration.GetProperty("BOXINST").GetProperty("SIZE").GetInt32(), configuration.GetProperty("BOXINST").GetProperty("DILATION").GetInt32());
        // Of an image, not of a box: an image without boxes has colors too.
        var similarity = ColorSimilarity.OfPairs(ColorSimilarity.Lab(ColorSimilarity.Shrink(grid.Pixels, grid.Stride)), pairs);
        var affinity = Affinity.SmoothedMasks(grid, labels.Masks, pairs);
        var images = Enumerable.Range(0, weak.Count).Where(image => instance.Has($"pseudo.flags_{image}")).ToList();
        Assert.NotEmpty(images);
        foreach (var image in images)
        {
            var (first, count) = (grid.FirstBoxOf(image), weak.Truth[image].Count);
            Tensor Of(Tensor all) => all.narrow(0, first, count);
            GoldenAssert.Close(instance[$"pseudo.flags_{image}"], Of(labels.Confidence), 1e-5, 1e-5, $"confidence {image}");
            GoldenAssert.Equal(instance[$"box.bitmasks_{image}"], Of(grid.BoxMasks), $"box masks {image}");
            GoldenAssert.Equal(instance[$"pseudo.bitmasks_{image}"], Of(labels.Masks), $"pseudo masks {image}");

            var valid = GoldenTraining.ValidEnds(grid.Valid[image], pairs);
            GoldenAssert.Close(instance[$"pseudo.affinity_{image}"], pairs.Unfold(Of(affinity)) * valid, 1e-5, 1e-5, $"affinity {image}");
            var colors = pairs.Unfold(similarity.narrow(0, image, 1)) * valid;
            GoldenAssert.Close(instance[$"box.color_similarity_{image}"], colors, 1e-5, 1e-5, $"color similarity {image}");
        }
    });

    [GoldenFact(Folder)]
    public void Losses_and_gradients_agree() => EachCase("j1", "train", (architecture, instance) =>
    {
        var configuration = instance.Attributes.GetProperty("cfg");
        using var method = GoldenTraining.Method(configuration, architecture);
        GoldenDecision.Of(architecture).Apply(method.Student);
        var batch = GoldenTraining.Batch(instance, "in.", configuration);
        var losses = method.Losses(batch, GoldenTraining.At((long)instance.Number("iter_buffer_before")));
        foreach (var loss in losses)
        {
            GoldenAssert.Close(instance["out." + loss.Name].sum(), loss.Value(), 5e-5, 5e-5, loss.Name);
        }

        var total = losses.Total();
        GoldenAssert.Close(instance["out.total"].sum(), total, 5e-5, 5e-5, "total");
        total.backward();
        GoldenTraining.CompareGradients(instance, method.Student);
        foreach (var (name, buffer) in method.Student.named_buffers().Where(entry => instance.Has("after." + entry.name)))
        {
            GoldenAssert.Close(instance["after." + name], buffer, 1e-5, 1e-5, name);
        }
    });

    [GoldenFact(Folder)]
    public void Gradients_agree_with_double_precision() => EachCase("j1", "train", (architecture, instance) =>
    {
        var configuration = instance.Attributes.GetProperty("cfg");
        // Which side of an open or closed ReLU float32 takes depends on the machine's convolutions; that of float64 does not.
        Compare(GoldenDecision.First(configuration, Compare));

        void Compare(GoldenDecision decision)
        {
            using var method = GoldenTraining.Method(configuration, architecture);
            decision.Apply(method.Student);
            var batch = GoldenTraining.Batch(instance, "in.", configuration);
            var weak = batch.Labelled.Weak;
            var grid = method.Grid(weak);
            var labels = method.Label(weak, grid);
            var single = Gradients(batch);
            method.Student.to(float64);
            var doubled = GoldenTraining.Batch(instance, "in.", configuration, dtype: float64);
            foreach (var (name, expected) in Gradients(doubled))
            {
                // Biases before a group norm of one channel per group have no gradient but rounding.
                var size = Math.Max(expected.abs().max().item<double>(), 1e-3);
                GoldenAssert.Close(expected, single[name], 1e-4 * size, 0, $"gradient of {name}");
            }

            Dictionary<string, Tensor> Gradients(Batch images)
            {
                method.Student.zero_grad();
                method.LossesWith(images, GoldenTraining.At(1), grid, labels).Total().backward();
                return method.Student.named_parameters().Where(entry => entry.parameter.requires_grad)
                    .ToDictionary(entry => entry.name, entry => entry.parameter.grad!.clone());
            }
        }
    });

    [GoldenFact(Folder)]
    public void Two_steps_of_gradient_descent_agree() => EachCase("j3", "sgd", (architecture, instance) =>
    {
        var start = Single($"j1_{architecture}_train");
        var configuration = start.Attributes.GetProperty("cfg");
        using var method = GoldenTraining.Method(configuration, architecture);
        GoldenDecision.Of(architecture).Apply(method.Student);
        var batch = GoldenTraining.Batch(start, "in.", configuration);
        using var optimizer = optim.SGD(
            method.Student.parameters().Where(parameter => parameter.requires_grad),
            instance.Number("lr"), instance.Number("momentum"), weight_decay: instance.Number("weight_decay"));
        for (var step = 0; step <= 2; step++)
        {
            using var inner = NewDisposeScope();
            var losses = method.Losses(batch, GoldenTraining.At((long)start.Number("iter_buffer_before") + step));
            GoldenTraining.CompareLosses(instance.Json.GetProperty("scalars").GetProperty($"losses_at_step_{step}"), losses, 5e-5, $"step {step}");
            if (step < 2)
            {
                optimizer.zero_grad();
                losses.Total().backward();
                optimizer.step();
                GoldenTraining.CompareState(instance, $"out.step{step + 1}.", method.Student, 1e-5);
            }
        }
    });

    [GoldenFact(Folder)]
    public void Three_iterations_agree() => EachCase("j4", "train3", (architecture, instance) =>
    {
        var configuration = instance.Attributes.GetProperty("cfg");
        var solver = instance.Attributes.GetProperty("solver");
        using var method = GoldenTraining.Method(configuration, architecture);
        using var optimizer = optim.SGD(
            method.Student.parameters().Where(parameter => parameter.requires_grad), instance.Number("base_lr"),
            solver.GetProperty("MOMENTUM").GetDouble(), weight_decay: solver.GetProperty("WEIGHT_DECAY").GetDouble());
        for (var t = 0; instance.Has($"in.it{t}.image_0"); t++)
        {
            using var inner = NewDisposeScope();
            var batch = GoldenTraining.Batch(instance, $"in.it{t}.", configuration);
            var expected = instance.Json.GetProperty("scalars").GetProperty($"iteration_{t}");
            foreach (var group in optimizer.ParamGroups)
            {
                group.LearningRate = expected.GetProperty("lr").GetDouble();
            }

            ((ITrainingMethod)method).BeforeStep(t);
            var losses = method.Losses(batch, GoldenTraining.At(t));
            GoldenTraining.CompareLosses(expected, losses, 1e-3, $"iteration {t}");
            optimizer.zero_grad();
            losses.Total().backward();
            optimizer.step();
            GoldenTraining.CompareState(instance, $"out.it{t}.student.", method.Student, 2e-4);
            GoldenTraining.CompareState(instance, $"out.it{t}.teacher.", method.Teacher.Network, 2e-4);
        }
    });

    [GoldenFact(Folder)]
    public void Options_and_edge_cases_agree() => EachCase("j5", "special", (architecture, instance) =>
    {
        if (!instance.Has("out.loss_prj"))
        {
            return; // The published code raises here.
        }

        var start = Single($"j1_{architecture}_train");
        var configuration = GoldenTraining.Configuration(start.Attributes.GetProperty("cfg"), instance.Attributes.GetProperty("changed_options"));
        using var method = GoldenTraining.Method(configuration, architecture);
        GoldenDecision.Of(architecture).Apply(method.Student);
        if (instance.Ints("teacher_detections").Sum() == 0)
        {
            using var gradients = no_grad();
            method.Teacher.Network.named_parameters().Single(entry => entry.name.EndsWith("cls_logits.bias", StringComparison.Ordinal)).parameter.fill_(-30);
        }

        var batch = GoldenTraining.Batch(start, "in.", configuration, instance);
        var losses = method.Losses(batch, GoldenTraining.At((long)instance.Number("iter_before")));
        GoldenTraining.CompareLosses(instance.Json.GetProperty("scalars"), losses, 5e-5, $"{instance}");
        losses.Total().backward();
        GoldenTraining.CompareNorms(instance, method.Student);
    });

    private static void EachCase(string prefix, string suffix, Action<string, GoldenInstance> check)
    {
        var cases = GoldenTraining.Architectures(prefix, suffix).ToArray();
        Assert.NotEmpty(cases);
        foreach (var architecture in cases)
        {
            foreach (var instance in GoldenCase.Load($"{Folder}/{prefix}_{architecture}_{suffix}").Instances)
            {
                using var scope = NewDisposeScope();
                check(architecture, instance);
            }
        }
    }

    private static GoldenInstance Single(string name) => GoldenCase.Load($"{Folder}/{name}").Instances.Single();
}
