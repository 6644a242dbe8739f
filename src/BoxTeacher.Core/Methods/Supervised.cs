using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>
/// A detector's own losses on labelled images, and no teacher. With CondInst (Tian et al., ECCV 2020), which learns from full masks by dice
/// loss, it is the upper baseline: what box supervision tries to reach.
/// </summary>
/// <param name="student">The network; disposed with the method.</param>
/// <param name="views">Which views of the images it learns from.</param>
public sealed class Supervised(Detector student, LabelledViews views = LabelledViews.Strong) : ITrainingMethod
{
    /// <inheritdoc/>
    public Detector Student => student;

    /// <inheritdoc/>
    public LossTerms Losses(Batch batch, Step step)
    {
        using var scope = NewDisposeScope();
        return student.Losses(batch.Labelled.Of(views), step).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => student.Dispose();
}
