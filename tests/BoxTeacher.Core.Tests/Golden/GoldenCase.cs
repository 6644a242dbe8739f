using System.Text.Json;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>One case of the published implementation's reference numbers: a JSON description and its tensors.</summary>
internal sealed class GoldenCase
{
    private readonly GoldenTensors _tensors;
    private readonly string _name;

    private GoldenCase(string relative)
    {
        _name = relative;
        Description = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf(relative + ".json"))).RootElement;
        _tensors = GoldenTensors.Read(relative);
    }

    public JsonElement Description { get; }

    public IReadOnlyList<GoldenInstance> Instances =>
        [.. Description.GetProperty("instances").EnumerateArray().Select(instance => new GoldenInstance(this, instance))];

    public IEnumerable<string> Names => _tensors.Names;

    /// <summary>A case by its path without extension, for instance "boxteacher/e_mask_head".</summary>
    public static GoldenCase Load(string relative) => new(relative);

    public bool Has(string name) => _tensors.Has(name);

    public Tensor Tensor(string name)
    {
        GoldenDeviations.Case = _name;
        return _tensors[name];
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
