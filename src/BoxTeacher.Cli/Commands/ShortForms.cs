using System.CommandLine;
using System.Text.Json;
using BoxTeacher.Training;

namespace BoxTeacher.Cli.Commands;

/// <summary>
/// Options that stand for keys of the recipe, checked and recorded as those are. Paths are relative to the current folder.
/// </summary>
internal sealed class ShortForms
{
    private const string TrainJson = "--train-json", TrainImages = "--train-images", ValJson = "--val-json", ValImages = "--val-images";

    private static readonly IReadOnlyList<ShortForm> Known =
    [
        new("--iterations", "N", "Optimizer steps; evaluations and the rate's steps keep their share, warm-ups stay", "budget.iterations", Scale),
        new("--batch-size", "N", "Images per step", "budget.batchSize", RecipeJson.Set),
        new("--lr", "RATE", "Base learning rate", "solver.optimizer.learningRate", RecipeJson.Set),
        new("--seed", "N", "Initial weights, order and augmentation", "seed", RecipeJson.Set),
        new("--weights", "FILE", "Weights to begin with, those of a run or published ones", "detector.weights", SetPath),
        new(TrainJson, "FILE", "Instances file to learn from; without --val-json nothing is evaluated", "dataset.trainAnnotations", SetPath),
        new(TrainImages, "DIR", "Folder of its images", "dataset.trainImages", SetPath),
        new(ValJson, "FILE", "Instances file to evaluate on", "dataset.validationAnnotations", SetPath),
        new(ValImages, "DIR", "Folder of the images to evaluate on", "dataset.validationImages", SetPath),
    ];

    private readonly IReadOnlyList<(ShortForm Form, Option<string?> Option)> _options;

    /// <summary>Some of the short forms, all by default.</summary>
    /// <param name="names">Their options.</param>
    public ShortForms(params string[] names)
    {
        _options = [.. from form in Known where names.Length == 0 || names.Contains(form.Name) select (form, form.Option())];
    }

    /// <summary>Gives a command these options.</summary>
    public void AddTo(Command command)
    {
        foreach (var (_, option) in _options)
        {
            command.Add(option);
        }

        command.Validators.Add(given =>
        {
            bool Has(string name) => _options.Any(entry => entry.Form.Name == name && given.Has(entry.Option));
            foreach (var (file, folder) in (IEnumerable<(string, string)>)[(TrainJson, TrainImages), (ValJson, ValImages)])
            {
                if (Has(file) != Has(folder))
                {
                    given.AddError($"{file} and {folder} go together");
                }
            }
        });
    }

    /// <summary>The recipe with the values that the command line gives.</summary>
    /// <exception cref="RecipeException">A value does not fit; the message names option and key.</exception>
    public Recipe Apply(ParseResult parsed, Recipe recipe)
    {
        var given = _options.Select(entry => (entry.Form, Text: parsed.GetValue(entry.Option)))
            .Where(entry => entry.Text is not null).ToList();
        if (given.Any(entry => entry.Form.Name == TrainJson))
        {
            recipe = recipe with { Dataset = recipe.Dataset with { ValidationAnnotations = null, ValidationImages = null } };
        }

        // From the last: a file without its folder is refused.
        return given.AsEnumerable().Reverse().Aggregate(recipe, (changed, entry) => entry.Form.Apply(changed, entry.Text!));
    }

    private static Recipe SetPath(Recipe recipe, string key, string path) =>
        RecipeJson.Set(recipe, key, JsonSerializer.Serialize(Path.GetFullPath(path)));

    private static Recipe Scale(Recipe recipe, string key, string count) =>
        Workbench.Recipe.iterations(RecipeJson.Set(recipe, key, count).Budget.Iterations, recipe);

    private sealed record ShortForm(string Name, string HelpName, string Meaning, string Key, Func<Recipe, string, string, Recipe> Change)
    {
        public Option<string?> Option()
        {
            var option = new Option<string?>(Name) { Description = $"{Meaning} ({Key}).", HelpName = HelpName };
            option.Validators.Add(given =>
            {
                if (given.Tokens is not [{ Value: { Length: > 0 } text }])
                {
                    return;
                }

                // What no recipe takes is known before the recipe is.
                try
                {
                    Apply(Recipes.ShapesBoxInst, text);
                }
                catch (RecipeException error)
                {
                    given.AddError(error.Message);
                }
            });
            return option;
        }

        public Recipe Apply(Recipe recipe, string text)
        {
            try
            {
                return Change(recipe, Key, text);
            }
            catch (RecipeException error)
            {
                throw new RecipeException($"{Name} {text}: {Without($"{Key}: ", Without($"{Key}={text}: ", error.Message))}", error);
            }
        }

        private static string Without(string beginning, string message) =>
            message.StartsWith(beginning, StringComparison.Ordinal) ? message[beginning.Length..] : message;
    }
}
