using System.Text.Json.Serialization;
using BoxTeacher.Methods;

namespace BoxTeacher.Training;

/// <summary>
/// Everything that decides a run's outcome, as plain data; together with the data set's files it can be repeated exactly.
/// </summary>
/// <param name="Name">What tables and reports call it.</param>
/// <param name="Dataset">Where images and labels are.</param>
/// <param name="Detector">The network.</param>
/// <param name="Method">What trains it.</param>
/// <param name="Augmentation">The views of an image.</param>
/// <param name="Solver">Optimizer and learning rate.</param>
/// <param name="Budget">How long, how often.</param>
/// <param name="Seed">Fixes initial weights, order and augmentation.</param>
/// <param name="Device">Where everything is computed; on another device a run has other last digits.</param>
/// <param name="Precision">What is computed with how many digits; float32 by default.</param>
/// <param name="Parts">
/// Functions of a script that took the place of the method's own; without the script the run cannot be repeated.
/// </param>
/// <param name="Notes">What a reader should know, such as which values are not published; without effect.</param>
public sealed record Recipe(
    string Name,
    DatasetRecipe Dataset,
    DetectorRecipe Detector,
    MethodRecipe Method,
    AugmentationRecipe Augmentation,
    SolverRecipe Solver,
    BudgetRecipe Budget,
    long Seed,
    DeviceName Device = default,
    PrecisionRecipe? Precision = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<PartRecord>? Parts = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Notes = null)
{
    /// <summary>What is computed with how many digits.</summary>
    public PrecisionRecipe Precision { get; init; } = Precision ?? PrecisionRecipe.Of(default);

    /// <summary>The recipe with its parts on record.</summary>
    /// <param name="parts">Functions in the place of the method's own.</param>
    /// <param name="source">Where their code is, for a reader.</param>
    public Recipe Replacing(MethodParts parts, string source) =>
        this with { Parts = [.. parts.Names.Select(name => new PartRecord(name, source))] };

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.In(
        ("dataset", Dataset.Problems().Concat(RecipeProblems.Of(UnlabelledProblem))), ("budget", Budget.Problems().Concat(BatchProblem)),
        ("solver", Solver.Problems()), ("augmentation", Augmentation.Problems().Concat(RecipeProblems.Of(GeometryProblem))),
        ("detector", Detector.Problems()),
        ("method", Method.Problems().Concat(Method.ProblemsWith(Detector)).Concat(Method.ProblemsWith(Augmentation))));

    private string? UnlabelledProblem => (Method.LearnsFromUnlabelled, Dataset.Unlabelled) switch
    {
        (true, null) => $"unlabelled: is null; {RecipeJson.KindOf(Method)} learns from unlabelled images",
        (false, not null) => $"unlabelled: must be null; {RecipeJson.KindOf(Method)} does not learn from unlabelled images",
        _ => null,
    };

    private string? GeometryProblem => Method.NeedsOneGeometry && !Augmentation.SharesGeometry
        ? $"kind: {RecipeJson.KindOf(Augmentation)} moves the two views of an unlabelled image apart; {RecipeJson.KindOf(Method)} needs one geometry"
        : null;

    private IEnumerable<string> BatchProblem => Dataset.Unlabelled is { Composition: { } composition } && Budget.BatchSize > 0
        ? RecipeProblems.Of(composition.ProblemOf(Budget.BatchSize))
        : [];

    /// <summary>The detector with random weights that depend on the seed alone, also when other threads build theirs.</summary>
    /// <param name="classes">Number of categories.</param>
    /// <exception cref="RecipeException">The device is not there.</exception>
    public Detectors.Detector BuildDetector(int classes) => new BuildContext(this, classes).NewDetector();

    /// <summary>
    /// The method with its networks on the recipe's device; the caller disposes it. Its parts are tried on a tiny batch first.
    /// </summary>
    /// <param name="classes">Number of categories.</param>
    /// <param name="root">The folder that a weights file of the recipe is relative to.</param>
    /// <param name="parts">Functions in the place of the method's own, which the recipe has on record; null: none.</param>
    /// <param name="loaded">Told what came of the recipe's weights file, if it names one.</param>
    /// <exception cref="RecipeException">
    /// A value is out of range, the device is not there, or the parts are not those on record, or of another method.
    /// </exception>
    /// <exception cref="PartException">A part fails on the tiny batch.</exception>
    /// <exception cref="InvalidDataException">The weights file is damaged, or holds nothing for this network.</exception>
    /// <exception cref="IOException">The weights file is missing or cannot be read.</exception>
    public ITrainingMethod BuildMethod(int classes, string root = ".", MethodParts? parts = null, Action<WeightsReport>? loaded = null)
    {
        if (Problems().FirstOrDefault() is { } problem)
        {
            throw new RecipeException($"{Name}: {problem}");
        }

        CheckParts(parts);
        var context = new BuildContext(this, classes);
        parts?.Try(context.Device);
        if (Detector.Weights is { } weights)
        {
            var file = Path.Combine(root, weights);
            if (weights == ResNet18Recipes.Weights && !File.Exists(file))
            {
                throw new FileNotFoundException($"{file}: there is no such file; 'scripts/backbone.sh {root}' fetches it");
            }

            var report = ModelFile.LoadPretrained(file, context.Student);
            loaded?.Invoke(report);
        }

        var method = Method.Build(context, parts);
        method.Teacher?.Precision = Precision.Teacher;
        return method;
    }

    /// <summary>Why processes cannot share the recipe's batches, with the key; null: they can.</summary>
    /// <param name="processes">How many there are.</param>
    internal string? SharingProblem(int processes) =>
        processes == 1 ? null
        : (Dataset.Unlabelled?.Composition.SharingProblem(Budget.BatchSize, processes)
            ?? (Budget.BatchSize >= processes ? null
                : $"batchSize: {Budget.BatchSize} images are not one for each of {processes} processes")) is { } problem ? $"budget.{problem}"
        : null;

    private void CheckParts(MethodParts? parts)
    {
        var given = parts?.Names ?? [];
        var recorded = (Parts ?? []).Select(part => part.Name).ToList();
        if (recorded.Except(given).Any())
        {
            throw new RecipeException(
                $"{Name}: this run has parts of a script's own ({string.Join(", ", Parts!.Select(part => $"{part.Name} from {part.Source}"))}), and only that script can continue or repeat it");
        }

        if (given.Except(recorded).Any())
        {
            throw new RecipeException(
                $"{Name}: the parts {string.Join(", ", given)} are not on the recipe's record; Recipe.Replacing puts them there");
        }
    }
}

