using BoxTeacher.Data;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Teaching.Targets;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Methods;

/// <summary>BoxInst (Tian et al., CVPR 2021): masks from boxes without a teacher. The baseline that BoxTeacher builds on.</summary>
/// <param name="student">The network; disposed with the method.</param>
/// <param name="fcos">Losses of the box head.</param>
/// <param name="supervision">Losses of the masks.</param>
/// <param name="pairs">Pixels that are compared.</param>
/// <param name="bottomRows">Rows at the end of a file's image that take no part in pairs.</param>
/// <param name="proposals">Which positives get a mask; null: the best of each box, as published.</param>
public sealed class BoxInstMethod(
    CondInst student, FcosLoss fcos, BoxSupervision supervision, PixelPairs pairs, int bottomRows = 10,
    ProposalLimit? proposals = null) : ITeachingMethod
{
    /// <summary>With the losses of the published recipes.</summary>
    public BoxInstMethod(CondInst student) : this(student, FcosLoss.Published, BoxSupervision.Published, new PixelPairs())
    {
    }

    /// <inheritdoc />
    public CondInst Student => student;

    /// <inheritdoc />
    public CondInst? Teacher => null;

    /// <inheritdoc />
    public void BeforeStep(long iteration)
    {
    }

    /// <inheritdoc />
    public LossTerms Step(TrainingBatch batch, long iteration)
    {
        using var scope = NewDisposeScope();
        var step = student.MaskHead.Steps = iteration + 1;
        var scene = MaskScene.Of(
            batch.WeakPixels, batch.Weak.Sizes, batch.OriginalSizes, batch.Targets, student.MaskHead.OutputStride, bottomRows);
        var outputs = StudentOutputs.Of(student, batch.Strong, batch.Targets, scene, proposals?.At(step));
        var weights = supervision.PairWeights(scene, zeros_like(scene.BoxMasks), pairs);
        var sums = PairwiseAffinity.Sums(outputs.Masks.Logits, [weights], scene.Groups(outputs.Masks.Boxes, pairs), pairs);
        return new LossTerms(
        [
            .. fcos.Terms(outputs.Dense, outputs.Targets),
            .. supervision.Terms(outputs.Masks, scene, weights, sums[0], step),
        ]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose() => student.Dispose();
}
