using Xunit;

namespace BoxTeacher.Tests;

/// <summary>The parts of CenterMask2 and Polite Teacher against AI-Clearing/PoliteTeacher on detectron2.</summary>
public sealed class CenterMaskGoldenTests
{
    private const string Group = "softpolite/centermask_polite";

    private static readonly Lazy<ReferenceGroup> Cases = new(() => ReferenceGroup.Load(Group));

    private static readonly Dictionary<string, Action<ReferenceCase>> Checks = new()
    {
        ["cm.label_and_sample"] = CenterMaskReference.Samples,
        ["cm.level."] = CenterMaskReference.Levels,
        ["cm.mask_loss."] = CenterMaskReference.MaskLoss,
        ["cm.maskiou_head"] = CenterMaskReference.MaskIou,
        ["cm.maskiou_inference"] = CenterMaskReference.MaskScores,
        ["cm.maskiou_loss"] = CenterMaskReference.MaskIouLosses,
        ["cm.polygon_crop"] = MaskTargetReference.PolygonCrop,
        ["cm.pooler"] = CenterMaskReference.Pooler,
        ["cm.sag_mask_head"] = CenterMaskReference.MaskHead,
        ["cm.spatial_attention"] = CenterMaskReference.Attention,
        ["d2.anchors"] = CenterMaskReference.AnchorBoxes,
        ["d2.box_transform"] = CenterMaskReference.BoxTransform,
        ["d2.matcher."] = CenterMaskReference.Matches,
        ["d2.paste_masks"] = CenterMaskReference.Paste,
        ["fcos.head"] = CenterMaskReference.FcosHeads,
        ["fcos.iou_loss."] = CenterMaskReference.OverlapLosses,
        ["fcos.locations"] = CenterMaskReference.Locations,
        ["fcos.losses"] = CenterMaskReference.FcosLosses,
        ["fcos.predict."] = CenterMaskReference.Predictions,
        ["polite.contours"] = MaskTargetReference.Contours,
        ["polite.loss_weights."] = PoliteTeacherReference.Factors,
        ["polite.mask_loss."] = CenterMaskReference.MaskLoss,
        ["polite.patches"] = MaskTargetReference.Patches,
        ["polite.threshold"] = PoliteTeacherReference.Threshold,
        ["ub.ema"] = PoliteTeacherReference.Average,
        ["ub.focal_ce"] = PoliteTeacherReference.FocalLoss,
        ["ub.lr."] = PoliteTeacherReference.LearningRates,
    };

    public static TheoryData<string> Ids => ReferenceGroup.Ids(Group);

    [GoldenTheory(Group + ".json")]
    [MemberData(nameof(Ids))]
    public void Agrees(string id) => Cases.Value.Check(id, Checks);
}
