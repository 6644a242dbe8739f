using Xunit;

namespace BoxTeacher.Tests;

/// <summary>Soft Teacher's parts against microsoft/SoftTeacher, mmdetection 3 and the formulas of the paper.</summary>
public sealed class SoftTeacherGoldenTests
{
    private const string Group = "softpolite/soft_teacher";

    private static readonly Lazy<ReferenceGroup> Cases = new(() => ReferenceGroup.Load(Group));

    private static readonly Dictionary<string, Action<ReferenceCase>> Checks = new(SoftTeacherReference.Checks)
    {
        ["st.sampler.at_least_one"] = CompositionReference.AtLeastOne,
        ["mmdet3.sampler.counts"] = CompositionReference.Fixed,
        ["folds."] = CompositionReference.Folds,
    };

    public static TheoryData<string> Ids => ReferenceGroup.Ids(Group);

    [GoldenTheory(Group + ".json")]
    [MemberData(nameof(Ids))]
    public void Agrees(string id) => Cases.Value.Check(id, Checks);
}
