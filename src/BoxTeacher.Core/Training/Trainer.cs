using System.Diagnostics;
using BoxTeacher.Augmentation;
using BoxTeacher.Evaluation;
using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Processes;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>How a run ended.</summary>
/// <param name="Iteration">Number of finished iterations.</param>
/// <param name="Finished">False when it was cancelled before the end of its budget.</param>
/// <param name="Last">The last evaluation of this call; null when there was none.</param>
/// <param name="Evaluation">
/// What was matched with what in the evaluation at the end of the budget; null when this call made none, or its evaluation keeps none.
/// </param>
public sealed record TrainingResult(int Iteration, bool Finished, Evaluated? Last, EvaluationResult? Evaluation = null);

/// <summary>Where a run of the loop begins.</summary>
/// <param name="Iteration">Number of iterations that are finished already, those of a checkpoint that was loaded.</param>
/// <param name="IsEvaluated">Whether the state after these iterations needs no evaluation any more.</param>
public readonly record struct TrainingStart(int Iteration, bool IsEvaluated);

/// <summary>
/// The training loop: batch, EMA, losses, backward, clip, step; evaluation and checkpoints in between. It knows its parts alone, and
/// touches nothing else: <see cref="TrainingRun"/> makes them from a recipe. All that is drawn depends on a stream and the iteration, so
/// that a run which is cancelled and goes on from its checkpoint ends, on a CPU with as many threads, with the same weights to the bit.
/// Several processes take each step together, see <see cref="SharedStep"/>.
/// </summary>
/// <param name="method">The method with its networks; the caller keeps ownership.</param>
/// <param name="batches">What it learns from, on the networks' device.</param>
/// <param name="optimizer">Over the student's parameters; the caller keeps ownership.</param>
/// <param name="learningRate">The rate of each step.</param>
/// <param name="clipNorm">Gradients are scaled down to this 2-norm; null: never.</param>
/// <param name="budget">How long, how often.</param>
/// <param name="random">What steps draw from, split by the iteration.</param>
/// <param name="checkpoints">Where checkpoints go; null: there are none.</param>
/// <param name="evaluate">Evaluates after so many iterations; null: never.</param>
/// <param name="precision">What the student's forward pass computes in; a teacher has its own.</param>
/// <param name="scaler">Scales the loss, which float16 needs; null: nothing does.</param>
/// <param name="processes">Those that take each step together, with their shares of the batches; null: this one alone.</param>
public sealed class Trainer(
    ITrainingMethod method,
    BatchSource batches,
    OptimizerHelper optimizer,
    LearningRate learningRate,
    double? clipNorm,
    BudgetRecipe budget,
    RandomStream random,
    CheckpointFolder? checkpoints,
    Func<int, Evaluated>? evaluate,
    Precision precision = Precision.Float32,
    LossScaler? scaler = null,
    IProcessGroup? processes = null)
{
    private readonly IProcessGroup _processes = processes ?? ProcessGroups.One;

    /// <summary>
    /// Runs to the end of the budget. An evaluation is preceded by a checkpoint; a run that ends in an error leaves one of its last good
    /// step.
    /// </summary>
    /// <param name="start">Where it begins; the default is a new run.</param>
    /// <param name="listener">Is told what happens, on the calling thread.</param>
    /// <param name="cancellation">Ends the run after the step or evaluation in progress, with a checkpoint.</param>
    /// <exception cref="InvalidOperationException">The batches end before the budget.</exception>
    /// <exception cref="NotFiniteNumberException">Loss, gradient or weights are infinite or no number; the message names them.</exception>
    public TrainingResult Run(TrainingStart start, Action<TrainingEvent> listener, CancellationToken cancellation = default)
    {
        var (iteration, saved) = (start.Iteration, start.Iteration);
        var awaitsEvaluation = iteration > 0 && !start.IsEvaluated && IsEvaluationDue();
        Evaluated? last = null;
        var dropping = DropPath.In(method.Teacher is { } teacher ? [method.Student, teacher.Network] : [method.Student]);
        using var shared = _processes.AreMany() ? new SharedStep(method, _processes) : null;
        // Without checkpoints there is nothing to write after an error.
        using var undo = checkpoints is null ? null : new StepUndo(method);
        using var coming = batches(start.Iteration).GetEnumerator();
        try
        {
            while ((awaitsEvaluation || iteration < budget.Iterations) && !_processes.Any(cancellation.IsCancellationRequested))
            {
                if (awaitsEvaluation)
                {
                    listener(last = evaluate!(iteration));
                    awaitsEvaluation = false;
                    continue;
                }

                var step = Learn(coming, dropping, undo, shared, iteration);
                iteration++;
                listener(step);
                awaitsEvaluation = IsEvaluationDue();
                // Before the evaluation: a run that ends in it repeats it from here.
                if (awaitsEvaluation || IsDue(budget.CheckpointEvery))
                {
                    Save();
                }
            }
        }
        catch (Exception error)
        {
            // An error of this process alone finds the others within their step.
            if (!_processes.AreMany() || error is NotFiniteNumberException)
            {
                Rescue();
            }

            throw;
        }

        if (iteration > saved)
        {
            Save();
        }

        return new TrainingResult(iteration, iteration >= budget.Iterations && !awaitsEvaluation, last);

        bool IsDue(int every) => iteration == budget.Iterations || iteration % every == 0;

        bool IsEvaluationDue() => evaluate is not null && IsDue(budget.EvaluateEvery);

        void Save()
        {
            if (checkpoints is null)
            {
                return;
            }

            CheckWeights(iteration);
            shared?.CheckAlike(iteration);
            if (_processes.IsFirst())
            {
                listener(new CheckpointWritten(iteration, checkpoints.Save(iteration, method, optimizer, scaler)));
            }

            saved = iteration;
            // Not before the checkpoint is there may another process end the run by an error.
            _processes.Meet();
        }

        void Rescue()
        {
            try
            {
                if (undo is not null && undo.TakeBack() && iteration > saved)
                {
                    Save();
                }
            }
            catch (Exception)
            {
                // The first error is what the caller has to hear of: a full disk does not take this checkpoint either.
            }
        }
    }

    private StepFinished Learn(
        IEnumerator<Batch> coming, IReadOnlyList<DropPath> dropping, StepUndo? undo, SharedStep? shared, int iteration)
    {
        var watch = Stopwatch.StartNew();
        using var scope = NewDisposeScope();
        if (!coming.MoveNext())
        {
            throw new InvalidOperationException($"iteration {iteration + 1}: there is no further batch");
        }

        var waited = watch.Elapsed.TotalSeconds;

        var step = Step.Of(iteration, random);
        DropPath.Seed(dropping, _processes.AreMany() ? step.Random.Split((ulong)_processes.Rank) : step.Random);
        // Before the forward pass, whose activations then take the gradients' place in memory.
        method.Student.zero_grad();
        undo?.Keep(iteration);
        method.BeforeStep(iteration);
        var terms = Losses(coming.Current, step, shared);
        using var loss = scaler?.Apply(terms.Total()) ?? terms.Total();
        var exchange = shared?.Backward(loss);
        if (shared is null)
        {
            loss.backward();
        }

        scaler?.TakeOut(method.Student);

        var (losses, norm) = Values(terms, Clip());
        var total = losses.Values.Sum();
        Check(iteration + 1, "loss", total, losses);
        var isSkipped = scaler?.Explains(norm) is true;
        if (!isSkipped)
        {
            Check(iteration + 1, "gradient", norm, losses);
        }

        var rate = learningRate(iteration);
        foreach (var group in optimizer.ParamGroups)
        {
            group.LearningRate = rate;
        }

        undo?.BeginChange();
        if (!isSkipped)
        {
            optimizer.step();
        }

        scaler?.Update(!isSkipped);
        method.AfterStep(iteration);
        undo?.EndChange();
        return new StepFinished(
            iteration + 1, losses, total, rate, isSkipped ? null : norm, watch.Elapsed.TotalSeconds, waited, exchange);
    }

    private LossTerms Losses(Batch batch, Step step, SharedStep? shared)
    {
        using var reduced = precision.On(method.Student.Device);
        return shared?.Losses(batch, step) ?? method.Losses(batch, step);
    }

    // The 2-norm of all gradients, which are scaled down to the limit: torch.nn.utils.clip_grad_norm_ without its wait.
    private Tensor Clip()
    {
        using var guard = no_grad();
        Tensor[] gradients = [.. method.Student.parameters().Select(parameter => parameter.grad).OfType<Tensor>()];
        var norm = stack(gradients.Select(gradient => gradient.norm())).norm();
        if (clipNorm is { } limit)
        {
            var share = full_like(norm, limit).div_(norm + 1e-6).clamp_(max: 1);
            Array.ForEach(gradients, gradient => gradient.mul_(share));
        }

        return norm;
    }

    // A step of the optimizer may overflow, and so may statistics.
    private void CheckWeights(int iteration)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        var states = method.Student.state_dict().Concat(method.Teacher?.Network.state_dict() ?? []).ToList();
        var areFinite = HostValues.Longs(stack(states.Select(state => state.Value.isfinite().all())));
        if (Array.IndexOf(areFinite, 0) is var first and >= 0)
        {
            throw new NotFiniteNumberException(
                $"iteration {iteration}: {states[first].Key} is not finite; no checkpoint is made of these weights");
        }
    }

    // The only wait of a step that is the loop's own.
    private (Dictionary<string, double> Losses, double Norm) Values(LossTerms terms, Tensor norm)
    {
        using var guard = no_grad();
        var sums = _processes.SumOf(stack(terms.Select(term => term.Value().reshape([]))));
        var values = HostValues.Floats(cat([sums, norm.to(sums.dtype).reshape(1)]));
        return (terms.Zip(values).ToDictionary(loss => loss.First.Name, loss => (double)loss.Second), values[^1]);
    }

    // Ahead of the optimizer's step: weights that are no numbers would go into the next checkpoint.
    private static void Check(int iteration, string what, double value, Dictionary<string, double> losses)
    {
        if (!double.IsFinite(value))
        {
            var terms = losses.Select(loss => FormattableString.Invariant($"{loss.Key} {loss.Value}"));
            throw new NotFiniteNumberException($"iteration {iteration}: the {what} is not finite ({string.Join(", ", terms)})");
        }
    }
}

