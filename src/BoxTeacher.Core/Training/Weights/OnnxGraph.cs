using System.Runtime.InteropServices;
using Google.Protobuf;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// The graph of an ONNX file (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto): its nodes and its tensors of float32. It is read,
/// not executed.
/// </summary>
/// <param name="Input">The value that the graph begins with, the first input without a tensor.</param>
/// <param name="Nodes">In the order of the file.</param>
/// <param name="Tensors">Constants by name.</param>
internal sealed record OnnxGraph(string Input, IReadOnlyList<OnnxNode> Nodes, IReadOnlyDictionary<string, OnnxTensor> Tensors)
{
    // Numbers of fields in onnx.proto.
    private const int ModelGraph = 7;
    private const int GraphNode = 1;
    private const int GraphTensor = 5;
    private const int GraphInput = 11;
    private const int ValueName = 1;

    /// <summary>Whether a file is one, by its name's ending.</summary>
    public static bool IsIn(string file) => Path.GetExtension(file).Equals(".onnx", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or no ONNX model.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static OnnxGraph Read(string file)
    {
        var bytes = File.ReadAllBytes(file);
        try
        {
            var graph = ProtoField.Of(UnsafeByteOperations.UnsafeWrap(bytes))
                .Where(field => field.Number == ModelGraph).SelectMany(field => ProtoField.Of(field.Bytes)).ToList();
            var tensors = new Dictionary<string, OnnxTensor>();
            foreach (var field in graph.Where(field => field.Number == GraphTensor))
            {
                if (OnnxTensor.Of(field.Bytes) is { } tensor)
                {
                    tensors[tensor.Name] = tensor;
                }
            }

            var inputs = graph.Where(field => field.Number == GraphInput).Select(Name).Where(name => !tensors.ContainsKey(name));
            return new OnnxGraph(
                inputs.FirstOrDefault() ?? throw new InvalidDataException("it has no graph with an input"),
                [.. graph.Where(field => field.Number == GraphNode).Select(field => OnnxNode.Of(field.Bytes))],
                tensors);
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidDataException)
        {
            throw new InvalidDataException($"{file}: no ONNX model, or a damaged one: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    private static string Name(ProtoField value) =>
        ProtoField.Of(value.Bytes).Where(field => field.Number == ValueName).Select(field => field.Text).FirstOrDefault("");
}

/// <summary>An operation of a graph.</summary>
/// <param name="Name">Its name, for messages.</param>
/// <param name="Operator">What it does, such as Conv.</param>
/// <param name="Inputs">Names of values and tensors.</param>
/// <param name="Outputs">Names of values, one at least.</param>
/// <param name="Attributes">Its settings: whole numbers, or one number (as the only one), or none where it is of another kind.</param>
internal sealed record OnnxNode(
    string Name, string Operator, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs,
    IReadOnlyDictionary<string, IReadOnlyList<double>> Attributes)
{
    /// <summary>Reads a NodeProto.</summary>
    public static OnnxNode Of(ByteString message)
    {
        var fields = ProtoField.Of(message).ToLookup(field => field.Number);
        var name = fields[3].Select(field => field.Text).FirstOrDefault("");
        var attributes = new Dictionary<string, IReadOnlyList<double>>();
        foreach (var field in fields[5])
        {
            var attribute = ProtoField.Of(field.Bytes).ToLookup(part => part.Number);
            attributes[attribute[1].Select(part => part.Text).FirstOrDefault("")] =
            [
                .. attribute[2].Select(part => (double)part.Float),
                .. attribute[3].Concat(attribute[8]).SelectMany(part => part.Integers()).Select(value => (double)value),
            ];
        }

        return new OnnxNode(
            name, fields[4].Select(field => field.Text).FirstOrDefault(""), [.. fields[1].Select(field => field.Text)],
            fields[2].Any() ? [.. fields[2].Select(field => field.Text)] : throw new InvalidDataException($"node {name} has no output"),
            attributes);
    }
}

/// <summary>A constant of a graph.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its sizes, outermost first.</param>
/// <param name="Elements">float32, little-endian.</param>
internal sealed record OnnxTensor(string Name, long[] Shape, ByteString Elements)
{
    private const long Float32 = 1;

    /// <summary>Reads a TensorProto; null: it has another type of elements.</summary>
    public static OnnxTensor? Of(ByteString message)
    {
        var fields = ProtoField.Of(message).ToLookup(field => field.Number);
        if (fields[2].SelectMany(field => field.Integers()).LastOrDefault() != Float32)
        {
            return null;
        }

        var name = fields[8].Select(field => field.Text).FirstOrDefault("");
        long[] shape = [.. fields[1].SelectMany(field => field.Integers())];
        var elements = fields[4].Concat(fields[9]).Select(field => field.Bytes).FirstOrDefault(ByteString.Empty);
        var count = shape.Aggregate(1.0, (product, size) => size < 0 ? double.NaN : product * size);
        return sizeof(float) * count == elements.Length
            ? new OnnxTensor(name, shape, elements)
            : throw new InvalidDataException(
                $"tensor {name} of shape [{string.Join(", ", shape)}] has {elements.Length} bytes of float32 in the file");
    }

    /// <summary>On the CPU.</summary>
    public Tensor ToTensor() => tensor(MemoryMarshal.Cast<byte, float>(Elements.Span).ToArray(), Shape, device: CPU);
}

/// <summary>A field of a protocol buffer, as it lies in the file.</summary>
internal readonly struct ProtoField
{
    private readonly long _integer;
    private readonly float _float;
    private readonly ByteString? _bytes;
    private readonly WireFormat.WireType _type;

    private ProtoField(uint tag, CodedInputStream input)
    {
        (Number, _type) = (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag));
        switch (_type)
        {
            case WireFormat.WireType.Varint:
                _integer = input.ReadInt64();
                break;
            case WireFormat.WireType.Fixed32:
                _float = input.ReadFloat();
                break;
            case WireFormat.WireType.LengthDelimited:
                _bytes = input.ReadBytes();
                break;
            default:
                input.SkipLastField();
                break;
        }
    }

    /// <summary>Its number.</summary>
    public int Number { get; }

    /// <summary>A text's, an embedded message's, or packed numbers'.</summary>
    public ByteString Bytes => _bytes ?? throw Wrong("bytes");

    /// <summary>UTF-8.</summary>
    public string Text => Bytes.ToStringUtf8();

    /// <summary>One number.</summary>
    public float Float => _type == WireFormat.WireType.Fixed32 ? _float : throw Wrong("a number");

    /// <summary>The fields of a message in their order.</summary>
    public static IEnumerable<ProtoField> Of(ByteString message)
    {
        using var input = message.CreateCodedInput();
        while (input.ReadTag() is not 0 and var tag)
        {
            yield return new ProtoField(tag, input);
        }
    }

    /// <summary>One whole number, or many of them packed.</summary>
    public IEnumerable<long> Integers()
    {
        if (_type == WireFormat.WireType.Varint)
        {
            yield return _integer;
            yield break;
        }

        using var input = Bytes.CreateCodedInput();
        while (!input.IsAtEnd)
        {
            yield return input.ReadInt64();
        }
    }

    private InvalidDataException Wrong(string wanted) => new($"field {Number} is of kind {_type} where {wanted} should be");
}
