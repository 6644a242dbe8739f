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
        var grid = MaskGrid.Of(batch.Labelled.Weak, student.MaskStride, supervision.BottomRows);
        var (boxTerms, masks) = student.Learn(batch.Labelled.Strong, step);
        var weights = supervision.PairWeights(grid, zeros_like(grid.BoxMasks));
        var sums = PairwiseAffinity.Sums(masks.Logits, [weights], grid.Groups(masks.Boxes, supervision.Pairs), supervision.Pairs);
        return new LossTerms([.. boxTerms, .. supervision.Terms(masks, grid, weights, sums[0], step.Iteration)]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => student.Dispose();
}