/// <summary>What happens in a run, in order; progress bars, live plots, metrics files and tests listen to these.</summary>
/// <param name="Iteration">Number of finished iterations when it happened.</param>
public abstract record TrainingEvent(int Iteration);

/// <summary>One optimizer step is done.</summary>
/// <param name="Iteration">Number of finished iterations, 1 after the first step.</param>
/// <param name="Losses">Each loss term's value, weights included; their sum is <paramref name="Total"/>.</param>
/// <param name="Total">The loss that was minimized.</param>
/// <param name="LearningRate">The rate of this step.</param>
/// <param name="GradientNorm">
/// 2-norm of all gradients before clipping; null where scaled float16 gradients overflowed, so that the optimizer left the step out, and in
/// an event of an older run's file.
/// </param>
/// <param name="Seconds">Time of this iteration, waiting for data included.</param>
/// <param name="DataSeconds">
/// Time of it until the batch was there, made into tensors on their device; null in an event of an older run's file.
/// </param>
/// <param name="Exchange">How long gradients were added over processes; null: there was one process.</param>
public sealed record StepFinished(
    int Iteration, IReadOnlyDictionary<string, double> Losses, double Total, double LearningRate, double? GradientNorm, double Seconds,
    double? DataSeconds = null, Exchange? Exchange = null)
    : TrainingEvent(Iteration)
{
    /// <summary>The share of the time that went by waiting for data, 0 to 1; NaN where it is not known.</summary>
    public double DataShare => DataSeconds / Seconds ?? double.NaN;
}

/// <summary>The validation images were evaluated.</summary>
/// <param name="Iteration">Number of finished iterations.</param>
/// <param name="Network">Which of the two networks.</param>
/// <param name="Metrics">What was measured.</param>
/// <param name="Seconds">Time it took.</param>
public sealed record Evaluated(int Iteration, Network Network, IReadOnlyList<Metric> Metrics, double Seconds) : TrainingEvent(Iteration)
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
