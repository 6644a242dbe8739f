using System.CommandLine;
using BoxTeacher.Training;

namespace BoxTeacher.Cli.Commands;

/// <summary>The options that name a recipe, its data and where it is computed, alike in all commands.</summary>
internal sealed class RecipeOptions(bool required)
{
    public Option<string?> Recipe { get; } = new("--recipe")
    {
        Description = "Name of a recipe (boxteacher recipe list), or a recipe file.", HelpName = "NAME|FILE", Required = required,
    };

    public Option<string> Data { get; } = new("--data")
    {
        Description = "Folder that the recipe's paths are relative to.", HelpName = "ROOT", DefaultValueFactory = _ => "data",
    };

    public Option<string[]> Set { get; } = new("--set")
    {
        Description = "Change a value of the recipe, for example solver.clipNorm=5.", HelpName = "KEY=VALUE",
    };

    public Option<string?> Device { get; } =
        new("--device") { Description = "cpu, cuda or cuda:N, in the place of the recipe's.", HelpName = "NAME" };

    public Option<string?> Precision { get; } = new("--precision")
    {
        Description = "float32, bfloat16 or float16 for training, teacher and inference, in the place of the recipe's (precision).",
        HelpName = "NAME",
    };

    /// <summary>The recipe of a name or a file.</summary>
    /// <exception cref="RecipeException">There is neither; or the file is no valid recipe.</exception>
    public static Recipe Find(string nameOrFile) =>
        File.Exists(nameOrFile) ? RecipeJson.Read(nameOrFile)
        : Recipes.Find(nameOrFile) ?? throw new RecipeException(
            $"{nameOrFile}: there is no such file, and no recipe of that name; 'boxteacher recipe list' shows the names");

    /// <summary>The recipe with its changes.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="own">The recipe where the command line names none.</param>
    /// <param name="shortForms">Further options that stand for keys; what --set says counts more.</param>
    public Recipe Read(ParseResult parsed, Func<Recipe>? own = null, ShortForms? shortForms = null)
    {
        var recipe = parsed.GetValue(Recipe) is { } name ? Find(name) : own!();
        recipe = shortForms?.Apply(parsed, recipe) ?? recipe;
        if (parsed.GetValue(Device) is { } device)
        {
            recipe = RecipeJson.Set(recipe, "device", device);
        }

        if (parsed.GetValue(Precision) is { } precision)
        {
            recipe = RecipeJson.Set(recipe, "precision", precision);
        }

        return (parsed.GetValue(Set) ?? []).Aggregate(recipe, Change);
    }

    /// <summary>The recipe with one value changed, KEY=VALUE.</summary>
    public static Recipe Change(Recipe recipe, string change) => change.Split('=', 2) is [var key, var value]
        ? RecipeJson.Set(recipe, key, value)
        : throw new RecipeException($"--set {change}: must be KEY=VALUE");
}
