using BoxTeacher.Evaluation;
using BoxTeacher.Methods;

namespace BoxTeacher.Training;

/// <summary>What happens in a run, in order; progress bars, live plots, metrics files and tests listen to these.</summary>
/// <param name="Iteration">Number of finished iterations when it happened.</param>
public abstract record TrainingEvent(int Iteration);

/// <summary>One optimizer step is done.</summary>
/// <param name="Iteration">Number of finished iterations, 1 after the first step.</param>
/// <param name="Losses">Each loss term's value, weights included; their sum is <paramref name="Total"/>.</param>
/// <param name="Total">The loss that was minimized.</param>
/// <param name="LearningRate">The rate of this step.</param>
/// <param name="GradientNorm">2-norm of all gradients before clipping; null where the recipe does not clip.</param>
/// <param name="Seconds">Time of this iteration, waiting for data included.</param>
public sealed record StepFinished(
    int Iteration, IReadOnlyDictionary<string, double> Losses, double Total, double LearningRate, double? GradientNorm, double Seconds)
    : TrainingEvent(Iteration);

/// <summary>The validation images were evaluated.</summary>
/// <param name="Iteration">Number of finished iterations.</param>
/// <param name="Network">Which of the two networks.</param>
/// <param name="Metrics">What was measured.</param>
/// <param name="Seconds">Time it took.</param>
/// <param name="Result">The evaluation itself; null in an event that was read from a file.</param>
public sealed record Evaluated(
    int Iteration, Network Network, IReadOnlyList<Metric> Metrics, double Seconds, EvaluationResult? Result = null)
        : TrainingEvent(Iteration)
{
    /// <summary>The metric's value; NaN where it was not measured.</summary>
    public double this[string metric] => Metrics.FirstOrDefault(candidate => candidate.Name == metric)?.Value ?? double.NaN;
}

/// <summary>A checkpoint is complete on disk.</summary>
/// <param name="Iteration">Number of finished iterations.</param>
/// <param name="Folder">The checkpoint's folder.</param>
public sealed record CheckpointWritten(int Iteration, string Folder) : TrainingEvent(Iteration);

/// <summary>The run goes on from a checkpoint.</summary>
/// <param name="Iteration">Number of iterations that the checkpoint holds.</param>
/// <param name="Folder">The checkpoint's folder.</param>
/// <param name="History">What happened before, as far as the run's metrics file knows it.</param>
public sealed record Resumed(int Iteration, string Folder, IReadOnlyList<TrainingEvent> History) : TrainingEvent(Iteration);
