using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>One case of the published implementation's reference numbers: a JSON description and its tensors.</summary>
internal sealed class GoldenCase
{
    private readonly byte[] _data;
    private readonly int _start;
    private readonly Dictionary<string, JsonElement> _entries;

    private readonly string _name;

    private GoldenCase(string relative)
    {
        _name = relative;
        Description = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf(relative + ".json"))).RootElement;
        _data = File.ReadAllBytes(Golden.PathOf(relative + ".safetensors"));
        var header = (int)BinaryPrimitives.ReadUInt64LittleEndian(_data);
        _start = 8 + header;
        _entries = JsonDocument.Parse(_data.AsMemory(8, header)).RootElement.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value);
    }

    public JsonElement Description { get; }

    public IReadOnlyList<GoldenInstance> Instances =>
        [.. Description.GetProperty("instances").EnumerateArray().Select(instance => new GoldenInstance(this, instance))];

    public IEnumerable<string> Names => _entries.Keys.Where(name => name != "__metadata__");

    /// <summary>A case by its path without extension, for instance "boxteacher/e_mask_head".</summary>
    public static GoldenCase Load(string relative) => new(relative);

    public bool Has(string name) => _entries.ContainsKey(name);

    public Tensor Tensor(string name)
    {
        GoldenDeviations.Case = _name;
        var entry = _entries[name];
        var offsets = entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32()).ToArray();
        var shape = entry.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64()).ToArray();
        var bytes = _data.AsSpan(_start + offsets[0], offsets[1] - offsets[0]);
        return entry.GetProperty("dtype").GetString() switch
        {
            "F32" => tensor(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), shape),
            "F64" => tensor(MemoryMarshal.Cast<byte, double>(bytes).ToArray(), shape),
            "I64" => tensor(MemoryMarshal.Cast<byte, long>(bytes).ToArray(), shape),
            "U8" => tensor(bytes.ToArray(), shape),
            "BOOL" => tensor(Array.ConvertAll(bytes.ToArray(), value => value != 0), shape),
            var other => throw new InvalidDataException($"{name}: unknown type {other}."),
        };
    }

    /// <summary>All tensors of a plain state dictionary.</summary>
    public Dictionary<string, Tensor> State() => Names.ToDictionary(name => name, Tensor);
}

/// <summary>One instance of a case.</summary>
internal sealed class GoldenInstance(GoldenCase owner, JsonElement json)
{
    public int Id { get; } = json.GetProperty("id").GetInt32();

    public string Label { get; } = json.GetProperty("label").GetString()!;

    /// <summary>The attributes; some instances have none.</summary>
    public JsonElement Attributes => Json.GetProperty("attrs");

    public JsonElement Json { get; } = json;

    public Tensor this[string name] => owner.Tensor($"{Id}/{name}");

    public bool Has(string name) => owner.Has($"{Id}/{name}");

    /// <summary>Names of this instance's tensors that begin so.</summary>
    public IEnumerable<string> Names(string beginning) =>
        owner.Names.Where(name => name.StartsWith($"{Id}/{beginning}", StringComparison.Ordinal)).Select(name => name[(name.IndexOf('/') + 1)..]);

    public int Int(string attribute) => Attributes.GetProperty(attribute).GetInt32();

    public double Number(string attribute) => Attributes.GetProperty(attribute).GetDouble();

    public int[] Ints(string attribute) => [.. Attributes.GetProperty(attribute).EnumerateArray().Select(value => value.GetInt32())];

    public override string ToString() => $"{Id}: {Label}";
}

/// <summary>Comparisons that say what differs, where and by how much.</summary>
internal static class GoldenAssert
{
    public static void Close(Tensor expected, Tensor actual, double absolute, double relative, string what)
    {
        using var scope = NewDisposeScope();
        Assert.True(expected.shape.AsSpan().SequenceEqual(actual.shape),
            $"{what}: shape [{string.Join(',', actual.shape)}], expected [{string.Join(',', expected.shape)}].");
        if (expected.numel() == 0)
            return;
        var (e, a) = (expected.detach().to(float64).reshape(-1), actual.detach().to(float64).reshape(-1));
        var (deviation, tolerance) = ((a - e).abs(), absolute + relative * e.abs());
        var excess = deviation - tolerance;
        // A NaN is an excess too.
        var worst = where(excess.isnan(), full_like(excess, double.PositiveInfinity), excess).argmax().item<long>();
        Assert.True(excess[worst].item<double>() <= 0,
            $"{what}: element {worst} is {a[worst].item<double>():R}, expected {e[worst].item<double>():R} (absolute {absolute}, relative {relative}).");
        var part = deviation / tolerance.clamp(min: double.Epsilon);
        var largest = part.argmax().item<long>();
        GoldenDeviations.Add(part[largest].item<double>(), deviation[largest].item<double>(), what);
    }

    public static void Equal(Tensor expected, Tensor actual, string what) => Close(expected, actual, 0, 0, what);
}