/// <summary>A function that took the place of one of a method's own.</summary>
/// <param name="Name">The part, such as Confidence.</param>
/// <param name="Source">Where its code is.</param>
public sealed record PartRecord(string Name, string Source);

/// <summary>The length of a run.</summary>
/// <param name="Iterations">Optimizer steps.</param>
/// <param name="BatchSize">Images per step, unlabelled ones included; each counts once, however many views it has.</param>
/// <param name="EvaluateEvery">Iterations from one evaluation to the next; there is always one at the end.</param>
/// <param name="CheckpointEvery">Iterations from one checkpoint to the next; there is always one at the end.</param>
public sealed record BudgetRecipe(int Iterations, int BatchSize, int EvaluateEvery, int CheckpointEvery)
{
    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Positive("iterations", Iterations),
        RecipeProblems.Positive("batchSize", BatchSize),
        RecipeProblems.Positive("evaluateEvery", EvaluateEvery),
        RecipeProblems.Positive("checkpointEvery", CheckpointEvery));
}

/// <summary>The ranges that JSON types cannot state.</summary>
internal static class RecipeProblems
{
    /// <summary>The problems of a recipe's sections, their keys within the recipe.</summary>
    public static IEnumerable<string> In(params (string Section, IEnumerable<string> Problems)[] sections) =>
        sections.SelectMany(section => section.Problems.Select(problem => $"{section.Section}.{problem}"));

    /// <summary>Those that there are.</summary>
    public static IEnumerable<string> Of(params string?[] problems) => problems.OfType<string>();

    public static string? Positive(string key, double value) =>
        value > 0 && double.IsFinite(value) ? null : FormattableString.Invariant($"{key}: must be positive, not {value}");

    /// <summary>A number of channels that a normalization divides into 32 groups.</summary>
    public static string? Grouped(string key, int value) =>
        value > 0 && value % 32 == 0 ? null : FormattableString.Invariant($"{key}: must be a positive multiple of 32, not {value}");

    public static string? NotNegative(string key, double value) =>
        value >= 0 && double.IsFinite(value) ? null : FormattableString.Invariant($"{key}: must not be negative, is {value}");

    public static string? Fraction(string key, double value) =>
        value is >= 0 and <= 1 ? null : FormattableString.Invariant($"{key}: must be in 0..1, not {value}");

    /// <summary>A number from another key's value to a limit.</summary>
    public static string? Within(string key, int value, string leastKey, int least, int most) =>
        value >= least && value <= most ? null : FormattableString.Invariant($"{key}: must be in {leastKey}..{most}, not {value}");

    public static string? PositiveFraction(string key, double value) =>
        value is > 0 and <= 1 ? null : FormattableString.Invariant($"{key}: must be above 0 and at most 1, not {value}");
}
