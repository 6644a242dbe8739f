using Xunit;

namespace BoxTeacher.Tests;

/// <summary>The parts of CenterMask2 and Polite Teacher against AI-Clearing/PoliteTeacher on detectron2.</summary>
public sealed class CenterMaskGoldenTests
{
    private const string Group = "softpolite/centermask_polite";

    private static readonly Lazy<ReferenceGroup> Cases = new(() => ReferenceGroup.Load(Group));

    private static readonly Dictionary<string, Action<ReferenceCase>> Checks = new()
    {
        ["cm.polygon_crop"] = MaskTargetReference.PolygonCrop,
        ["cm.mask_loss."] = MaskTargetReference.RoiMasks,
        ["polite.mask_loss."] = MaskTargetReference.RoiMasks,
        ["polite.contours"] = MaskTargetReference.Contours,
        ["polite.patches"] = MaskTargetReference.Patches,
    };

    public static TheoryData<string> Ids => ReferenceGroup.Ids(Group);

    [GoldenTheory(Group + ".json")]
    [MemberData(nameof(Ids))]
    public void Agrees(string id) => Cases.Value.Check(id, Checks);
}
