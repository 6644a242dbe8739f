using Xunit;

namespace BoxTeacher.Tests;

/// <summary>Augmentations against microsoft/SoftTeacher, mmcv, OpenCV and unbiased-teacher.</summary>
public sealed class AugmentGoldenTests
{
    private const string Group = "softpolite/augment";

    private static readonly Lazy<ReferenceGroup> Cases = new(() => ReferenceGroup.Load(Group));

    private static readonly Dictionary<string, Action<ReferenceCase>> Checks = new()
    {
    };

    public static TheoryData<string> Ids => ReferenceGroup.Ids(Group);

    [GoldenTheory(Group + ".json")]
    [MemberData(nameof(Ids))]
    public void Agrees(string id) => Cases.Value.Check(id, Checks);
}
