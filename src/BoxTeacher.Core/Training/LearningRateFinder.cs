using BoxTeacher.Methods;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>A range test's rates: a geometric series from the first to the last one.</summary>
/// <param name="First">Positive.</param>
/// <param name="Last">Above the first.</param>
/// <param name="Steps">Optimizer steps, at least 10.</param>
public sealed record RateRange(double First = 1e-6, double Last = 1, int Steps = 100)
{
    /// <summary>The rate of a 0-based step.</summary>
    public double Rate(long step) => First * Math.Pow(Last / First, (double)step / (Steps - 1));

    /// <summary>Fails, naming the key, unless there is such a series.</summary>
    /// <exception cref="RecipeException">A value is wrong.</exception>
    public void Check()
    {
        if (Problems().FirstOrDefault() is { } problem)
        {
            throw new RecipeException(problem);
        }
    }

    /// <summary>What is wrong with the values, each with its key.</summary>
    internal IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Positive("first", First),
        Last > First && double.IsFinite(Last) ? null : FormattableString.Invariant($"last: must be above the first rate, {First}, not {Last}"),
        Steps >= 10 ? null : $"steps: must be at least 10, not {Steps}");
}

/// <summary>One step of a range test.</summary>
/// <param name="LearningRate">The step's rate.</param>
/// <param name="Loss">Its total loss.</param>
/// <param name="Smoothed">Exponential mean of the losses so far, corrected for its start at zero (Kingma and Ba 2015, section 3).</param>
public sealed record RatePoint(double LearningRate, double Loss, double Smoothed);

/// <summary>What a range test found.</summary>
/// <param name="Points">The steps, rates ascending.</param>
public sealed record RateCurve(IReadOnlyList<RatePoint> Points)
{
    // Of the steps before the lowest loss, these first ones say more about the batches than about the rates.
    private const int Unsettled = 5;

    /// <summary>The rate where the smoothed loss falls steepest over the rate's logarithm; null where it never falls.</summary>
    public double? Steepest
    {
        get
        {
            var falls = Enumerable.Range(Unsettled, Math.Max(0, Lowest - Unsettled))
                .Select(i => (Points[i].LearningRate, Change: Points[i + 1].Smoothed - Points[i - 1].Smoothed))
                .Where(fall => fall.Change < 0)
                .ToList();
            return falls.Count > 0 ? falls.MinBy(fall => fall.Change).LearningRate : null;
        }
    }

    /// <summary>A tenth of the rate with the lowest smoothed loss; null where there is no step.</summary>
    public double? TenthOfLowest => Lowest < 0 ? null : Points[Lowest].LearningRate / 10;

    private int Lowest => Points.Count == 0 ? -1 : Points.Index().MinBy(point => point.Item.Smoothed).Index;
}

/// <summary>
/// The learning rate range test (Smith 2017, section 3.3): a few steps of the recipe at rising rates, until the smoothed loss passes four
/// times its lowest value or is no number. Warm-ups of losses go as in a run.
/// </summary>
public static class LearningRateFinder
{
    // Decay of the mean, and how much worse than the best is enough.
    private const double Decay = 0.9, Diverged = 4;

    /// <summary>Takes the steps. Nothing is written; the method's networks have learned at rates that were too high.</summary>
    /// <param name="recipe">Augmentation, optimizer and batch size; not its schedule.</param>
    /// <param name="method">The method, normally of <see cref="Recipe.BuildMethod"/>; the caller keeps ownership.</param>
    /// <param name="data">What to learn from.</param>
    /// <param name="range">The rates.</param>
    /// <param name="listener">Is told of the steps.</param>
    /// <param name="cancellation">Ends the test after the step in progress.</param>
    /// <exception cref="RecipeException">A value of the range is wrong, or no image has a label.</exception>
    public static RateCurve Run(
        Recipe recipe, ITrainingMethod method, RecipeData data, RateRange range, Action<TrainingEvent>? listener = null,
        CancellationToken cancellation = default)
    {
        range.Check();
        using var optimizer = recipe.Solver.Optimizer.Build(method.Student);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var points = new List<RatePoint>();
        var mean = 0.0;
        var trainer = new Trainer(
            method,
            TrainingRun.Batches(recipe, data.Training, method.Student.Device, data.Unlabelled),
            optimizer,
            range.Rate,
            recipe.Solver.ClipNorm,
            recipe.Budget with { Iterations = range.Steps },
            new RandomStream((ulong)recipe.Seed).Split(2),
            checkpoints: null,
            evaluate: null,
            recipe.Precision.Training,
            LossScaler.Of(recipe.Precision.Training));
        try
        {
            trainer.Run(default, Listen, stop.Token);
        }
        catch (NotFiniteNumberException) when (points.Count > 1)
        {
            // Beyond the rates that can be used.
        }

        return new RateCurve(points);

        void Listen(TrainingEvent happened)
        {
            listener?.Invoke(happened);
            if (happened is StepFinished step)
            {
                mean = Decay * mean + (1 - Decay) * step.Total;
                points.Add(new RatePoint(step.LearningRate, step.Total, mean / (1 - Math.Pow(Decay, points.Count + 1))));
                if (points[^1].Smoothed > Diverged * points.Min(point => point.Smoothed))
                {
                    stop.Cancel();
                }
            }
        }
    }
}
