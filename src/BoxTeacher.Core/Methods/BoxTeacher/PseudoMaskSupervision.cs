using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>
/// The losses that BoxTeacher (CVPR 2023) adds for pseudo masks: the noise-aware pixel loss and the noise-reduced
/// affinity loss. Each instance is weighted by the confidence s of its box's mask.
/// </summary>
/// <param name="affinity">Which pairs of pixels should agree.</param>
/// <param name="maskWeight">Factor of the pixel loss; 0.5 as published.</param>
/// <param name="affinityWeight">Factor of the affinity loss; 0.1 as published.</param>
/// <param name="averageWeight">
/// Factor of the average-projection loss: 0 (no such term) in all published recipes, 0.1 where their option turns it on.
/// </param>
/// <param name="warmUp">Factor of all of them.</param>
/// <param name="normalizer">Divisor from the confidences [N]; see <see cref="PseudoNormalizers"/>.</param>
public sealed class PseudoMaskSupervision(
    PairAffinity affinity, double maskWeight, double affinityWeight, double averageWeight,
    WarmUpSchedule warmUp, PseudoNormalizer normalizer)
{
    // Below any divisor that is not 0: where nothing is trusted, the sums are 0 too.
    private const double Tiny = 1e-6;

    /// <summary>As in all published recipes.</summary>
    public static PseudoMaskSupervision Published { get; } = new(
        Affinity.SmoothedMasks.AtLeast(0.5), 0.5, 0.1, 0, WarmUp.Linear(10_000), PseudoNormalizers.Count);

    /// <summary>Weights of the pairs of every box: [G, P, h, w].</summary>
    /// <param name="grid">The batch on the mask grid.</param>
    /// <param name="labels">The teacher's masks.</param>
    /// <param name="pairs">Which pixels are compared.</param>
    public Tensor PairWeights(MaskGrid grid, PseudoMasks labels, PixelPairs pairs)
    {
        using var scope = NewDisposeScope();
        return grid.PairWeights(affinity(grid, labels.Masks, pairs), pairs).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>loss_mask</c>, dice against the masks cut at 0.5; <c>loss_avg</c>, if it has a weight; and
    /// <c>loss_mask_affinity</c>, in which the pairs of each instance are averaged on their own.
    /// </summary>
    /// <param name="student">The student's masks.</param>
    /// <param name="labels">The teacher's masks.</param>
    /// <param name="weights">[G, P, h, w] from <see cref="PairWeights"/>.</param>
    /// <param name="pairSums">[N] weighted sum of <see cref="PairwiseAffinity"/> with these weights.</param>
    /// <param name="iteration">Number of the step, 0-based.</param>
    public IReadOnlyList<LossTerm> Terms(
        StudentMasks student, PseudoMasks labels, Tensor weights, Tensor pairSums, long iteration)
    {
        using var scope = NewDisposeScope();
        var confidence = labels.Confidence.index_select(0, student.BoxIndex);
        var divisor = normalizer(confidence);
        var factor = warmUp(iteration);

        // Only instances whose box has a mask cost anything.
        var trusted = Trusted(student, labels);
        var probabilities = student.Probabilities.index_select(0, trusted);
        var boxes = student.BoxIndex.index_select(0, trusted);
        var masks = (labels.Masks > 0.5).to(student.Probabilities.dtype);
        var trust = confidence.index_select(0, trusted);

        var terms = new List<LossTerm>
        {
            Term("loss_mask", trust * DiceLoss.PerInstance(probabilities, masks.index_select(0, boxes)), maskWeight),
        };
        if (averageWeight > 0)
        {
            terms.Add(Term("loss_avg", trust * ProjectionLoss.Mean(probabilities, masks, boxes), averageWeight));
        }

        var pairs = weights.sum([1, 2, 3]).clamp(min: 1).index_select(0, student.BoxIndex);
        terms.Add(Term("loss_mask_affinity", confidence * pairSums / pairs, affinityWeight));
        return [.. terms.Select(term => term.MoveToOuterDisposeScope())];

        LossTerm Term(string name, Tensor perInstance, double weight) =>
            new(name, perInstance.sum(), divisor.alias(), weight * factor, Floor: Tiny);
    }

    private static Tensor Trusted(StudentMasks student, PseudoMasks labels)
    {
        var ofBox = labels.OnHost ?? HostValues.Floats(labels.Confidence);
        long[] rows = [.. student.Boxes.Index().Where(entry => ofBox[entry.Item] > 0).Select(entry => (long)entry.Index)];
        return DeviceValues.Of(rows, labels.Confidence.device);
    }
}

/// <summary>
/// What the pseudo losses are divided by, from the confidences [N] of mask instances; 0-dim, not negative. Where several processes share a
/// batch, the divisors of their instances are added.
/// </summary>
public delegate Tensor PseudoNormalizer(Tensor confidence);

/// <summary>The normalizers of the published code.</summary>
public static class PseudoNormalizers
{
    /// <summary>The number of instances with a pseudo mask, as published: a low confidence then lowers the loss.</summary>
    public static Tensor Count(Tensor confidence)
    {
        using var scope = NewDisposeScope();
        return (confidence > 0).to(confidence.dtype).sum().MoveToOuterDisposeScope();
    }

    /// <summary>Sum of confidences + 1e-6, the published code's option: only their proportions matter.</summary>
    public static Tensor Sum(Tensor confidence)
    {
        using var scope = NewDisposeScope();
        return (confidence.sum() + 1e-6).MoveToOuterDisposeScope();
    }
}
