using BoxTeacher.Data;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Teaching.Targets;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Methods;

/// <summary>
/// CondInst (Tian et al., ECCV 2020): learns from full masks, by dice loss. The upper baseline: what box supervision
/// tries to reach. Locations are assigned by box centres, as in the box-supervised methods.
/// </summary>
/// <param name="student">The network; disposed with the method.</param>
/// <param name="fcos">Losses of the box head.</param>
/// <param name="proposals">Which positives get a mask; null: the best of each box, as published.</param>
public sealed class CondInstMethod(CondInst student, FcosLoss fcos, ProposalLimit? proposals = null) : ITeachingMethod
{
    /// <summary>With the losses of the published recipes.</summary>
    public CondInstMethod(CondInst student) : this(student, FcosLoss.Published)
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
    /// <exception cref="ArgumentException">An image of the batch has no masks.</exception>
    public LossTerms Step(TrainingBatch batch, long iteration)
    {
        using var scope = NewDisposeScope();
        student.MaskHead.Steps = iteration + 1;
        var scene = MaskScene.Of(
            batch.WeakPixels, batch.Weak.Sizes, batch.OriginalSizes, batch.Targets, student.MaskHead.OutputStride);
        var masks = scene.FullMasks(batch.Targets);
        var outputs = StudentOutputs.Of(student, batch.Strong, batch.Targets, scene, proposals?.At(iteration + 1));
        var dice = DiceLoss.PerInstance(outputs.Masks.Probabilities, masks.index_select(0, outputs.Masks.BoxIndex));
        return new LossTerms(
        [
            .. fcos.Terms(outputs.Dense, outputs.Targets),
            new LossTerm("loss_mask", dice.sum(), outputs.Masks.Count),
        ]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc />
    public void Dispose() => student.Dispose();
}
