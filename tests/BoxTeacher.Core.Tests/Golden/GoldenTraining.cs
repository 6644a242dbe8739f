using System.Text.Json;
using System.Text.Json.Nodes;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>BoxTeacher and its batches, built from what a reference case states.</summary>
internal static class GoldenTraining
{
    /// <summary>The architectures of a set: every X for which the case prefix_X_suffix exists.</summary>
    public static IEnumerable<string> Architectures(string prefix, string suffix) => Golden
        .Entries("boxteacher", $"{prefix}_*_{suffix}.json")
        .Select(name => name[(prefix.Length + 1)..^(suffix.Length + 6)]);

    /// <summary>The configuration of a case with the changes that an instance makes to it.</summary>
    public static JsonElement Configuration(JsonElement configuration, JsonElement? changes = null)
    {
        var changed = JsonNode.Parse(configuration.GetRawText())!;
        foreach (var change in changes?.EnumerateArray().Chunk(2) ?? [])
        {
            var path = change[0].GetString()!.Split('.').Where(part => part != "MODEL").ToArray();
            var section = changed[path[0]] ??= new JsonObject();
            section[path[1]] = JsonNode.Parse(change[1].GetRawText());
        }

        return JsonSerializer.SerializeToElement(changed);
    }

    /// <summary>BoxTeacher with the options of a configuration and the weights of a tiny architecture.</summary>
    public static BoxTeacherMethod Method(JsonElement configuration, string architecture)
    {
        return Method(configuration, Load("student"), Load("teacher"));

        CondInst Load(string network) => GoldenModel.Load(configuration, $"boxteacher/j_{architecture}_{network}");
    }

    /// <summary>BoxTeacher with the options of a configuration.</summary>
    public static BoxTeacherMethod Method(JsonElement configuration, CondInst student, CondInst teacher)
    {
        var (boxInst, options) = (configuration.GetProperty("BOXINST"), configuration.GetProperty("BOX_TEACHER"));
        double Number(string name) => options.GetProperty(name).GetDouble();
        bool Flag(string name) => options.GetProperty(name).GetBoolean();

        var affinity = Affinity.SmoothedMasks;
        return new BoxTeacherMethod(
            student, teacher,
            new EmaTeacher(teacher, student, Momentum.Capped(Number("MOMENTUM"))),
            new PseudoLabeller(
                Assignment.Published(Number("IOU_THR"), Number("SCORE_THR")), Confidence.Published, Number("IOU_THR"),
                Flag("RETURN_FLOAT_MASK") ? null : Number("TEACHER_MASK_THRESHOLD"),
                new TeacherSize(configuration.GetProperty("MIN_SIZE_TEST").GetInt32(), configuration.GetProperty("MAX_SIZE_TEST").GetInt32())),
            new BoxSupervision(
                Affinity.Color.AtLeast(boxInst.GetProperty("COLOR_THRESH").GetDouble()),
                WarmUp.Linear(boxInst.GetProperty("WARMUP_ITERS").GetInt64()),
                new PixelPairs(boxInst.GetProperty("SIZE").GetInt32(), boxInst.GetProperty("DILATION").GetInt32()),
                boxInst.GetProperty("BOTTOM_PIXELS_REMOVED").GetInt32()),
            new PseudoMaskSupervision(
                Number("MASK_AFFINITY_THRESH") is var threshold and > 0 ? affinity.AtLeast(threshold) : affinity,
                Number("MASK_WEIGHT"), Number("MASK_AFFINITY_WEIGHT"), Flag("WITH_AVG_LOSS") ? Number("AVG_LOSS_WEIGHT") : 0,
                Flag("WITH_WARMUP") ? WarmUp.Linear((long)Number("WARMUP_ITERS")) : WarmUp.None,
                Flag("FIX_REDUCTION") ? PseudoNormalizers.Count : PseudoNormalizers.Sum),
            Flag("TEACHER_EVAL") ? TeacherMode.Inference : TeacherMode.Training);
    }

    /// <summary>The batch whose tensors begin with a prefix; boxes may come from another instance.</summary>
    public static Batch Batch(GoldenInstance images, string prefix, JsonElement configuration, GoldenInstance? boxes = null, ScalarType dtype = ScalarType.Float32)
    {
        var weakOnly = configuration.TryGetProperty("INPUT", out var input) && input.GetProperty("AUG_TYPE").GetString() == "none";
        var count = Enumerable.Range(0, int.MaxValue).TakeWhile(i => images.Has($"{prefix}image_{i}")).Count();
        Tensor[] Pixels(string name) => [.. Enumerable.Range(0, count).Select(i => images[$"{prefix}{name}_{i}"])];
        var pixels = Pixels("image");
        var labels = boxes is not null && boxes.Has("in.boxes_0") ? (From: boxes, Prefix: "in.") : (From: images, Prefix: prefix);
        ImageSize[] originals = [.. images.Attributes.GetProperty("height_width_original").EnumerateArray().Take(count)
            .Select(size => new ImageSize(size[0].GetInt32(), size[1].GetInt32()))];
        Instances[] truth = [.. Enumerable.Range(0, count)
            .Select(i => new Instances(labels.From[$"{labels.Prefix}boxes_{i}"], labels.From[$"{labels.Prefix}classes_{i}"]))];
        var strong = GoldenModel.Batch(weakOnly ? pixels : Pixels("aug_image"), configuration);
        var plain = ImageBatch.Collate([.. pixels.Select(image => image.flip(0).to(float32))]);
        return new Batch(new ViewPair(
            Of(GoldenModel.Batch(pixels, configuration), plain.Images.to(uint8)),
            Of(new ImageBatch(strong.Images.to(dtype), strong.Sizes))));

        View Of(ImageBatch seen, Tensor? colors = null) => new(
            seen, [.. originals.Zip(seen.Sizes, Homography.Resize)], originals, truth, colors);
    }

