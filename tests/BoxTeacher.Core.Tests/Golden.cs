using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace BoxTeacher.Tests;

/// <summary>
/// Reference values made by the published tools. They lie in the folder that the environment variable GOLDEN_DIR names,
/// otherwise in the copy beside the tests.
/// </summary>
internal static class Golden
{
    public static string Folder { get; } = Path.GetFullPath(
        Environment.GetEnvironmentVariable("GOLDEN_DIR") is { Length: > 0 } folder ? folder : Path.Combine(Repository.Folder, "tests", "golden"));

    /// <summary>A path within the folder, parts separated by '/'.</summary>
    public static string PathOf(string relative) => Path.Combine([Folder, .. relative.Split('/')]);

    public static bool Exists(string relative) => Path.Exists(PathOf(relative));

    public static JsonNode Json(string relative) => JsonNode.Parse(File.ReadAllBytes(PathOf(relative)))!;

    /// <summary>Names of the entries of a sub-folder, in order; empty if it is absent.</summary>
    public static IEnumerable<string> Entries(string relative, string pattern = "*") =>
        Directory.Exists(PathOf(relative))
            ? Directory.EnumerateFileSystemEntries(PathOf(relative), pattern).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)
            : [];
}

/// <summary>A golden test, skipped when what it reads is absent from the golden folder.</summary>
[TraitDiscoverer("BoxTeacher.Tests.GoldenTraits", "BoxTeacher.Core.Tests")]
internal sealed class GoldenFactAttribute : FactAttribute, ITraitAttribute
{
    public GoldenFactAttribute(string relative, [CallerMemberName] string method = "")
    {
        DisplayName = GoldenTraits.Label(relative, method);
        Skip = GoldenTraits.Absence(relative);
    }
}

/// <summary>A golden test over many cases, skipped when what it reads is absent from the golden folder.</summary>
[TraitDiscoverer("BoxTeacher.Tests.GoldenTraits", "BoxTeacher.Core.Tests")]
internal sealed class GoldenTheoryAttribute : TheoryAttribute, ITraitAttribute
{
    public GoldenTheoryAttribute(string relative, [CallerMemberName] string method = "")
    {
        DisplayName = GoldenTraits.Label(relative, method);
        Skip = GoldenTraits.Absence(relative);
    }
}

/// <summary>What all golden tests have in common: their category, and names that begin with their group.</summary>
public sealed class GoldenTraits : ITraitDiscoverer
{
    public IEnumerable<KeyValuePair<string, string>> GetTraits(IAttributeInfo traitAttribute) => [new("Category", "Golden")];

    /// <summary>The group is the first two parts of the path; its colon tells where the method's name begins.</summary>
    internal static string Label(string relative, string method) =>
        $"{Path.ChangeExtension(string.Join('/', relative.Split('/').Take(2)), null)}: {method}";

    internal static string? Absence(string relative) =>
        Golden.Exists(relative) ? null : $"{relative} is absent from {Golden.Folder}";
}
