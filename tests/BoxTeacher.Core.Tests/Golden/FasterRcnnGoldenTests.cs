using Xunit;

namespace BoxTeacher.Tests;

/// <summary>Faster R-CNN's parts against mmdetection 2.16.</summary>
public sealed class FasterRcnnGoldenTests
{
    private const string Group = "softpolite/faster_rcnn";

    private static readonly Lazy<ReferenceGroup> Cases = new(() => ReferenceGroup.Load(Group));

    private static readonly Dictionary<string, Action<ReferenceCase>> Checks = new()
    {
        ["roi_align."] = RoiReference.Align,
    };

    public static TheoryData<string> Ids => ReferenceGroup.Ids(Group);

    [GoldenTheory(Group + ".json")]
    [MemberData(nameof(Ids))]
    public void Agrees(string id) => Cases.Value.Check(id, Checks);
}
