using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>The tensors of a file of reference values.</summary>
internal sealed class GoldenTensors
{
    private readonly byte[] _data;
    private readonly int _start;
    private readonly Dictionary<string, JsonElement> _entries;

    private GoldenTensors(string file)
    {
        _data = File.ReadAllBytes(file);
        var header = (int)BinaryPrimitives.ReadUInt64LittleEndian(_data);
        _start = 8 + header;
        _entries = JsonDocument.Parse(_data.AsMemory(8, header)).RootElement.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value);
    }

    public IEnumerable<string> Names => _entries.Keys.Where(name => name != "__metadata__");

    /// <summary>By its path in the golden folder, without extension.</summary>
    public static GoldenTensors Read(string relative) => new(Golden.PathOf(relative + ".safetensors"));

    public bool Has(string name) => _entries.ContainsKey(name);

    public Tensor this[string name]
    {
        get
        {
            var entry = _entries[name];
            var offsets = entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32()).ToArray();
            var shape = entry.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64()).ToArray();
            var bytes = _data.AsSpan(_start + offsets[0], offsets[1] - offsets[0]);
            return entry.GetProperty("dtype").GetString() switch
            {
                "F32" => tensor(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), shape),
                "F64" => tensor(MemoryMarshal.Cast<byte, double>(bytes).ToArray(), shape),
                "I64" => tensor(MemoryMarshal.Cast<byte, long>(bytes).ToArray(), shape),
                "I32" => tensor(MemoryMarshal.Cast<byte, int>(bytes).ToArray(), shape),
                "U8" => tensor(bytes.ToArray(), shape),
                "BOOL" => tensor(Array.ConvertAll(bytes.ToArray(), value => value != 0), shape),
                var other => throw new InvalidDataException($"{name}: unknown type {other}."),
            };
        }
    }
}
