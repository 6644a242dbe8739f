using System.Text.Json;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>
/// A group of reference cases, <c>GROUP.json</c> and <c>GROUP.safetensors</c>: each case has an id, attributes, inputs, outputs and a
/// tolerance of its own. Checks are found by the beginning of the id, so that a group may come with other cases of the same kinds.
/// </summary>
internal sealed class ReferenceGroup
{
    private readonly GoldenTensors _tensors;
    private readonly Dictionary<string, ReferenceCase> _cases;

    private ReferenceGroup(string relative)
    {
        Name = relative;
        _tensors = GoldenTensors.Read(relative);
        _cases = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf(relative + ".json"))).RootElement.GetProperty("cases").EnumerateArray()
            .Select(json => new ReferenceCase(this, json)).ToDictionary(item => item.Id);
    }

    /// <summary>For instance "softpolite/augment".</summary>
    public string Name { get; }

    public static ReferenceGroup Load(string relative) => new(relative);

    /// <summary>The ids of a group's cases, for a theory; empty if the group is absent.</summary>
    public static TheoryData<string> Ids(string relative) =>
        Golden.Exists(relative + ".json") ? [.. Load(relative)._cases.Keys] : [""];

    /// <summary>Runs the check of a case: that with the longest key that the id begins with.</summary>
    public void Check(string id, IReadOnlyDictionary<string, Action<ReferenceCase>> checks)
    {
        var key = checks.Keys.Where(key => id.StartsWith(key, StringComparison.Ordinal)).MaxBy(key => key.Length);
        Assert.True(key is not null, $"{Name}: there is no check for cases like {id}");
        GoldenDeviations.Case = $"{Name}/{id}";
        using var scope = NewDisposeScope();
        checks[key](_cases[id]);
    }

    /// <summary>Names of shared tensors that begin so, without "shared/".</summary>
    public IEnumerable<string> Shared(string beginning) =>
        _tensors.Names.Where(name => name.StartsWith("shared/" + beginning, StringComparison.Ordinal)).Select(name => name["shared/".Length..]);

    /// <summary>A shared tensor, name without "shared/".</summary>
    public Tensor SharedTensor(string name) => Tensor("shared/" + name);

    /// <summary>A tensor of the file by its full name.</summary>
    public Tensor Tensor(string name) => _tensors[name];
}

/// <summary>One case of a group.</summary>
internal sealed class ReferenceCase(ReferenceGroup group, JsonElement json)
{
    public ReferenceGroup Group => group;

    public string Id { get; } = json.GetProperty("id").GetString()!;

    public JsonElement Attributes { get; } = json.GetProperty("attributes");

    public double Absolute => Tolerance("abs");

    public double Relative => Tolerance("rel");

    public double Tolerance(string kind) => json.GetProperty("tolerance").TryGetProperty(kind, out var value) ? value.GetDouble() : 0;

    public double Number(string attribute) => Attributes.GetProperty(attribute).GetDouble();

    public int Int(string attribute) => Attributes.GetProperty(attribute).GetInt32();

    public double[] Numbers(string attribute) => [.. Attributes.GetProperty(attribute).EnumerateArray().Select(value => value.GetDouble())];

    public IEnumerable<string> InputNames => json.GetProperty("inputs").EnumerateObject().Select(entry => entry.Name);

    public IEnumerable<string> OutputNames => json.GetProperty("outputs").EnumerateObject().Select(entry => entry.Name);

    public Tensor In(string name) => Of("inputs", name);

    public Tensor Out(string name) => Of("outputs", name);

    /// <summary>Within the case's own tolerance.</summary>
    public void Close(string output, Tensor actual) => GoldenAssert.Close(Out(output), actual, Absolute, Relative, output);

    /// <summary>Exactly.</summary>
    public void Equal(string output, Tensor actual) => GoldenAssert.Equal(Out(output), actual, output);

    public override string ToString() => Id;

    private Tensor Of(string kind, string name) => group.Tensor(json.GetProperty(kind).GetProperty(name).GetProperty("tensor").GetString()!);
}
