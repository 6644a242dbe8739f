using System.Text.Json;
using BoxTeacher.Backbones;
using BoxTeacher.Detectors;
using BoxTeacher.Tests.Fuzz;
using BoxTeacher.Training;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Training;

/// <summary>A test that needs the pretrained ResNet-18; it is skipped where nobody has fetched it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ResNet18FactAttribute : FactAttribute
{
    public ResNet18FactAttribute() => Skip = System.IO.File.Exists(File) ? null : $"{File} is not there; 'make backbone' fetches it";

    internal static string File { get; } = Path.Combine(Repository.Folder, "data", ResNet18Recipes.Weights);
}

/// <summary>ResNets of basic blocks in ONNX files, and the pretrained one.</summary>
public sealed class ResNet18Tests : IDisposable
{
    private const int Side = 224;

    private readonly DisposeScope scope = NewDisposeScope();
    private readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    private static ResNet Tiny(params int[] blocks) => ResNet.Basic(blocks.Length == 0 ? [1, 1, 1, 2] : blocks, channels: 2, outputs: 4);

    private static FasterRcnn Over(ResNet backbone) => FasterRcnn.Published(backbone, classes: 1, channels: 8, hidden: 8);

    private string Sample(Func<OnnxSampleNode, OnnxSampleNode>? change = null)
    {
        using var source = Tiny();
        return folder.File("tiny.onnx", OnnxSample.Of(source, change));
    }

    private static string Refusal(string file, ResNet backbone)
    {
        using var network = Over(backbone);
        var message = Assert.Throws<InvalidDataException>(() => ModelFile.LoadPretrained(file, network)).Message;
        Assert.StartsWith(file, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        return message;
    }

    /// <summary>resnet18-stages.json is what ONNX Runtime 1.31.1 makes of the file (scripts/resnet18-golden.fsx).</summary>
    [ResNet18Fact]
    public void The_pretrained_stages_are_those_of_ONNX_Runtime()
    {
        using var backbone = ResNet.Basic([2, 2, 2, 3], outputs: 4);
        using var network = Over(backbone);
        var report = ModelFile.LoadPretrained(ResNet18FactAttribute.File, network);
        Assert.Equal((110, 0, 0), (report.Loaded.Count, report.Unexpected.Count, report.Misshapen.Count));
        Assert.Equal(backbone.state_dict().Count, report.Loaded.Count);

        using var golden = JsonDocument.Parse(File.ReadAllText(Repository.Fixture("weights", "resnet18-stages.json")));
        foreach (var learns in (bool[])[false, true])
        {
            using var mode = set_grad_enabled(learns);
            foreach (var (stage, expected) in backbone.call(Image()).Zip(golden.RootElement.EnumerateArray()))
            {
                Assert.Equal(expected.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64()), stage.shape);
                var found = stage.detach().contiguous().data<float>().ToArray();
                var (step, largest) = (expected.GetProperty("step").GetInt32(), expected.GetProperty("largest").GetSingle());
                Assert.Equal(largest, found.Max(), 1e-4 * largest);
                Assert.All(
                    expected.GetProperty("values").EnumerateArray().Index(),
                    value => Assert.Equal(value.Item.GetSingle(), found[value.Index * step], 1e-4 * largest));
            }
        }
    }

    [Fact]
    public void Each_tensor_of_a_graph_goes_to_its_place()
    {
        using var source = Tiny();
        foreach (var (_, tensor) in source.state_dict())
        {
            using var _ = no_grad();
            tensor.copy_(rand_like(tensor));
        }

        var file = folder.File("tiny.onnx", OnnxSample.Of(source));
        using var backbone = Tiny();
        using var network = Over(backbone);
        var report = ModelFile.LoadPretrained(file, network);

        Assert.Equal(["unused"], report.Unexpected);
        Assert.Equal(source.state_dict().Count, report.Loaded.Count);
        var target = backbone.state_dict();
        Assert.All(source.state_dict(), entry => Assert.True(target[entry.Key].Equals(entry.Value), entry.Key));
    }

    public static TheoryData<string, string, string, object, string> Differences => new()
    {
        { "stem.conv1", "Conv", "pads", (long[])[2, 2, 3, 3], "has pads 2, 2, 3, 3, the model 3 on every side" },
        { "stem.conv1", "Conv", "pads", (long[])[3, 3, 1, 2], "has pads 3, 3, 1, 2, the model 3 on every side" },
        { "stem", "MaxPool", "pads", (long[])[0, 0, 1, 1], "has pads 0, 0, 1, 1, the model 1 on every side" },
        { "stem", "MaxPool", "kernel_shape", (long[])[2, 2], "has kernel_shape 2, 2, the model 3, 3" },
        { "res3.0.conv1", "Conv", "strides", (long[])[1, 1], "has strides 1, 1, the model 2, 2" },
        { "res3.0.shortcut", "Conv", "dilations", (long[])[2, 2], "has dilations 2, 2, the model 1, 1" },
        { "res2.0.conv2", "Conv", "group", 2L, "has group 2, the model 1" },
        { "res5.1.conv2", "BatchNormalization", "epsilon", 1e-3f, "has epsilon 0.001, the model 1E-05" },
    };

