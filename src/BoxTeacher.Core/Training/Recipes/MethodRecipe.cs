using BoxTeacher.Augmentation;
using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// How a detector is taught. Each method has a record of its own that builds and checks it; a record is found by its
/// <see cref="RecipeKindAttribute"/>, so that a new method is written nowhere else.
/// </summary>
public abstract record MethodRecipe
{
    /// <summary>The labels that the method may see.</summary>
    public virtual Supervision Supervision => Supervision.Boxes;

    /// <summary>Whether the method learns from unlabelled images too, so that its recipe has to name some; else it may name none.</summary>
    public virtual bool LearnsFromUnlabelled => false;

    /// <summary>Whether the method compares the two views of an unlabelled image pixel by pixel.</summary>
    public virtual bool NeedsOneGeometry => false;

    /// <summary>The network that is evaluated.</summary>
    public virtual Network Evaluated => Network.Student;

    /// <summary>Whether a step is the same however long the run is, so that a run may be extended.</summary>
    public virtual bool IsExtensible => true;

    /// <summary>
    /// The key by which the number of the student's passes in a step depends on the images; null: it is always the same, as batch norms
    /// need it that several processes share.
    /// </summary>
    public virtual string? UnevenPasses => null;

    /// <summary>The method with its networks.</summary>
    /// <param name="context">Gives the networks.</param>
    /// <param name="parts">Functions in the place of the method's own; null: none.</param>
    /// <exception cref="RecipeException">The detector is none for this method, or the parts are of another method.</exception>
    public abstract ITrainingMethod Build(BuildContext context, MethodParts? parts);

    /// <summary>What is wrong with the values, each with its key.</summary>
    public abstract IEnumerable<string> Problems();

    /// <summary>What of the method does not go with a detector, each with its key in the method.</summary>
    public virtual IEnumerable<string> ProblemsWith(DetectorRecipe detector) => [];

    /// <summary>What of the method does not go with the views, each with its key in the method.</summary>
    public virtual IEnumerable<string> ProblemsWith(AugmentationRecipe views) => [];

    /// <summary>Why a detector's own losses cannot be had from some labels, with the key <c>sees</c>; null: they can.</summary>
    private protected static string? TooLittle(Supervision sees, DetectorRecipe detector) =>
        sees == Supervision.Boxes && detector.Reads == Supervision.Masks
            ? $"sees: is boxes; the losses of this {RecipeJson.KindOf(detector)} read masks"
            : null;

    /// <summary>The parts as those of this method.</summary>
    /// <typeparam name="T">The method's kind of parts.</typeparam>
    /// <exception cref="RecipeException">They are of another method; the message names them.</exception>
    /// <param name="parts">What is given.</param>
    /// <param name="none">What stands for nothing given.</param>
    protected T Own<T>(MethodParts? parts, T none) where T : MethodParts => parts switch
    {
        null => none,
        T own => own,
        _ => throw new RecipeException(
            $"{GetType().Name} has no place for {string.Join(", ", parts.Names)}; its parts are a {typeof(T).Name}"),
    };

    /// <summary>Makes sure that a method without parts gets none.</summary>
    /// <exception cref="RecipeException">It gets some; the message names them.</exception>
    protected void RefuseParts(MethodParts? parts)
    {
        if (parts is { Names.Count: > 0 })
        {
            throw new RecipeException($"{GetType().Name} has no place for {string.Join(", ", parts.Names)}");
        }
    }
}

/// <summary>Builds the networks of a run, all on one device.</summary>
/// <param name="recipe">Detector, device, seed and length of the run.</param>
/// <param name="classes">Number of categories.</param>
public sealed class BuildContext(Recipe recipe, int classes)
{
    // Initial weights come from torch's one generator, which all threads share: networks are built one at a time, each after seeding.
    private static readonly Lock Gate = new();

    private Detector? _student;

    /// <summary>The run's device.</summary>
    public Device Device { get; } = recipe.Device.Open();

    /// <summary>Optimizer steps of the run.</summary>
    public long Iterations => recipe.Budget.Iterations;

    /// <summary>The run's student, the same at each call.</summary>
    public Detector Student => _student ??= NewDetector();

    /// <summary>Another network of the student's structure with the weights of the seed.</summary>
    public Detector NewDetector()
    {
        lock (Gate)
        {
            random.manual_seed(recipe.Seed);
            var detector = recipe.Detector.Build(classes);
            detector.to(Device);
            return detector;
        }
    }

    /// <summary>The detector as the kind that a method needs.</summary>
    /// <exception cref="RecipeException">It is of another kind.</exception>
    public T As<T>(Detector detector) where T : Detector => detector as T
        ?? throw new RecipeException(
            $"{recipe.Name}: detector.kind: {RecipeJson.KindOf(recipe.Detector)} builds a {detector.GetType().Name}; the method teaches a {typeof(T).Name}");
}

