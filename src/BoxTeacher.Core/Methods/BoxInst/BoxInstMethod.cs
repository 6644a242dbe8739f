using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>BoxInst (Tian et al., CVPR 2021): masks from boxes without a teacher. The baseline that BoxTeacher builds on.</summary>
/// <param name="student">The network; disposed with the method.</param>
/// <param name="supervision">Losses of the masks.</param>
public sealed class BoxInstMethod(MaskDetector student, BoxSupervision supervision) : ITrainingMethod
{
    /// <inheritdoc/>
    public Detector Student => student;

    /// <inheritdoc/>
    public LossTerms Losses(Batch batch, Step step)
    {
        using var scope = NewDisposeScope();
        var (weak, strong) = batch.Labelled.OfOneGeometry();
        var grid = MaskGrid.Of(weak, student.MaskStride, supervision.BottomRows);
        var (boxTerms, masks) = student.Learn(strong, step);
        var weights = supervision.PairWeights(grid, zeros_like(grid.BoxMasks));
        var sums = PairwiseAffinity.Sums(masks.Logits, [weights], grid.Groups(masks.Boxes, supervision.Pairs), supervision.Pairs);
        return new LossTerms([.. boxTerms, .. supervision.Terms(masks, grid, weights, sums[0], step.Iteration)]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => student.Dispose();
}

/// <summary>
/// The mask losses of BoxInst (CVPR 2021): the mask's projections must be the box's, and pixels of like color share a
/// label. N mask instances of the whole batch count alike.
/// </summary>
/// <param name="affinity">Which pairs of pixels should agree.</param>
/// <param name="warmUp">Factor of the pairwise term.</param>
/// <param name="pairs">Pixels that are compared.</param>
/// <param name="bottomRows">Rows at the end of a file's image that take no part in pairs; 10 as published.</param>
public sealed class BoxSupervision(PairAffinity affinity, WarmUpSchedule warmUp, PixelPairs pairs, int bottomRows = 10)
{
    /// <summary>As in BoxInst and BoxTeacher: colors at least 0.3 alike, the pairwise term comes in over 10,000 steps.</summary>
    public static BoxSupervision Published { get; } = new(Affinity.Color.AtLeast(0.3), WarmUp.Linear(10_000), new PixelPairs());

    /// <summary>Pixels that are compared.</summary>
    public PixelPairs Pairs => pairs;

    /// <summary>Rows at the end of a file's image that take no part in pairs.</summary>
    public int BottomRows => bottomRows;

    /// <summary>Weights of the pairs of every box: [G, P, h, w].</summary>
    /// <param name="grid">The batch on the mask grid.</param>
    /// <param name="pseudoMasks">[G, h, w] the teacher's masks; zeros without a teacher.</param>
    public Tensor PairWeights(MaskGrid grid, Tensor pseudoMasks)
    {
        using var scope = NewDisposeScope();
        return grid.PairWeights(affinity(grid, pseudoMasks, pairs), pairs).MoveToOuterDisposeScope();
    }

    /// <summary><c>loss_prj</c>, a mean over instances, and <c>loss_pairwise</c>, a mean over the pairs of all instances.</summary>
    /// <param name="masks">The student's masks.</param>
    /// <param name="grid">The batch on the mask grid.</param>
    /// <param name="weights">[G, P, h, w] from <see cref="PairWeights"/>.</param>
    /// <param name="pairSums">[N] weighted sum of <see cref="PairwiseAffinity"/> with these weights.</param>
    /// <param name="iteration">Number of the step, 0-based.</param>
    public IReadOnlyList<LossTerm> Terms(StudentMasks masks, MaskGrid grid, Tensor weights, Tensor pairSums, long iteration)
    {
        using var scope = NewDisposeScope();
        var projection = ProjectionLoss.Max(masks.Probabilities, grid.BoxMasks, masks.BoxIndex);
        var count = weights.sum([1, 2, 3]).index_select(0, masks.BoxIndex).sum();
        return
        [
            new LossTerm("loss_prj", projection.sum(), masks.Count).MoveToOuterDisposeScope(),
            new LossTerm("loss_pairwise", pairSums.sum(), count, warmUp(iteration)).MoveToOuterDisposeScope(),
        ];
    }
}
