using BoxTeacher.Losses;
using BoxTeacher.Teaching.Affinity;
using BoxTeacher.Teaching.Targets;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Methods;

/// <summary>
/// The mask losses of BoxInst (CVPR 2021): the mask's shadows must be the box's, and pixels of like colour share a
/// label. N mask instances of the whole batch count alike.
/// </summary>
/// <param name="affinity">Which pairs of pixels should agree.</param>
/// <param name="warmUp">Factor of the pairwise term by the number of the step, counted from 1.</param>
public sealed class BoxSupervision(IAffinitySource affinity, Func<long, double> warmUp)
{
    /// <summary>As in BoxInst and BoxTeacher: colours at least 0.3 alike, the pairwise term comes in over 10,000 steps.</summary>
    public static BoxSupervision Published { get; } = new(new ColourAffinity().AtLeast(0.3), WarmUp.Linear(10_000));

    /// <summary>Weights of the pairs of every box: [G, P, h, w].</summary>
    /// <param name="scene">The batch on the mask grid.</param>
    /// <param name="pseudoMasks">[G, h, w] the teacher's masks; zeros without a teacher.</param>
    /// <param name="pairs">Which pixels are compared.</param>
    public Tensor PairWeights(MaskScene scene, Tensor pseudoMasks, PixelPairs pairs)
    {
        using var scope = NewDisposeScope();
        return scene.PairWeights(affinity.Affinity(scene, pseudoMasks, pairs), pairs).MoveToOuterDisposeScope();
    }

    /// <summary><c>loss_prj</c>, a mean over instances, and <c>loss_pairwise</c>, a mean over the pairs of all instances.</summary>
    /// <param name="masks">The student's masks.</param>
    /// <param name="scene">The batch on the mask grid.</param>
    /// <param name="weights">[G, P, h, w] from <see cref="PairWeights"/>.</param>
    /// <param name="pairSums">[N] weighted sum of <see cref="PairwiseAffinity"/> with these weights.</param>
    /// <param name="step">Number of the step, counted from 1.</param>
    public IReadOnlyList<LossTerm> Terms(StudentMasks masks, MaskScene scene, Tensor weights, Tensor pairSums, long step)
    {
        using var scope = NewDisposeScope();
        var projection = ProjectionLoss.Max(masks.Probabilities, scene.BoxMasks, masks.BoxIndex);
        var pairs = weights.sum([1, 2, 3]).index_select(0, masks.BoxIndex).sum();
        return
        [
            new LossTerm("loss_prj", projection.sum(), masks.Count).MoveToOuterDisposeScope(),
            new LossTerm("loss_pairwise", pairSums.sum(), pairs, warmUp(step)).MoveToOuterDisposeScope(),
        ];
    }
}