    /// <summary>The step of that number, 0-based.</summary>
    public static Step At(long iteration) => Step.Of(iteration, new RandomStream(1));

    /// <summary>The losses of a step for given pseudo masks.</summary>
    public static LossTerms LossesWith(this BoxTeacherMethod method, Batch batch, Step step, MaskGrid grid, PseudoMasks labels) =>
        method.Losses(((MaskDetector)method.Student).Learn(batch.Labelled.Strong, step), grid, labels, step);

    /// <summary>A valid mask [h, w] at the neighbor, for all neighbors of a window.</summary>
    public static Tensor ValidEnds(Tensor valid, PixelPairs pairs)
    {
        var before = pairs.Unfold(valid.unsqueeze(0).expand(pairs.Count, -1, -1)).narrow(0, 0, pairs.Count);
        return cat([before, pairs.Second(valid)]);
    }

    public static void CompareLosses(JsonElement expected, LossTerms losses, double tolerance, string what)
    {
        foreach (var loss in losses)
        {
            Near(expected.GetProperty(loss.Name).GetDouble(), loss.Value(), loss.Name);
        }

        if (expected.TryGetProperty("total", out var total))
        {
            Near(total.GetDouble(), losses.Total(), "total");
        }

        void Near(double value, Tensor actual, string name) =>
            GoldenAssert.Close(tensor(value), actual.to(float64), tolerance, tolerance, $"{what}: {name}");
    }

    /// <summary>How far a gradient may differ, as a part of its largest entry: what the reference set suggests.</summary>
    private const double GradientTolerance = 1e-3;

    /// <summary>Every gradient entry within a part of the largest one of its parameter, or 1e-4 of the model's.</summary>
    public static void CompareGradients(GoldenInstance instance, Detector student)
    {
        var gradients = student.named_parameters()
            .Where(entry => entry.parameter.requires_grad)
            .ToDictionary(entry => entry.name, entry => entry.parameter.grad ?? zeros_like(entry.parameter));
        var largest = gradients.Values.Max(Largest);
        var compared = 0;
        foreach (var (name, gradient) in gradients.Where(entry => instance.Has("grad." + entry.Key)))
        {
            var expected = instance["grad." + name];
            GoldenAssert.Close(expected, gradient, Math.Max(GradientTolerance * Largest(expected), 1e-4 * largest), 0, $"gradient of {name}");
            compared++;
        }

        Assert.True(compared > 0);
        CompareNorms(instance, student);
    }

    /// <summary>Norms of all gradients within a part of their own size, or 1e-4 of the largest norm.</summary>
    public static void CompareNorms(GoldenInstance instance, Detector student)
    {
        var gradients = student.named_parameters().ToDictionary(entry => entry.name, entry => entry.parameter);
        var names = instance.Attributes.GetProperty("grad_names").EnumerateArray().Select(name => name.GetString()!).ToArray();
        var expected = HostValues.Floats(instance["grad_norms"]);
        Assert.Equal(names.Length, gradients.Values.Count(parameter => parameter.requires_grad));
        for (var i = 0; i < names.Length; i++)
        {
            var actual = gradients[names[i]].grad is { } gradient ? gradient.norm().to(float64).item<double>() : 0;
            Assert.True(
                Math.Abs(actual - expected[i]) <= Math.Max(GradientTolerance * expected[i], 1e-4 * expected.Max()),
                $"{instance}: gradient norm of {names[i]} is {actual}, expected {expected[i]}.");
        }
    }

    /// <summary>All state entries that a case holds under a prefix, within a part of the largest entry.</summary>
    public static void CompareState(GoldenInstance instance, string prefix, Detector network, double tolerance)
    {
        var compared = 0;
        foreach (var (name, value) in network.state_dict().Where(entry => instance.Has(prefix + entry.Key)))
        {
            var expected = instance[prefix + name];
            GoldenAssert.Close(expected, value, tolerance * Math.Max(Largest(expected), 1e-2), 0, prefix + name);
            compared++;
        }

        Assert.True(compared > 0);
    }

    private static double Largest(Tensor values) => values.numel() == 0 ? 0 : values.detach().abs().max().to(float64).item<double>();
}
