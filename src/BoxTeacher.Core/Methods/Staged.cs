using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>A part of a run with a method of its own.</summary>
/// <param name="Start">The step that it begins with, 0-based; it counts its own steps from there.</param>
/// <param name="Method">The method. All stages of a run have the same student.</param>
/// <param name="RestartsStudent">
/// Whether the student begins with its first weights again, after the stage's teacher has copied what it learned.
/// </param>
public sealed record Stage(long Start, ITrainingMethod Method, bool RestartsStudent = false);

/// <summary>
/// Methods one after the other in one run: burn-in, or naive self-training, what BoxTeacher is compared with (Cheng et al. 2023, section
/// 3.1): a network learns as in BoxInst; then it is frozen, and a fresh one learns from boxes and from the frozen one's masks. The
/// optimizer's moments and the course of its learning rate go on from stage to stage.
/// </summary>
public sealed class Staged : ITrainingMethod
{
    private readonly IReadOnlyList<Stage> _stages;

    // What the student begins with; a copy, since training changes the student in place.
    private readonly (string Name, Tensor Value)[] _fresh;

    /// <summary>A run of stages; disposes their methods with itself.</summary>
    /// <param name="stages">In order; the first one starts at 0.</param>
    /// <exception cref="ArgumentException">
    /// There is no stage, they do not begin at 0 or ascend, have different students, or one before the last has a teacher.
    /// </exception>
    public Staged(IReadOnlyList<Stage> stages)
    {
        var starts = stages.Select(stage => stage.Start).ToList();
        if (starts.Count == 0 || starts[0] != 0 || starts.Zip(starts.Skip(1)).Any(pair => pair.First >= pair.Second))
        {
            throw new ArgumentException($"stages start at 0 and later, not at {string.Join(", ", starts)}", nameof(stages));
        }

        if (stages.Any(stage => !ReferenceEquals(stage.Method.Student, stages[0].Method.Student)))
        {
            throw new ArgumentException("all stages of a run have the same student", nameof(stages));
        }

        if (stages.SkipLast(1).Any(stage => stage.Method.Teacher is not null))
        {
            throw new ArgumentException("a run keeps one teacher, that of its last stage; an earlier stage cannot have one", nameof(stages));
        }

        _stages = stages;
        using var gradients = no_grad();
        _fresh = stages.Any(stage => stage.RestartsStudent)
            ? [.. Student.state_dict().Select(entry => (entry.Key, entry.Value.clone().DetachFromDisposeScope()))]
            : [];
    }

    /// <inheritdoc/>
    public Detector Student => _stages[0].Method.Student;

    /// <inheritdoc/>
    public EmaTeacher? Teacher => Last.Teacher;

    /// <inheritdoc/>
    public Detector Evaluated => Last.Evaluated;

    /// <inheritdoc/>
    public Detector EvaluatedAfter(long iterations) => At(long.Max(iterations - 1, 0)).Method.Evaluated;

    /// <inheritdoc/>
    public IPseudoLabelling? PseudoLabelling => Last.PseudoLabelling;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Tensor> State => _stages.Index()
        .SelectMany(stage => stage.Item.Method.State.Select(entry => (Name: $"{stage.Index}.{entry.Key}", entry.Value)))
        .ToDictionary(entry => entry.Name, entry => entry.Value);

    private ITrainingMethod Last => _stages[^1].Method;

    /// <inheritdoc/>
    public void BeforeStep(long iteration)
    {
        var stage = At(iteration);
        stage.Method.BeforeStep(iteration - stage.Start);
        if (Restarts(stage, iteration))
        {
            Restart();
        }
    }

    /// <inheritdoc/>
    public void AfterStep(long iteration)
    {
        var stage = At(iteration);
        stage.Method.AfterStep(iteration - stage.Start);
    }

    /// <inheritdoc/>
    public IEnumerable<Tensor> Moving(long iteration)
    {
        var stage = At(iteration);
        var moving = stage.Method.Moving(iteration - stage.Start);
        return Restarts(stage, iteration) ? [.. moving, .. Student.parameters()] : moving;
    }

    /// <inheritdoc/>
    public LossTerms Losses(Batch batch, Step step)
    {
        var stage = At(step.Iteration);
        return stage.Method.Losses(batch, step with { Iteration = step.Iteration - stage.Start });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var stage in _stages)
        {
            stage.Method.Dispose();
        }

        foreach (var (_, value) in _fresh)
        {
            value.Dispose();
        }
    }

    private static bool Restarts(Stage stage, long iteration) => stage.RestartsStudent && iteration == stage.Start;

    private Stage At(long iteration) => _stages.Last(stage => stage.Start <= iteration);

    private void Restart()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var state = Student.state_dict();
        foreach (var (name, value) in _fresh)
        {
            state[name].copy_(value);
        }
    }
}
