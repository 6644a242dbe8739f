using BoxTeacher.Data;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;

namespace BoxTeacher.Teaching;

/// <summary>
/// Turns batches into losses for a student, with or without a teacher beside it. All that changes from step to step
/// is a function of the step's number, so weights and number are enough to resume; layers that draw random numbers get a stream for
/// each step from the trainer.
/// </summary>
public interface ITeachingMethod : IDisposable
{
    /// <summary>The network that learns.</summary>
    CondInst Student { get; }

    /// <summary>The network that follows it and makes pseudo-labels, if the method has one.</summary>
    CondInst? Teacher { get; }

    /// <summary>Called before each step, ahead of the batch: moves the teacher.</summary>
    /// <param name="iteration">Number of the step, 0-based.</param>
    void BeforeStep(long iteration);

    /// <summary>The loss of a batch. Its tensors belong to the caller's dispose scope.</summary>
    /// <param name="batch">Labelled images in a weak and a strong view.</param>
    /// <param name="iteration">Number of the step, 0-based.</param>
    LossTerms Step(TrainingBatch batch, long iteration);
}
