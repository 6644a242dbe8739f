using BoxTeacher.Losses;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>Parts of Soft Teacher.</summary>
/// <param name="Reliability">How far background is trusted.</param>
/// <param name="RpnFilter">Which pseudo boxes the region proposal network learns from.</param>
/// <param name="ClassFilter">Which ones classes learn from.</param>
/// <param name="BoxFilter">Which ones boxes learn from.</param>
/// <param name="Variance">How much refined copies of a box differ.</param>
/// <param name="ClassLoss">How weighted class losses become one.</param>
/// <param name="Momentum">How fast the teacher follows.</param>
public sealed record SoftTeacherParts(
    BackgroundReliability? Reliability = null,
    PseudoLabelFilter? RpnFilter = null,
    PseudoLabelFilter? ClassFilter = null,
    PseudoLabelFilter? BoxFilter = null,
    RegressionVariance? Variance = null,
    WeightedClassLoss? ClassLoss = null,
    MomentumSchedule? Momentum = null) : MethodParts
{
    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Action<Device> Trial)> Given =>
    [
        .. PartTrials.Of(nameof(Reliability), Reliability, (given, device) => Checked(given)(FakeBatch.Background(device))),
        .. PartTrials.Filter(nameof(RpnFilter), RpnFilter, FakeBatch.PseudoLabels),
        .. PartTrials.Filter(nameof(ClassFilter), ClassFilter, FakeBatch.PseudoLabels),
        .. PartTrials.Filter(nameof(BoxFilter), BoxFilter, FakeBatch.PseudoLabels),
        .. PartTrials.Of(nameof(Variance), Variance, (given, device) =>
        {
            var boxes = FakeBatch.PseudoLabels(device).Instances.Boxes;
            Checked(given)(BoxJitter.Apply(boxes, FakeBatch.Noise(boxes)), boxes);
        }),
        .. PartTrials.Of(nameof(ClassLoss), ClassLoss, (given, device) =>
        {
            var losses = arange(1, 5, float32, device);
            Checked(given)(new WeightedSamples(losses, losses / 4, losses > 2));
        }),
        .. PartTrials.Momentum(Momentum),
    ];

    /// <summary>The given reliability, its answers checked at every step; or the recipe's.</summary>
    internal BackgroundReliability ReliabilityOr(BackgroundReliability own) => Reliability is { } given ? Checked(given) : own;

    /// <summary>The given filter, its answers checked at every step; or the recipe's.</summary>
    internal PseudoLabelFilter RpnFilterOr(PseudoLabelFilter own) =>
        RpnFilter is { } given ? PartCheck.Checked(nameof(RpnFilter), given) : own;

    /// <summary>The given filter, its answers checked at every step; or the recipe's.</summary>
    internal PseudoLabelFilter ClassFilterOr(PseudoLabelFilter own) =>
        ClassFilter is { } given ? PartCheck.Checked(nameof(ClassFilter), given) : own;

    /// <summary>The given filter, its answers checked at every step; or the recipe's, which may be none.</summary>
    internal PseudoLabelFilter? BoxFilterOr(PseudoLabelFilter? own) =>
        BoxFilter is { } given ? PartCheck.Checked(nameof(BoxFilter), given) : own;

    /// <summary>The given variance, its answers checked at every step; or the recipe's.</summary>
    internal RegressionVariance VarianceOr(RegressionVariance own) => Variance is { } given ? Checked(given) : own;

    /// <summary>The given loss, its answers checked at every step; or the recipe's.</summary>
    internal WeightedClassLoss ClassLossOr(WeightedClassLoss own) => ClassLoss is { } given ? Checked(given) : own;

    /// <summary>The given schedule, its answers checked at every step; or the recipe's.</summary>
    internal MomentumSchedule MomentumOr(MomentumSchedule own) => Momentum is { } given ? PartCheck.Checked(given) : own;

    private static BackgroundReliability Checked(BackgroundReliability reliability) => scores =>
    {
        var answer = reliability(scores);
        var count = scores.Overlap.size(0);
        if (answer.dim() != 1 || answer.size(0) != count)
        {
            throw new PartException(
                $"part Reliability returned [{string.Join(", ", answer.shape)}] for {count} boxes; it must return one number per box, [{count}]");
        }

        PartCheck.RequireShares("Reliability", "reliabilities", answer);
        return answer;
    };

    private static RegressionVariance Checked(RegressionVariance variance) => (refined, boxes) =>
    {
        var answer = variance(refined, boxes);
        if (!answer.shape.SequenceEqual(boxes.shape))
        {
            throw new PartException(
                $"part Variance returned [{string.Join(", ", answer.shape)}]; it must return one deviation per box and edge, [{string.Join(", ", boxes.shape)}]");
        }

        PartCheck.RequireNotNegative("Variance", "deviations", answer);
        return answer;
    };

    private static WeightedClassLoss Checked(WeightedClassLoss loss) => samples =>
    {
        var term = loss(samples);
        return term.Sum.dim() == 0 && term.Normalizer.dim() == 0
            ? term
            : throw new PartException(
                $"part ClassLoss returned a sum [{string.Join(", ", term.Sum.shape)}] and a normalizer [{string.Join(", ", term.Normalizer.shape)}]; both must be single numbers");
    };
}
