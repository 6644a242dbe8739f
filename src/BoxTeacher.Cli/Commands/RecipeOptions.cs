using System.CommandLine;
using BoxTeacher.Training;

namespace BoxTeacher.Cli.Commands;

/// <summary>The options that name a recipe and its data, alike in all commands.</summary>
internal sealed class RecipeOptions(bool required)
{
    public Option<string> Recipe { get; } = new("--recipe") { Description = "Recipe file.", HelpName = "FILE", Required = required };

    public Option<string> Data { get; } = new("--data")
    {
        Description = "Folder that the recipe's paths are relative to.", HelpName = "ROOT", DefaultValueFactory = _ => "data",
    };

    public Option<string[]> Set { get; } = new("--set") { Description = "Change a value of the recipe, for example solver.clipNorm=5.", HelpName = "KEY=VALUE" };

    /// <summary>The recipe with its changes.</summary>
    public Recipe Read(ParseResult parsed) => (parsed.GetValue(Set) ?? []).Aggregate(RecipeJson.Read(parsed.GetRequiredValue(Recipe)), Change);

    private static Recipe Change(Recipe recipe, string change) => change.Split('=', 2) is [var key, var value]
        ? RecipeJson.Set(recipe, key, value)
        : throw new RecipeException($"--set {change}: must be KEY=VALUE");
}
