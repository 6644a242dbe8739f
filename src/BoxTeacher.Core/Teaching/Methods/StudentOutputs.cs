using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using BoxTeacher.Teaching.Targets;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Methods;

/// <summary>The student's answer to a batch: what all losses read. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Dense">Class, box and centre-ness predictions.</param>
/// <param name="Targets">The positive locations.</param>
/// <param name="Masks">The masks of the N locations that learn one.</param>
public sealed record StudentOutputs(FcosOutputs Dense, FcosTargets Targets, StudentMasks Masks)
{
    /// <summary>Runs a student. A batch without positive locations has N = 0 masks, through which zeros flow back.</summary>
    /// <param name="student">The student, in training mode.</param>
    /// <param name="images">The strong views.</param>
    /// <param name="targets">The labels.</param>
    /// <param name="scene">The mask grid.</param>
    /// <param name="rows">Which positives get a mask, ordered by image and box; null: the best of each box.</param>
    public static StudentOutputs Of(
        CondInst student, ImageBatch images, IReadOnlyList<BoxTargets> targets, MaskScene scene, Func<FcosTargets, int[]>? rows = null) =>
        Of(student, student.Extract(images.Images), targets, scene, rows);

    /// <summary>The same from features that the student has made already.</summary>
    public static StudentOutputs Of(
        CondInst student, CondInstFeatures features, IReadOnlyList<BoxTargets> targets, MaskScene scene, Func<FcosTargets, int[]>? rows = null)
    {
        var assigned = student.Assign(features, targets);
        var instances = rows is null ? student.SelectInstances(features, assigned) : student.InstancesAt(features, assigned, rows(assigned));
        var logits = instances.Count > 0
            ? student.MaskLogits(features, instances).squeeze(1)
            : zeros([0, scene.Height, scene.Width], device: features.MaskFeatures.device) + student.Zero(features);
        return new StudentOutputs(features.Dense, assigned, StudentMasks.Of(logits, instances.Boxes));
    }
}