    [Theory]
    [MemberData(nameof(Differences))]
    public void A_node_that_does_something_else_than_the_model_is_refused(string place, string operation, string key, object value, string message)
    {
        var file = Sample(node => node.Place == place && node.Operator == operation
            ? node with { Attributes = new Dictionary<string, object>(node.Attributes) { [key] = value } }
            : node);
        using var backbone = Tiny();
        var refusal = Refusal(file, backbone);
        Assert.Contains($": {place}: ", refusal, StringComparison.Ordinal);
        Assert.EndsWith(message, refusal, StringComparison.Ordinal);
    }

    /// <summary>Where sides are even a step of 2 leaves the last row of a whole padding unread.</summary>
    [Fact]
    public void A_padding_with_the_same_windows_is_accepted()
    {
        var file = Sample(node => node is { Place: "stem.conv1", Operator: "Conv" }
            ? node with { Attributes = new Dictionary<string, object>(node.Attributes) { ["pads"] = (long[])[3, 3, 3, 3] } }
            : node);
        using var network = Over(Tiny());
        ModelFile.LoadPretrained(file, network);
    }

    [Fact]
    public void Another_operation_is_refused()
    {
        var file = Sample(node => node with { Operator = node.Operator == "Relu" ? "Sigmoid" : node.Operator });
        Assert.Contains("is read by value2 (Sigmoid), where the model has one Relu", Refusal(file, Tiny()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_other_blocks_is_refused()
    {
        Assert.Contains("2 convolutions more than the model", Refusal(Sample(), Tiny(1, 1, 1, 1)), StringComparison.Ordinal);
        Assert.Contains(": res5.2.conv1: ", Refusal(Sample(), Tiny(1, 1, 1, 3)), StringComparison.Ordinal);
        Assert.Contains(": res2.1.conv1: ", Refusal(Sample(), Tiny(2, 1, 1, 2)), StringComparison.Ordinal);
        var bottleneck = ResNet.Bottleneck(50, stemChannels: 2, channels: 4, width: 1, outputs: 4);
        Assert.Contains("the model has a BottleneckBlock", Refusal(Sample(), bottleneck), StringComparison.Ordinal);
        var wide = ResNet.Basic([1, 1, 1, 2], channels: 4, outputs: 4);
        Assert.Contains("has shape [2, 3, 7, 7], the model wants [4, 3, 7, 7]", Refusal(Sample(), wide), StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_file_is_refused_in_one_line()
    {
        var bytes = File.ReadAllBytes(Sample());
        using var backbone = Tiny();
        using var network = Over(backbone);
        for (var length = 0; length < bytes.Length; length += length < 200 ? 1 : 97)
        {
            var file = folder.File("cut.onnx", bytes[..length]);
            var message = Assert.Throws<InvalidDataException>(() => ModelFile.LoadPretrained(file, network)).Message;
            Assert.StartsWith($"{file}: no ONNX model, or a damaged one: ", message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', message);
        }
    }

    [Fact]
    public void Recipes_name_what_fetches_their_backbone()
    {
        foreach (var recipe in ResNet18Recipes.All)
        {
            Assert.Empty(recipe.Problems());
            var message = Assert.Throws<FileNotFoundException>(() => recipe.BuildMethod(1, folder.Root)).Message;
            Assert.EndsWith($"'scripts/backbone.sh {folder.Root}' fetches it", message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(2, 2, 2)]
    [InlineData(2, 0, 2, 2)]
    public void Blocks_are_four_positive_numbers(params int[] blocks) =>
        Assert.Equal(["blocks: needs four positive numbers"], new BasicResNetRecipe(Frozen: 2, blocks).Problems());

    [Fact]
    public void Each_recipe_builds_its_networks_from_random_weights()
    {
        foreach (var recipe in ResNet18Recipes.All)
        {
            using var method = (recipe with { Detector = recipe.Detector with { Weights = null } }).BuildMethod(1);
            Assert.Contains(method.Student.modules(), module => module is ResNet);
        }
    }

    // As the script makes it.
    private static Tensor Image()
    {
        var state = 1u;
        var values = new float[3 * Side * Side];
        for (var i = 0; i < values.Length; i++)
        {
            state = (state * 1664525u) + 1013904223u;
            values[i] = (int)(state >> 24) - 128;
        }

        return tensor(values, [1, 3, Side, Side]);
    }
}
