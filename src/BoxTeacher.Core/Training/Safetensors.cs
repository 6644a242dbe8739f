using System.Buffers.Binary;
using System.Text.Json;
using BoxTeacher.Data;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// Named tensors in one file in the safetensors format: eight bytes of header length, a JSON header with type, shape and place of each
/// tensor, then the raw little-endian data. Nothing in such a file can be executed.
/// </summary>
public static class Safetensors
{
    private const int MaxHeader = 100_000_000; // the reference implementation's limit

    private static readonly (string Name, ScalarType Type, int Size)[] Types =
    [
        ("F32", ScalarType.Float32, 4), ("F64", ScalarType.Float64, 8), ("F16", ScalarType.Float16, 2), ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8), ("I32", ScalarType.Int32, 4), ("I16", ScalarType.Int16, 2), ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1), ("BOOL", ScalarType.Bool, 1),
    ];

    /// <summary>Writes tensors; the file appears under its name only when it is complete.</summary>
    /// <param name="file">The file.</param>
    /// <param name="tensors">By name; a type that the format lacks (complex, quantised) is refused.</param>
    /// <exception cref="ArgumentException">A tensor has such a type.</exception>
    public static void Save(string file, IReadOnlyDictionary<string, Tensor> tensors) => AtomicFile.Write(file, stream =>
    {
        var header = Header(tensors);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (var tensor in tensors.Values)
        {
            using var scope = NewDisposeScope();
            stream.Write(tensor.detach().cpu().contiguous().bytes);
        }
    });

    /// <summary>Reads all tensors of a file, on the CPU, into the caller's dispose scope.</summary>
    /// <exception cref="InvalidDataException">The file is not in the format; the message names file and tensor.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static Dictionary<string, Tensor> Load(string file)
    {
        using var stream = File.OpenRead(file);
        Span<byte> prefix = stackalloc byte[8];
        if (stream.ReadAtLeast(prefix, 8, throwOnEndOfStream: false) < 8)
        {
            throw new InvalidDataException($"{file}: too short for a safetensors file");
        }
        var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
        if (length is < 2 or > MaxHeader || length > stream.Length - 8)
        {
            throw new InvalidDataException($"{file}: not a safetensors file (header of {length} bytes)");
        }
        var header = new byte[length];
        stream.ReadExactly(header);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var entry in Entries(file, header, stream.Length - 8 - length))
        {
            var tensor = empty(entry.Shape, entry.Type);
            if (entry.End > entry.Begin)
            {
                stream.Position = 8 + length + entry.Begin;
                stream.ReadExactly(tensor.bytes);
            }
            tensors.Add(entry.Name, tensor);
        }
        return tensors;
    }

    private static byte[] Header(IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            var offset = 0L;
            foreach (var (name, tensor) in tensors)
            {
                var type = Array.Find(Types, type => type.Type == tensor.dtype);
                if (type.Name is null)
                {
                    throw new ArgumentException($"{name}: safetensors has no type for {tensor.dtype}", nameof(tensors));
                }
                writer.WriteStartObject(name);
                writer.WriteString("dtype", type.Name);
                WriteNumbers(writer, "shape", tensor.shape);
                var end = offset + tensor.numel() * type.Size;
                WriteNumbers(writer, "data_offsets", [offset, end]);
                writer.WriteEndObject();
                offset = end;
            }
            writer.WriteEndObject();
        }
        while (buffer.Length % 8 != 0)
        {
            buffer.WriteByte((byte)' ');
        }
        return buffer.ToArray();
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, ReadOnlySpan<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (var number in numbers)
        {
            writer.WriteNumberValue(number);
        }
        writer.WriteEndArray();
    }

    private static List<Entry> Entries(string file, byte[] header, long dataLength)
    {
        var name = "header";
        try
        {
            using var document = JsonDocument.Parse(header);
            var entries = new List<Entry>();
            foreach (var property in document.RootElement.EnumerateObject().Where(property => property.Name != "__metadata__"))
            {
                name = property.Name;
                var dtype = property.Value.GetProperty("dtype").GetString();
                var type = Array.Find(Types, type => type.Name == dtype);
                var shape = property.Value.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64()).ToArray();
                var offsets = property.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt64()).ToArray();
                if (type.Name is null)
                {
                    throw new InvalidDataException($"{file}: {name}: unknown type {dtype}");
                }
                if (shape.Any(side => side < 0) || offsets is not [>= 0 and var begin, var end] || end > dataLength
                    || end - begin != shape.Aggregate((long)type.Size, (size, side) => checked(size * side)))
                {
                    throw new InvalidDataException($"{file}: {name}: shape and place in the file do not fit");
                }
                entries.Add(new Entry(name, type.Type, shape, begin, end));
            }
            return entries;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"{file}: {name}: {error.Message}", error);
        }
    }

    private readonly record struct Entry(string Name, ScalarType Type, long[] Shape, long Begin, long End);
}
