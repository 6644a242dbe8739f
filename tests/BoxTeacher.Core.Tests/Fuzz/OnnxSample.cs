using System.Runtime.InteropServices;
using BoxTeacher.Backbones;
using Google.Protobuf;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Fuzz;

/// <summary>A node of a sample, at a place of the model that it is made from.</summary>
internal sealed record OnnxSampleNode(
    string Place, string Operator, IReadOnlyList<string> Inputs, string Output, IReadOnlyDictionary<string, object> Attributes);

/// <summary>Writes a ResNet of basic blocks as an ONNX file, padded as in the package's ResNet18.onnx, under names that say nothing.</summary>
internal sealed class OnnxSample
{
    private const string Image = "image";

    private readonly List<OnnxSampleNode> _nodes = [];
    private readonly List<byte[]> _tensors = [];
    private readonly Dictionary<string, Tensor> _state;

    private OnnxSample(ResNet network)
    {
        _state = network.state_dict();
        var value = Pooled(Activated(Convolved("stem.conv1", Image, 2)));
        foreach (var (i, stage) in network.Stages.Index())
        {
            foreach (var b in Enumerable.Range(0, stage.Blocks.Count))
            {
                value = Through($"res{i + 2}.{b}", value, b == 0 ? stage.Stride : 1);
            }
        }

        Node("head", "AveragePool", [value], []);
        Constant("unused", ones(3));
    }

    /// <summary>The file's bytes.</summary>
    /// <param name="network">The model.</param>
    /// <param name="change">Another node in the place of one; null: none changes.</param>
    public static byte[] Of(ResNet network, Func<OnnxSampleNode, OnnxSampleNode>? change = null)
    {
        using var scope = NewDisposeScope();
        var sample = new OnnxSample(network);
        var graph = sample._nodes.Select(change ?? (node => node)).Select(node => (1, (object)Bytes(node)))
            .Concat(sample._tensors.Select(tensor => (5, (object)tensor)))
            .Append((11, Message((1, Image))));
        return Message((1, 3L), (7, Message([.. graph])));
    }

    private string Through(string place, string input, int stride)
    {
        var inner = Activated(Convolved($"{place}.conv1", input, stride));
        inner = Convolved($"{place}.conv2", inner, 1);
        var beside = _state.ContainsKey($"{place}.shortcut.weight") ? Convolved($"{place}.shortcut", input, stride) : input;
        return Activated(Node(place, "Add", [inner, beside], []));
    }

    private string Convolved(string place, string input, int stride)
    {
        var weight = _state[$"{place}.weight"];
        var value = Node(place, "Conv", [input, Constant($"{place}.weight", weight)], Window(weight.size(2), stride));
        string[] norm = ["weight", "bias", "running_mean", "running_var"];
        return Node(
            place, "BatchNormalization", [value, .. norm.Select(name => Constant(name, _state[$"{place}.norm.{name}"]))],
            new() { ["epsilon"] = 1e-5f });
    }

    private string Pooled(string input) => Node("stem", "MaxPool", [input], Window(3, 2));

    private string Activated(string input) => Node("", "Relu", [input], []);

    private static Dictionary<string, object> Window(long kernel, long stride)
    {
        var (begin, end) = (kernel / 2, Math.Max(0, kernel - stride - kernel / 2));
        return new()
        {
            ["kernel_shape"] = (long[])[kernel, kernel], ["strides"] = (long[])[stride, stride], ["pads"] = (long[])[begin, begin, end, end],
        };
    }

    private string Node(string place, string operation, IReadOnlyList<string> inputs, Dictionary<string, object> attributes)
    {
        var output = $"value{_nodes.Count}";
        _nodes.Add(new OnnxSampleNode(place, operation, inputs, output, attributes));
        return output;
    }

    private string Constant(string place, Tensor values)
    {
        var name = place == "unused" ? place : $"constant{_tensors.Count}";
        var elements = MemoryMarshal.AsBytes<float>(values.detach().contiguous().data<float>().ToArray()).ToArray();
        // Both forms in which a file has float32.
        _tensors.Add(Message(
            [.. values.shape.Select(size => (1, (object)size)), (2, 1L), (_tensors.Count % 2 == 0 ? 4 : 9, elements), (8, name)]));
        return name;
    }

    private static byte[] Bytes(OnnxSampleNode node) => Message(
    [
        .. node.Inputs.Select(input => (1, (object)input)), (2, node.Output), (3, node.Output), (4, node.Operator),
        .. node.Attributes.Select(entry => (5, (object)Message([(1, entry.Key), .. Values(entry.Value)]))),
    ]);

    private static IEnumerable<(int Field, object Value)> Values(object value) =>
        value is long[] many ? many.Select(one => (8, (object)one)) : [(value is float ? 2 : 3, value)];

    private static byte[] Message(params IReadOnlyList<(int Field, object Value)> fields)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            foreach (var (field, value) in fields)
            {
                switch (value)
                {
                    case long number:
                        output.WriteTag(field, WireFormat.WireType.Varint);
                        output.WriteInt64(number);
                        break;
                    case float number:
                        output.WriteTag(field, WireFormat.WireType.Fixed32);
                        output.WriteFloat(number);
                        break;
                    case string text:
                        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
                        output.WriteString(text);
                        break;
                    default:
                        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
                        output.WriteBytes(ByteString.CopyFrom((byte[])value));
                        break;
                }
            }
        }

        return stream.ToArray();
    }
}
