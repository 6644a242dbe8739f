using System.Diagnostics;
using BoxTeacher.Data;
using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using BoxTeacher.Teaching;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>How a run ended.</summary>
/// <param name="Iteration">Number of finished iterations.</param>
/// <param name="Finished">False when it was cancelled before the end of its budget.</param>
/// <param name="Last">The last evaluation of this call; null when there was none.</param>
public sealed record TrainingResult(int Iteration, bool Finished, Evaluated? Last);

/// <summary>
/// The training loop: batch, EMA, losses, backward, clip, step; evaluation and checkpoints in between. A run is a function of recipe and
/// data: one that is cancelled and started again in the same folder ends, on a CPU, with the same weights to the bit.
/// </summary>
/// <param name="recipe">What to do.</param>
/// <param name="method">The method with its networks; see <see cref="Build.Method"/>. The caller keeps ownership.</param>
/// <param name="training">The data set to learn from; images without a usable label are left out.</param>
/// <param name="validation">The data set to evaluate on, or null for no evaluation.</param>
/// <param name="folder">Where checkpoints and the final weights go.</param>
public sealed class Trainer(Recipe recipe, ITeachingMethod method, InstanceDataset training, InstanceDataset? validation, RunFolder folder)
{
    /// <summary>
    /// Runs to the end of the budget, from the newest checkpoint of the folder if there is one. Uses one thread for tensors, so that
    /// several runs share a machine well.
    /// </summary>
    /// <param name="listener">Is told what happens, on the calling thread.</param>
    /// <param name="cancellation">Ends the run after the step in progress, with a checkpoint.</param>
    /// <exception cref="RecipeException">The folder holds another run.</exception>
    /// <exception cref="NotFiniteNumberException">The loss became infinite or not a number; the message names the terms.</exception>
    public TrainingResult Run(Action<TrainingEvent>? listener = null, CancellationToken cancellation = default)
    {
        set_num_threads(1);
        folder.Claim(recipe, training.Categories);
        using var optimizer = Build.Optimizer(recipe.Solver.Optimizer, method.Student);
        var iteration = Resume(optimizer, listener);
        var saved = iteration;
        var dropping = DropPath.In(method.Teacher is { } teacher ? [method.Student, teacher] : [method.Student]);
        Evaluated? last = null;
        var batches = Build.Loader(recipe, training).Batches(iteration, CancellationToken.None).GetEnumerator();
        try
        {
            while (iteration < recipe.Budget.Iterations && !cancellation.IsCancellationRequested)
            {
                var step = Step(batches, optimizer, dropping, iteration);
                iteration++;
                listener?.Invoke(step);
                if (validation is not null && (iteration == recipe.Budget.Iterations || iteration % recipe.Budget.EvaluateEvery == 0))
                {
                    last = Evaluate(validation, iteration);
                    listener?.Invoke(last);
                }
                // After the evaluation: a run that is killed in it repeats it.
                if (iteration == recipe.Budget.Iterations || iteration % recipe.Budget.CheckpointEvery == 0)
                {
                    Save();
                }
            }
        }
        finally
        {
            batches.Dispose();
        }
        if (iteration > saved)
        {
            Save();
        }
        var finished = iteration >= recipe.Budget.Iterations;
        if (finished)
        {
            ModelFile.Write(folder.ModelFile, method);
        }
        return new TrainingResult(iteration, finished, last);

        void Save()
        {
            saved = iteration;
            listener?.Invoke(new CheckpointWritten(iteration, folder.Checkpoints.Save(iteration, method, optimizer)));
        }
    }

    private StepFinished Step(IEnumerator<TrainingBatch> batches, OptimizerHelper optimizer, IReadOnlyList<DropPath> dropping, int iteration)
    {
        var watch = Stopwatch.StartNew();
        using var scope = NewDisposeScope();
        batches.MoveNext();
        using var batch = batches.Current;

        // Streams of the step's own, so that a resumed run, and one beside others, draws the same.
        DropPath.Seed(dropping, Build.LayerRandom(recipe).Split((ulong)iteration));
        // Before the forward pass, whose activations then take the gradients' place in memory.
        method.Student.zero_grad();
        method.BeforeStep(iteration);
        var terms = method.Step(batch, iteration);
        using var total = terms.Total();
        total.backward();

        double? norm = recipe.Solver.ClipNorm is { } limit ? nn.utils.clip_grad_norm_(method.Student.parameters(), limit) : null;
        var rate = recipe.Solver.Optimizer.LearningRate * recipe.Solver.Schedule.Factor(iteration, recipe.Budget.Iterations);
        foreach (var group in optimizer.ParamGroups)
        {
            group.LearningRate = rate;
        }
        optimizer.step();
        return Report(iteration + 1, terms, rate, norm, watch);
    }

    private static StepFinished Report(int iteration, LossTerms terms, double rate, double? norm, Stopwatch watch)
    {
        using var guard = no_grad();
        var values = HostValues.Floats(stack(terms.Select(term => term.Value().reshape([]))));
        var losses = new Dictionary<string, double>(terms.Count);
        for (var i = 0; i < values.Length; i++)
        {
            losses.Add(terms[i].Name, values[i]);
        }
        var total = losses.Values.Sum();
        return double.IsFinite(total)
            ? new StepFinished(iteration, losses, total, rate, norm, watch.Elapsed.TotalSeconds)
            : throw new NotFiniteNumberException(
                $"iteration {iteration}: the loss is not finite ({string.Join(", ", losses.Select(loss => FormattableString.Invariant($"{loss.Key} {loss.Value}")))})");
    }

    private Evaluated Evaluate(InstanceDataset dataset, int iteration)
    {
        var watch = Stopwatch.StartNew();
        var network = recipe.Teaching.Inference;
        var results = new Inference((network == Network.Student ? method.Student : method.Teacher!), recipe).Detect(dataset);
        var (box, mask) = Inference.Evaluate(dataset, results);
        return new Evaluated(iteration, network, box, mask, watch.Elapsed.TotalSeconds);
    }

    private int Resume(OptimizerHelper optimizer, Action<TrainingEvent>? listener)
    {
        if (folder.Checkpoints.Latest() is not { } latest)
        {
            return 0;
        }
        CheckpointFolder.Load(latest.Folder, method, optimizer);
        listener?.Invoke(new Resumed(latest.Iteration, latest.Folder));
        return latest.Iteration;
    }
}
