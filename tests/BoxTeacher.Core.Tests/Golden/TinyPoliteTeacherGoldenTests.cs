using Xunit;

namespace BoxTeacher.Tests;

/// <summary>A whole network and a whole iteration against AI-Clearing/PoliteTeacher.</summary>
public sealed class TinyPoliteTeacherGoldenTests
{
    private const string Group = "softpolite/tiny_polite_teacher";

    private static readonly Lazy<ReferenceGroup> Cases = new(() => ReferenceGroup.Load(Group));

    private static readonly Dictionary<string, Action<ReferenceCase>> Checks = new()
    {
        ["tinyc.backbone_fpn_fcos"] = PoliteTeacherReference.Network,
        ["tinyc.polite_teacher_iteration"] = PoliteTeacherReference.Iteration,
    };

    public static TheoryData<string> Ids => ReferenceGroup.Ids(Group);

    [GoldenTheory(Group + ".json")]
    [MemberData(nameof(Ids))]
    public void Agrees(string id) => Cases.Value.Check(id, Checks);
}
