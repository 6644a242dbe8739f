using System.Globalization;
using System.Text.Json;
using BoxTeacher.Data;
using BoxTeacher.Files;

namespace BoxTeacher.Training;

/// <summary>
/// A run's folder: <c>recipe.json</c>, <c>categories.json</c>, <c>threads</c>, checkpoints, and at the end <c>model.safetensors</c>.
/// Together they say what the weights are and can do.
/// </summary>
/// <param name="path">The folder; it need not exist.</param>
public sealed class RunFolder(string path)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true,
    };

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>Where the final weights lie.</summary>
    public string ModelFile => Child("model.safetensors");

    /// <summary>The run's history as JSON lines.</summary>
    public string MetricsFile => Child("metrics.jsonl");

    /// <summary>The checkpoints.</summary>
    public CheckpointFolder Checkpoints { get; } = new(path);

    private string ThreadsFile => Child("threads");

    private string RecipeFile => Child("recipe.json");

    private string CategoriesFile => Child("categories.json");

    /// <summary>The run that a weights file belongs to: final weights lie in its folder, a checkpoint's one folder deeper.</summary>
    /// <exception cref="IOException">There is no recipe at either place.</exception>
    public static RunFolder Of(string weights) =>
        Find(weights) ?? throw new IOException($"{weights}: no recipe.json lies beside these weights");

    /// <summary>The same, or null where no recipe lies.</summary>
    public static RunFolder? Find(string weights)
    {
        var folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(weights))!;
        return Array.Find(
            [new RunFolder(folder), new RunFolder(System.IO.Path.GetDirectoryName(folder) ?? folder)], candidate =>
                File.Exists(candidate.RecipeFile));
    }

    /// <summary>Writes recipe and categories into the folder, or makes sure that those of the folder are these.</summary>
    /// <exception cref="RecipeException">The folder holds a run of another recipe or of other categories.</exception>
    public void Claim(Recipe recipe, IReadOnlyList<Category> categories)
    {
        if (File.Exists(RecipeFile) && recipe.Parts is null && ReadRecipe().Parts is { Count: > 0 } parts)
        {
            throw new RecipeException(
                $"{RecipeFile}: the run in this folder has parts of a script's own ({string.Join(", ", parts.Select(part => $"{part.Name} from {part.Source}"))}), and only that script continues it");
        }

        Keep(RecipeFile, RecipeJson.Write(recipe));
        Keep(CategoriesFile, JsonSerializer.Serialize(categories, Options));
    }

    /// <summary>
    /// How many threads the run has: those given, else those that it began with, else its share of the machine. Sums over another number of
    /// threads have other last digits, and a run that goes on ends with the numbers of one that was never stopped.
    /// </summary>
    /// <param name="given">What a person asked for; null: nothing.</param>
    /// <param name="share">The run's share of the machine.</param>
    public int Threads(int? given, int share)
    {
        var text = File.Exists(ThreadsFile) ? File.ReadAllText(ThreadsFile) : "";
        var known = int.TryParse(text, CultureInfo.InvariantCulture, out var stored) && stored > 0 ? stored : (int?)null;
        var count = given ?? known ?? share;
        if (count != known)
        {
            AtomicFile.WriteText(ThreadsFile, count.ToString(CultureInfo.InvariantCulture));
        }

        return count;
    }

    /// <summary>The run's recipe.</summary>
    public Recipe ReadRecipe() => RecipeJson.Read(RecipeFile);

    /// <summary>The categories that the run's classes stand for.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public IReadOnlyList<Category> ReadCategories()
    {
        try
        {
            return JsonSerializer.Deserialize<Category[]>(File.ReadAllBytes(CategoriesFile), Options)
                ?? throw new InvalidDataException($"{CategoriesFile}: is null");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{CategoriesFile}: {error.Message}", error);
        }
    }

    private static void Keep(string file, string text)
    {
        if (!File.Exists(file))
        {
            AtomicFile.WriteText(file, text);
        }
        else if (File.ReadAllText(file) != text)
        {
            throw new RecipeException($"{file}: the folder holds another run; choose another folder or remove this one");
        }
    }

    private string Child(string name) => System.IO.Path.Combine(Path, name);
}
