using Xunit;

namespace BoxTeacher.Tests;

/// <summary>Faster R-CNN's parts against mmdetection 2.16.</summary>
public sealed class FasterRcnnGoldenTests
{
    private const string Group = "softpolite/faster_rcnn";

    private static readonly Lazy<ReferenceGroup> Cases = new(() => ReferenceGroup.Load(Group));

    private static readonly Dictionary<string, Action<ReferenceCase>> Checks = new()
    {
        ["anchors."] = RcnnReference.AnchorBoxes,
        ["anchors.valid_flags"] = RcnnReference.ValidFlags,
        ["anchors.inside_flags"] = RcnnReference.InsideFlags,
        ["delta.encode."] = RcnnReference.Encode,
        ["delta.decode_clip."] = RcnnReference.Decode,
        ["iou."] = RcnnReference.Overlaps,
        ["assign."] = RcnnReference.Assign,
        ["rcnn_targets."] = RcnnReference.RoiTargets,
        ["rpn."] = RcnnReference.Rpn,
        ["rcnn_loss."] = RcnnReference.RoiLosses,
        ["rcnn_nms."] = RcnnReference.Detections,
        ["loss.smooth_l1."] = RcnnReference.SmoothL1,
        ["loss.l1"] = RcnnReference.L1,
        ["loss.rpn_bce"] = RcnnReference.Objectness,
        ["loss.softmax_ce"] = RcnnReference.Softmax,
        ["nms."] = RcnnReference.Suppression,
        ["roi_align."] = RoiReference.Align,
        ["roi_levels."] = RoiReference.Levels,
        ["roi_extractor."] = RoiReference.Extractor,
    };

    public static TheoryData<string> Ids => ReferenceGroup.Ids(Group);

    [GoldenTheory(Group + ".json")]
    [MemberData(nameof(Ids))]
    public void Agrees(string id) => Cases.Value.Check(id, Checks);
}