/// <summary>
/// The detector's own losses on labelled images; with CondInst, whose losses see full masks, the upper bound (Tian et al. 2020).
/// </summary>
/// <param name="Sees">The labels that the detector's losses read.</param>
/// <param name="Views">Which views of the images they are of.</param>
[RecipeKind("supervised")]
public sealed record SupervisedRecipe(Supervision Sees, LabelledViews Views = LabelledViews.Strong) : MethodRecipe
{
    /// <inheritdoc/>
    public override Supervision Supervision => Sees;

    /// <inheritdoc/>
    public override ITrainingMethod Build(BuildContext context, MethodParts? parts)
    {
        RefuseParts(parts);
        return new Supervised(context.Student, Views);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() => [];

    /// <inheritdoc/>
    public override IEnumerable<string> ProblemsWith(DetectorRecipe detector) => RecipeProblems.Of(TooLittle(Sees, detector));
}

/// <summary>Methods one after the other in one run, on one student; see <see cref="Staged"/>.</summary>
/// <param name="Stages">In order, at least one.</param>
[RecipeKind("staged")]
public sealed record StagedRecipe(IReadOnlyList<StageRecipe> Stages) : MethodRecipe
{
    /// <inheritdoc/>
    public override Supervision Supervision =>
        Stages.Any(stage => stage.Method.Supervision == Supervision.Masks) ? Supervision.Masks : Supervision.Boxes;

    /// <inheritdoc/>
    public override bool LearnsFromUnlabelled => Stages.Any(stage => stage?.Method.LearnsFromUnlabelled is true);

    /// <inheritdoc/>
    public override bool NeedsOneGeometry => Stages.Any(stage => stage?.Method.NeedsOneGeometry is true);

    /// <inheritdoc/>
    public override Network Evaluated => Stages[^1].Method.Evaluated;

    /// <inheritdoc/>
    public override bool IsExtensible => Stages.Count == 1;

    /// <inheritdoc/>
    public override string? UnevenPasses => Stages.Index()
        .Select(stage => stage.Item.Method.UnevenPasses is { } key ? $"stages.{stage.Index}.method.{key}" : null).FirstOrDefault(key => key is not null);

    /// <inheritdoc/>
    /// <remarks>Parts are those of the last stage, the one that may have a teacher.</remarks>
    public override ITrainingMethod Build(BuildContext context, MethodParts? parts)
    {
        Stage[] stages = [.. Stages.Select((stage, index) => new Stage(
            (long)Math.Round(stage.Start * context.Iterations),
            stage.Method.Build(context, index == Stages.Count - 1 ? parts : null),
            stage.RestartsStudent))];
        try
        {
            return new Staged(stages);
        }
        catch (ArgumentException error)
        {
            Array.ForEach(stages, stage => stage.Method.Dispose());
            throw new RecipeException($"method.stages over {context.Iterations} iterations: {error.Message.Split(" (Parameter")[0]}", error);
        }
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() => Stages.Any(stage => stage is null) ? ["stages: one is null"] :
    [
        .. RecipeProblems.Of(
            Stages.Count > 0 && Stages[0].Start == 0 ? null : "stages: the first one must start at 0",
            Stages.Zip(Stages.Skip(1)).All(pair => pair.First.Start < pair.Second.Start && pair.Second.Start < 1)
                ? null
                : "stages: must start one after the other, each below 1"),
        .. RecipeProblems.In([.. Stages.Select((stage, index) => ($"stages.{index}.method", stage.Method.Problems()))]),
    ];

    /// <inheritdoc/>
    public override IEnumerable<string> ProblemsWith(DetectorRecipe detector) => RecipeProblems.In(
        [.. Stages.Select((stage, index) => ($"stages.{index}.method", stage?.Method.ProblemsWith(detector) ?? []))]);

    /// <inheritdoc/>
    public override IEnumerable<string> ProblemsWith(AugmentationRecipe views) => RecipeProblems.In(
        [.. Stages.Select((stage, index) => ($"stages.{index}.method", stage?.Method.ProblemsWith(views) ?? []))]);
}

/// <summary>A part of a run with a method of its own.</summary>
/// <param name="Start">The share of the run after which it begins, 0 to below 1.</param>
/// <param name="Method">What teaches in it.</param>
/// <param name="RestartsStudent">
/// Whether the student begins with its first weights again, after the stage's teacher has copied what it learned.
/// </param>
public sealed record StageRecipe(double Start, MethodRecipe Method, bool RestartsStudent = false);
