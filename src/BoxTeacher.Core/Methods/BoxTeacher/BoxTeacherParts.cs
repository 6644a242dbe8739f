using BoxTeacher.Layers;
using BoxTeacher.Structures;

using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>Parts of BoxInst.</summary>
/// <param name="ColorAffinity">Which pixels belong together by their colors.</param>
public sealed record BoxInstParts(PairAffinity? ColorAffinity = null) : MethodParts
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Action<Device> Trial)> Given => PartTrials.Affinity(nameof(ColorAffinity), ColorAffinity);

    /// <summary>The given affinity, its answers checked at every step; or the recipe's.</summary>
    internal PairAffinity ColorAffinityOr(PairAffinity own) =>
        ColorAffinity is { } given ? PartCheck.Checked(nameof(ColorAffinity), given) : own;
}

/// <summary>Parts of BoxTeacher.</summary>
/// <param name="Confidence">How far a pseudo mask is trusted.</param>
/// <param name="Assignment">Which prediction a box gets.</param>
/// <param name="MaskAffinity">Which pixels belong together by the teacher's masks.</param>
/// <param name="ColorAffinity">Which pixels belong together by their colors.</param>
/// <param name="Momentum">How fast the teacher follows.</param>
public sealed record BoxTeacherParts(
    ConfidenceScore? Confidence = null,
    PseudoMaskAssignment? Assignment = null,
    PairAffinity? MaskAffinity = null,
    PairAffinity? ColorAffinity = null,
    MomentumSchedule? Momentum = null) : MethodParts
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Action<Device> Trial)> Given =>
    [
        .. PartTrials.Of(nameof(Confidence), Confidence, (confidence, device) =>
        {
            var masks = FakeBatch.Predictions(device);
            PartCheck.Confidences(HostValues.Floats(PartCheck.OnePerMask(confidence(masks), (int)masks.Scores.size(0))));
        }),
        .. PartTrials.Of(nameof(Assignment), Assignment, (assignment, _) =>
            PartCheck.Checked(assignment)([new(0, 0.9f), new(1, 0.6f), new(4, 0.1f)], new[,] { { 0.8f, 0 }, { 0.7f, 0.6f }, { 0, 0.5f } })),
        .. PartTrials.Affinity(nameof(MaskAffinity), MaskAffinity),
        .. PartTrials.Affinity(nameof(ColorAffinity), ColorAffinity),
        .. PartTrials.Of(nameof(Momentum), Momentum, (momentum, _) =>
        {
            foreach (var iteration in (long[])[1, 10, 1_000, 100_000])
            {
                PartCheck.Checked(momentum)(iteration);
            }
        }),
    ];

    /// <summary>The given assignment, its answers checked at every step; or the recipe's.</summary>
    internal PseudoMaskAssignment AssignmentOr(PseudoMaskAssignment own) => Assignment is { } given ? PartCheck.Checked(given) : own;

    /// <summary>The given affinity, its answers checked at every step; or the recipe's.</summary>
    internal PairAffinity MaskAffinityOr(PairAffinity own) =>
        MaskAffinity is { } given ? PartCheck.Checked(nameof(MaskAffinity), given) : own;

    /// <summary>The given affinity, its answers checked at every step; or the recipe's.</summary>
    internal PairAffinity ColorAffinityOr(PairAffinity own) =>
        ColorAffinity is { } given ? PartCheck.Checked(nameof(ColorAffinity), given) : own;

    /// <summary>The given schedule, its answers checked at every step; or the recipe's.</summary>
    internal MomentumSchedule MomentumOr(MomentumSchedule own) => Momentum is { } given ? PartCheck.Checked(given) : own;
}

/// <summary>Trials of parts on fake batches.</summary>
internal static class PartTrials
{
    /// <summary>A trial of a part, if it is given.</summary>
    public static IEnumerable<(string Name, Action<Device> Trial)> Of<T>(string name, T? part, Action<T, Device> trial) where T
        : Delegate =>
        part is null ? [] : [(name, device => trial(part, device))];

    /// <summary>A trial of an affinity, if it is given.</summary>
    public static IEnumerable<(string Name, Action<Device> Trial)> Affinity(string name, PairAffinity? affinity) =>
        Of(name, affinity, (given, device) =>
    {
        var grid = FakeBatch.Grid(device);
        PartCheck.Checked(name, given)(grid, FakeBatch.Masks(grid), new PixelPairs());
    });
}
