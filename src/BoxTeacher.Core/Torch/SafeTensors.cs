using System.Text.Json;
using BoxTeacher.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>
/// Tensors by name in the safetensors format: an 8-byte header length, a JSON header, the raw elements
/// (https://github.com/huggingface/safetensors). Nothing in such a file can be executed.
/// </summary>
internal static class SafeTensors
{
    private const long LongestHeader = 100_000_000;

    /// <summary>The entry of a header that is no tensor: texts, which nobody here needs.</summary>
    private const string Metadata = "__metadata__";

    private static readonly Dictionary<string, ScalarType> ElementTypes = new()
    {
        ["BOOL"] = ScalarType.Bool,
        ["U8"] = ScalarType.Byte,
        ["I8"] = ScalarType.Int8,
        ["I16"] = ScalarType.Int16,
        ["I32"] = ScalarType.Int32,
        ["I64"] = ScalarType.Int64,
        ["F16"] = ScalarType.Float16,
        ["BF16"] = ScalarType.BFloat16,
        ["F32"] = ScalarType.Float32,
        ["F64"] = ScalarType.Float64,
    };

    /// <summary>Reads all tensors of a file to the CPU, into the caller's dispose scope.</summary>
    /// <exception cref="InvalidDataException">The file is not what its header says; the message names file and tensor.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Dictionary<string, Tensor> Read(string path)
    {
        using var scope = NewDisposeScope();
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        var result = new Dictionary<string, Tensor>();
        foreach (var (name, stored) in ReadHeader(path, stream))
        {
            var tensor = empty(stored.Shape, stored.Type, CPU);
            stream.Position = stored.Offset;
            TensorBytes.Read(tensor, stream);
            result.Add(name, tensor.MoveToOuterDisposeScope());
        }
        return result;
    }

    /// <summary>Writes tensors of any layout and device. The file appears under its name only when it is complete and on disk.</summary>
    /// <param name="path">The file; one that exists is replaced.</param>
    /// <param name="tensors">Names and tensors, written in this order.</param>
    /// <exception cref="ArgumentException">Two tensors have one name, or an element type has no place in the format.</exception>
    public static void Write(string path, IEnumerable<KeyValuePair<string, Tensor>> tensors)
    {
        var list = tensors.ToList();
        var header = Header(list);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(BitConverter.GetBytes((long)header.Length));
            stream.Write(header);
            foreach (var (_, tensor) in list)
            {
                TensorBytes.Write(tensor, stream);
            }
        });
    }

    private static byte[] Header(List<KeyValuePair<string, Tensor>> tensors)
    {
        var entries = new Dictionary<string, object>();
        long offset = 0;
        foreach (var (name, tensor) in tensors)
        {
            var type = ElementTypes.FirstOrDefault(known => known.Value == tensor.dtype).Key
                ?? throw new ArgumentException($"tensor '{name}': the format has no element type {tensor.dtype}", nameof(tensors));
            var end = offset + tensor.NumberOfElements * tensor.ElementSize;
            if (name == Metadata || !entries.TryAdd(name, new { dtype = type, tensor.shape, data_offsets = (long[])[offset, end] }))
            {
                throw new ArgumentException($"two tensors are named '{name}'", nameof(tensors));
            }
            offset = end;
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(entries);
        // Spaces up to a multiple of 8 keep the elements aligned.
        return [.. json, .. Enumerable.Repeat((byte)' ', (8 - json.Length % 8) % 8)];
    }

    /// <summary>A tensor of a file before it is read.</summary>
    /// <param name="Type">Element type.</param>
    /// <param name="Shape">Sizes.</param>
    /// <param name="Offset">First byte in the file.</param>
    /// <param name="Length">Number of bytes.</param>
    private sealed record StoredTensor(ScalarType Type, long[] Shape, long Offset, long Length);

    private static Dictionary<string, StoredTensor> ReadHeader(string path, FileStream stream)
    {
        var size = stream.Length;
        Span<byte> prefix = stackalloc byte[8];
        if (size < prefix.Length)
        {
            throw Broken(path, "no safetensors file: shorter than 8 bytes");
        }
        stream.ReadExactly(prefix);
        var length = BitConverter.ToInt64(prefix);
        if (length < 2 || length > LongestHeader || length > size - prefix.Length)
        {
            throw Broken(path, $"no safetensors file: a header of {(ulong)length} bytes in a file of {size}");
        }
        var text = new byte[length];
        stream.ReadExactly(text);
        var start = prefix.Length + length;
        var tensors = new Dictionary<string, StoredTensor>();
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw Broken(path, "the header is no JSON object");
            }
            foreach (var property in document.RootElement.EnumerateObject().Where(property => !property.NameEquals(Metadata)))
            {
                if (!tensors.TryAdd(property.Name, ReadEntry(path, property.Name, property.Value, start, size)))
                {
                    throw Broken(path, $"two tensors are named '{property.Name}'");
                }
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second: a name or type that is no text, found when it is asked for.
            throw Broken(path, "the header is no valid JSON: " + error.Message, error);
        }
        CheckCoverage(path, tensors, start, size);
        return tensors;
    }

    private static StoredTensor ReadEntry(string path, string name, JsonElement entry, long start, long size)
    {
        if (entry.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !entry.TryGetProperty("shape", out var shape) || Numbers(shape) is not { } sizes
            || !entry.TryGetProperty("data_offsets", out var offsets) || Numbers(offsets) is not [var begin, var end])
        {
            throw Broken(path, $"tensor '{name}' lacks a proper dtype, shape or data_offsets");
        }
        if (!ElementTypes.TryGetValue(dtype.GetString()!, out var type))
        {
            throw Broken(path, $"tensor '{name}': element type {dtype.GetString()} is not supported");
        }
        if (begin > end || end > size - start)
        {
            throw Broken(path, $"tensor '{name}': its bytes {begin} to {end} lie outside the file's {size - start}");
        }
        if (!TensorBytes.AreSizes(sizes))
        {
            throw Broken(path, $"tensor '{name}': the sizes [{string.Join(", ", sizes)}] are too large");
        }
        var bytes = sizes.Aggregate((Int128)type.ElementSize(), (product, n) => product * n);
        if (bytes != end - begin)
        {
            throw Broken(
                path, $"tensor '{name}': {dtype.GetString()} [{string.Join(", ", sizes)}] needs {bytes} bytes, the header gives it {end - begin}");
        }
        return new StoredTensor(type, sizes, start + begin, end - begin);
    }

    /// <summary>An array of numbers that are not negative; null: something else.</summary>
    private static long[]? Numbers(JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array)
        {
            return null;
        }
        var numbers = new List<long>();
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var number) || number < 0)
            {
                return null;
            }
            numbers.Add(number);
        }
        return [.. numbers];
    }

    /// <summary>The tensors must follow one another without gap or overlap, to the end of the file.</summary>
    private static void CheckCoverage(string path, Dictionary<string, StoredTensor> tensors, long start, long size)
    {
        var next = start;
        foreach (var (name, stored) in tensors.OrderBy(entry => entry.Value.Offset).ThenBy(entry => entry.Value.Length))
        {
            if (stored.Offset != next)
            {
                throw Broken(path, $"tensor '{name}' {(stored.Offset < next ? "overlaps the one before it" : "leaves a gap before it")}");
            }
            next += stored.Length;
        }
        if (next != size)
        {
            throw Broken(path, $"{size - next} bytes after the last tensor belong to none");
        }
    }

    private static InvalidDataException Broken(string path, string what, Exception? inner = null) => new($"{path}: {what}", inner);
}
