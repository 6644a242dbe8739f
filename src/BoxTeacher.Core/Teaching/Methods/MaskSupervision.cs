using BoxTeacher.Losses;
using BoxTeacher.Teaching.PseudoMasks;
using BoxTeacher.Teaching.Targets;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Methods;

/// <summary>
/// All mask losses of BoxTeacher (CVPR 2023): those from boxes and those from pseudo masks, on any detector's masks. The pairwise term,
/// which both need, is evaluated once.
/// </summary>
/// <param name="boxes">Losses of the masks from boxes.</param>
/// <param name="pseudo">Losses of the masks from pseudo masks.</param>
/// <param name="pairs">Pixels that are compared.</param>
public sealed class MaskSupervision(BoxSupervision boxes, PseudoMaskSupervision pseudo, PixelPairs pairs)
{
    /// <summary>As in the published recipes.</summary>
    public static MaskSupervision Published { get; } = new(BoxSupervision.Published, PseudoMaskSupervision.Published, new PixelPairs());

    /// <summary>The terms of a step.</summary>
    /// <param name="masks">The student's masks.</param>
    /// <param name="scene">The batch on the mask grid.</param>
    /// <param name="labels">The teacher's masks for its boxes.</param>
    /// <param name="step">Number of the step, counted from 1.</param>
    public IReadOnlyList<LossTerm> Terms(StudentMasks masks, MaskScene scene, PseudoMaskBatch labels, long step)
    {
        using var scope = NewDisposeScope();
        var weights = (Box: boxes.PairWeights(scene, labels.Masks, pairs), Pseudo: pseudo.PairWeights(scene, labels, pairs));
        var sums = PairwiseAffinity.Sums(masks.Logits, [weights.Box, weights.Pseudo], scene.Groups(masks.Boxes, pairs), pairs);
        LossTerm[] terms = [.. boxes.Terms(masks, scene, weights.Box, sums[0], step), .. pseudo.Terms(masks, labels, weights.Pseudo, sums[1], step)];
        return [.. terms.Select(term => term.MoveToOuterDisposeScope())];
    }
}
