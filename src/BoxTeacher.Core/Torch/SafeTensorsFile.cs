using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Torch;

/// <summary>A tensor of a file before it is read.</summary>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sizes.</param>
/// <param name="Offset">First byte in the file.</param>
/// <param name="Length">Number of bytes.</param>
public sealed record StoredTensor(ScalarType Type, IReadOnlyList<long> Shape, long Offset, long Length);

/// <summary>
/// An open safetensors file: the header is read and checked, tensors are read one by one as they are asked for.
/// </summary>
public sealed class SafeTensorsFile : IDisposable
{
    private const long LongestHeader = 100_000_000;

    private readonly FileStream _stream;
    private readonly string _path;
    private readonly Dictionary<string, StoredTensor> _tensors = [];
    private readonly Dictionary<string, string> _metadata = [];

    private SafeTensorsFile(string path)
    {
        _path = path;
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        try {
            ReadHeader();
        } catch {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file and checks its header.</summary>
    /// <exception cref="InvalidDataException">The header is broken or does not describe this file.</exception>
    public static SafeTensorsFile Open(string path) => new(path);

    /// <summary>What the file holds, in the order of the header.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => _tensors;

    /// <summary>Texts that go with the tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _metadata;

    /// <summary>Reads one tensor to the CPU.</summary>
    /// <exception cref="KeyNotFoundException">The file holds no tensor of this name.</exception>
    public Tensor Read(string name)
    {
        if (!_tensors.TryGetValue(name, out var stored)) {
            throw new KeyNotFoundException($"{_path} holds no tensor '{name}'");
        }
        var tensor = empty(stored.Shape.ToArray(), stored.Type, CPU);
        try {
            _stream.Position = stored.Offset;
            TensorBytes.Read(tensor, _stream);
            return tensor;
        } catch (EndOfStreamException e) {
            tensor.Dispose();
            throw Broken($"tensor '{name}': the file has become shorter", e);
        }
    }

    private InvalidDataException Broken(string what, Exception? inner = null) => new($"{_path}: {what}", inner);

    private void ReadHeader()
    {
        var size = _stream.Length;
        Span<byte> prefix = stackalloc byte[8];
        if (size < 8) {
            throw Broken("no safetensors file: shorter than 8 bytes");
        }
        _stream.ReadExactly(prefix);
        var length = BitConverter.ToInt64(prefix);
        if (length < 2 || length > LongestHeader || length > size - 8) {
            throw Broken($"no safetensors file: a header of {(ulong)length} bytes in a file of {size}");
        }
        var text = new byte[length];
        _stream.ReadExactly(text);
        try {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = 8 });
            if (document.RootElement.ValueKind != JsonValueKind.Object) {
                throw Broken("the header is no JSON object");
            }
            foreach (var property in document.RootElement.EnumerateObject()) {
                if (property.NameEquals("__metadata__")) {
                    ReadMetadata(property.Value);
                } else if (!_tensors.TryAdd(property.Name, ReadEntry(property.Name, property.Value, 8 + length, size))) {
                    throw Broken($"two tensors are named '{property.Name}'");
                }
            }
        } catch (JsonException e) {
            throw Broken("the header is no valid JSON: " + e.Message, e);
        }
        CheckCoverage(8 + length, size);
    }

    private void ReadMetadata(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object) {
            throw Broken("__metadata__ is no JSON object");
        }
        foreach (var entry in value.EnumerateObject()) {
            _metadata[entry.Name] = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString()! : throw Broken($"__metadata__ '{entry.Name}' is no text");
        }
    }

    private StoredTensor ReadEntry(string name, JsonElement entry, long start, long size)
    {
        if (entry.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !entry.TryGetProperty("shape", out var shape) || Numbers(shape) is not { } sizes
            || !entry.TryGetProperty("data_offsets", out var offsets) || Numbers(offsets) is not [var begin, var end]) {
            throw Broken($"tensor '{name}' lacks a proper dtype, shape or data_offsets");
        }
        var type = SafeTensors.ElementTypes.Find(dtype.GetString()!) ?? throw Broken($"tensor '{name}': element type {dtype.GetString()} is not supported");
        if (begin > end || end > size - start) {
            throw Broken($"tensor '{name}': its bytes {begin} to {end} lie outside the file's {size - start}");
        }
        long bytes;
        try {
            bytes = sizes.Aggregate((long)type.ElementSize(), (product, n) => checked(product * n));
        } catch (OverflowException e) {
            throw Broken($"tensor '{name}': the sizes [{string.Join(", ", sizes)}] are too large", e);
        }
        if (bytes != end - begin) {
            throw Broken($"tensor '{name}': {dtype.GetString()} [{string.Join(", ", sizes)}] needs {bytes} bytes, the header gives it {end - begin}");
        }
        return new StoredTensor(type, sizes, start + begin, bytes);
    }

    /// <summary>An array of numbers that are not negative; null: something else.</summary>
    private static long[]? Numbers(JsonElement array)
    {
        if (array.ValueKind != JsonValueKind.Array) {
            return null;
        }
        var numbers = new List<long>();
        foreach (var item in array.EnumerateArray()) {
            if (item.ValueKind != JsonValueKind.Number || !item.TryGetInt64(out var n) || n < 0) {
                return null;
            }
            numbers.Add(n);
        }
        return [.. numbers];
    }

    /// <summary>The tensors must follow one another without gap or overlap, to the end of the file.</summary>
    private void CheckCoverage(long start, long size)
    {
        var next = start;
        foreach (var (name, stored) in _tensors.OrderBy(t => t.Value.Offset).ThenBy(t => t.Value.Length)) {
            if (stored.Offset != next) {
                throw Broken($"tensor '{name}' {(stored.Offset < next ? "overlaps the one before it" : "leaves a gap before it")}");
            }
            next += stored.Length;
        }
        if (next != size) {
            throw Broken($"{size - next} bytes after the last tensor belong to none");
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();
}
