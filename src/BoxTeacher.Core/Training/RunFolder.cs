using System.Globalization;
using System.Text.Json;
using BoxTeacher.Data;
using BoxTeacher.Files;

namespace BoxTeacher.Training;

/// <summary>
/// A run's folder: <c>recipe.json</c>, <c>categories.json</c>, <c>data.json</c> (a fingerprint), <c>threads</c>, checkpoints, and at the
/// end <c>model.safetensors</c>. Together they say what the weights are and can do. Who writes in it holds its <see cref="Lock"/>.
/// </summary>
/// <param name="path">The folder; it need not exist.</param>
/// <param name="beforeWriting">Raises when the folder has come into other hands, before a checkpoint is made; null: never.</param>
public sealed class RunFolder(string path, Action? beforeWriting = null)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    // Where the files lie is no part of the run: what is in them decides, by its fingerprint.
    private static readonly string[] WithoutEffect =
    [
        "notes", "dataset.trainAnnotations", "dataset.trainImages", "dataset.validationAnnotations", "dataset.validationImages",
        "dataset.unlabelled.annotations", "dataset.unlabelled.images",
    ];

    private const string Length = "budget.iterations";

    // What another length changes along (Recipe.iterations).
    private static readonly string[] Lengths = [Length, "budget.evaluateEvery", "budget.checkpointEvery", "solver.schedule.steps"];

    private const int NamedDifferences = 8;

    private bool _isLocked;

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>Where the final weights lie.</summary>
    public string ModelFile => Child("model.safetensors");

    /// <summary>The run's history as JSON lines.</summary>
    public string MetricsFile => Child("metrics.jsonl");

    /// <summary>The checkpoints.</summary>
    public CheckpointFolder Checkpoints { get; } = new(path, beforeWriting);

    private string ThreadsFile => Child("threads");

    private string DataFile => Child("data.json");

    private string RecipeFile => Child("recipe.json");

    private string CategoriesFile => Child("categories.json");

    /// <summary>The run that a weights file belongs to: final weights lie in its folder, a checkpoint's one folder deeper.</summary>
    /// <exception cref="IOException">There is no such file, or no recipe at either place.</exception>
    public static RunFolder Of(string weights) => File.Exists(weights)
        ? Find(weights) ?? throw new IOException($"{weights}: no recipe.json lies beside these weights")
        : throw new FileNotFoundException($"{weights}: there is no such file");

    /// <summary>The same, or null where no recipe lies.</summary>
    public static RunFolder? Find(string weights)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(weights))!;
        var above = System.IO.Path.GetDirectoryName(folder) ?? folder;
        return Array.Find([new RunFolder(folder), new RunFolder(above)], candidate => candidate.HasRun);
    }

    /// <summary>
    /// Makes the folder and keeps it to this process until the returned value is disposed, however the process ends; what an earlier
    /// process left half-written is removed. Within a lock of this object, a further one costs nothing.
    /// </summary>
    /// <exception cref="IOException">Another process is at work in the folder, or it cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written to.</exception>
    public IDisposable Lock() => new Hold(this, fromAnother: false);

    /// <summary>
    /// The same, also when a process that has lost the folder still holds its lock: one that was suspended and whose claim was taken over.
    /// </summary>
    internal IDisposable LockFromAnother() => new Hold(this, fromAnother: true);

    /// <summary>Writes what the run is into the folder, or makes sure that the folder's run is this one.</summary>
    /// <param name="recipe">The run's recipe; notes and the places of the data may differ.</param>
    /// <param name="data">What it learns from and is evaluated on.</param>
    /// <exception cref="RecipeException">
    /// The folder holds a run of another recipe, of other categories or of other data; the message names what differs.
    /// </exception>
    public void Claim(Recipe recipe, RecipeData data)
    {
        if (HasRun)
        {
            RefuseAnother(ReadRecipe(), recipe, []);
        }

        RefuseOtherData(recipe, data);
        Write(recipe, data);
    }

    /// <summary>
    /// Makes the folder's run, finished or not, one of more iterations: it goes on from its newest checkpoint. Final weights that it has
    /// already stay beside the new ones, as <c>model-NNNNNNN.safetensors</c>.
    /// </summary>
    /// <param name="recipe">The run's recipe with the new number of iterations; with the number that it has already, nothing changes.</param>
    /// <param name="data">What it learns from and is evaluated on.</param>
    /// <exception cref="RecipeException">
    /// There is no run, it is longer already, its method depends on its length, or something else differs; the message names it.
    /// </exception>
    public void Extend(Recipe recipe, RecipeData data)
    {
        var own = ReadRecipe();
        var (before, after) = (own.Budget.Iterations, recipe.Budget.Iterations);
        RefuseAnother(own, recipe, [Length]);
        if (after < before)
        {
            throw new RecipeException($"{RecipeFile}: {Length}: the run has {before} already, it cannot be extended to {after}");
        }

        if (after > before && !recipe.Method.IsExtensible)
        {
            throw new RecipeException($"{RecipeFile}: the run cannot be extended: the stages of its method begin after shares of its length");
        }

        RefuseOtherData(recipe, data);
        if (after > before && File.Exists(ModelFile))
        {
            File.Move(ModelFile, Child(FormattableString.Invariant($"model-{before:D7}.safetensors")), overwrite: true);
        }

        Write(recipe, data);
    }

    /// <summary>
    /// How many threads the run has: those given, else those that it began with, else its share of the machine. Sums over another number of
    /// threads have other last digits, and a run that goes on ends with the numbers of one that was never stopped.
    /// </summary>
    /// <param name="given">What a person asked for; null: nothing.</param>
    /// <param name="share">The run's share of the machine.</param>
    /// <param name="processes">How many processes the run has; with another number of them it begins with its share.</param>
    public int Threads(int? given, int share, int processes = 1)
    {
        // "2" of one process, "2 x 3" of three processes.
        var ending = processes == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" x {processes}");
        var text = File.Exists(ThreadsFile) ? File.ReadAllText(ThreadsFile) : "";
        var own = text.EndsWith(ending, StringComparison.Ordinal) ? text[..^ending.Length] : "";
        var known = int.TryParse(own, CultureInfo.InvariantCulture, out var stored) && stored > 0 ? stored : (int?)null;
        var count = given ?? known ?? share;
        if (count != known)
        {
            AtomicFile.WriteText(ThreadsFile, count.ToString(CultureInfo.InvariantCulture) + ending);
        }

        return count;
    }

    /// <summary>Whether there is a run in the folder.</summary>
    public bool HasRun => File.Exists(RecipeFile);

    /// <summary>Whether it is known what the run's classes stand for.</summary>
    public bool HasCategories => File.Exists(CategoriesFile);

    /// <summary>The run's recipe.</summary>
    /// <exception cref="RecipeException">There is no run, or its recipe is damaged.</exception>
    public Recipe ReadRecipe() =>
        HasRun ? RecipeJson.Read(RecipeFile) : throw new RecipeException($"{Path}: there is no run in this folder");

    /// <summary>The categories that the run's classes stand for.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public IReadOnlyList<Category> ReadCategories() =>
        [.. Read<Category?[]>(CategoriesFile).Select(category => category ?? throw new InvalidDataException($"{CategoriesFile}: a category is null"))];

    private void RefuseAnother(Recipe own, Recipe recipe, IReadOnlyList<string> mayDiffer)
    {
        if (recipe.Parts is null && own.Parts is { Count: > 0 } parts)
        {
            throw new RecipeException(
                $"{RecipeFile}: the run in this folder has parts of a script's own ({string.Join(", ", parts.Select(part => $"{part.Name} from {part.Source}"))}), and only that script continues it");
        }

        var differences = RecipeLeaves.Between(own, recipe)
            .Where(found => !WithoutEffect.Contains(found.Key) && !mayDiffer.Contains(found.Key)).ToList();
        if (differences.Count > 0)
        {
            var named = differences.Take(NamedDifferences).Select(found => $"{found.Key} is {found.Before ?? "not there"}, not {found.After ?? "absent"}");
            var more = differences.Count > NamedDifferences ? $"; and {differences.Count - NamedDifferences} more" : "";
            var way = differences.All(found => Lengths.Contains(found.Key)) && recipe.Budget.Iterations > own.Budget.Iterations
                ? $"--extend {recipe.Budget.Iterations} prolongs it"
                : "choose another folder";
            throw new RecipeException($"{RecipeFile}: the folder holds another run: {string.Join("; ", named)}{more}; {way}");
        }
    }

    private void RefuseOtherData(Recipe recipe, RecipeData data)
    {
        var categories = data.Training.Categories;
        if (HasCategories && !ReadCategories().SequenceEqual(categories))
        {
            throw new RecipeException(
                $"{CategoriesFile}: the run in this folder has other categories: {Names(ReadCategories())}; the data have {Names(categories)}");
        }

        if (File.Exists(DataFile) && Read<RunData>(DataFile).Change(data.Fingerprints, recipe.Dataset) is { } change)
        {
            throw new RecipeException($"{change}; choose another folder for a run of these data ({DataFile})");
        }
    }

    private void Write(Recipe recipe, RecipeData data)
    {
        Keep(RecipeFile, RecipeJson.Write(recipe));
        Keep(CategoriesFile, JsonSerializer.Serialize(data.Training.Categories, Options));
        Keep(DataFile, JsonSerializer.Serialize(data.Fingerprints, Options));
    }

    private static string Names(IReadOnlyList<Category> categories) =>
        string.Join(", ", categories.Select(category => FormattableString.Invariant($"{category.Name} ({category.Id})")));

    private static void Keep(string file, string text)
    {
        if (!File.Exists(file) || File.ReadAllText(file) != text)
        {
            AtomicFile.WriteText(file, text);
        }
    }

    private static T Read<T>(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(File.ReadAllBytes(file), Options) ?? throw new InvalidDataException($"{file}: is null");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{file}: {error.Message}", error);
        }
    }

    private string Child(string name) => System.IO.Path.Combine(Path, name);

    private sealed class Hold : IDisposable
    {
        private readonly RunFolder _folder;
        private readonly IDisposable? _lock;

        public Hold(RunFolder folder, bool fromAnother)
        {
            _folder = folder;
            if (!folder._isLocked)
            {
                _lock = FolderLock.Take(folder.Path, fromAnother);
                folder._isLocked = true;
            }
        }

        public void Dispose()
        {
            if (_lock is not null)
            {
                _lock.Dispose();
                _folder._isLocked = false;
            }
        }
    }
}
