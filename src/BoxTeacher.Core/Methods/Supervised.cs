using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;

namespace BoxTeacher.Methods;

/// <summary>
/// A detector's own losses on labelled images, and no teacher. With CondInst (Tian et al., ECCV 2020), which learns from full masks by dice
/// loss, it is the upper baseline: what box supervision tries to reach.
/// </summary>
/// <param name="student">The network; disposed with the method.</param>
public sealed class Supervised(Detector student) : ITrainingMethod
{
    /// <inheritdoc/>
    public Detector Student => student;

    /// <inheritdoc/>
    public LossTerms Losses(Batch batch, Step step) => student.Losses(batch.Labelled.Strong, step);

    /// <inheritdoc/>
    public void Dispose() => student.Dispose();
}
