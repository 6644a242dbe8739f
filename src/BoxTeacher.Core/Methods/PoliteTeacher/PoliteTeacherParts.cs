using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>Parts of Polite Teacher.</summary>
/// <param name="BoxFilter">Which of the teacher's detections become pseudo-labels, by boxes, classes, scores and mask quality.</param>
/// <param name="MaskFilter">Whose masks the mask loss learns from; knows the masks too, [n, h, w].</param>
/// <param name="Momentum">How fast the teacher follows.</param>
public sealed record PoliteTeacherParts(
    PseudoLabelFilter? BoxFilter = null, PseudoLabelFilter? MaskFilter = null, MomentumSchedule? Momentum = null) : MethodParts
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Action<Device> Trial)> Given =>
    [
        .. PartTrials.Filter(nameof(BoxFilter), BoxFilter, device => FakeBatch.Scored(device, masks: false)),
        .. PartTrials.Filter(nameof(MaskFilter), MaskFilter, device => FakeBatch.Scored(device, masks: true)),
        .. PartTrials.Momentum(Momentum),
    ];

    /// <summary>The given filter, its answers checked at every step; or the recipe's.</summary>
    internal PseudoLabelFilter BoxFilterOr(PseudoLabelFilter own) =>
        BoxFilter is { } given ? PartCheck.Checked(nameof(BoxFilter), given) : own;

    /// <summary>The given filter, its answers checked at every step; or the recipe's.</summary>
    internal PseudoLabelFilter MaskFilterOr(PseudoLabelFilter own) =>
        MaskFilter is { } given ? PartCheck.Checked(nameof(MaskFilter), given) : own;

    /// <summary>The given schedule, its answers checked at every step; or the recipe's.</summary>
    internal MomentumSchedule MomentumOr(MomentumSchedule own) => Momentum is { } given ? PartCheck.Checked(given) : own;
}
