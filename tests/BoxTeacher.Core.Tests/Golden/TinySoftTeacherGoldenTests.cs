using Xunit;

namespace BoxTeacher.Tests;

/// <summary>Whole networks and iterations against mmdetection 2.16 and microsoft/SoftTeacher.</summary>
public sealed class TinySoftTeacherGoldenTests
{
    private const string Group = "softpolite/tiny_soft_teacher";

    private static readonly Lazy<ReferenceGroup> Cases = new(() => ReferenceGroup.Load(Group));

    private static readonly Dictionary<string, Action<ReferenceCase>> Checks = new()
    {
        ["tiny.backbone_fpn"] = TinyFasterRcnn.Pyramid,
        ["tiny.rpn_head"] = TinyFasterRcnn.Rpn,
        ["tiny.soft_teacher_iteration"] = TinySoftTeacherReference.Iteration,
        ["tiny.supervised_losses"] = TinyFasterRcnn.Losses,
    };

    public static TheoryData<string> Ids => ReferenceGroup.Ids(Group);

    [GoldenTheory(Group + ".json")]
    [MemberData(nameof(Ids))]
    public void Agrees(string id) => Cases.Value.Check(id, Checks);
}
