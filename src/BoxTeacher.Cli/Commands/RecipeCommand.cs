using System.CommandLine;
using System.Globalization;
using BoxTeacher.Training;
using Spectre.Console;
using Terminal = BoxTeacher.Workbench.Terminal;

namespace BoxTeacher.Cli.Commands;

/// <summary><c>boxteacher recipe</c>: the recipes by name, and one as JSON.</summary>
internal static class RecipeCommand
{
    private const string All = "list";

    public static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = $"Name of a recipe to print as JSON, or '{All}' for the names." };
        var set = new Option<string[]>("--set")
        {
            Description = "Change a value of the recipe, for example solver.clipNorm=5.", HelpName = "KEY=VALUE",
        };
        var command = new Command("recipe", "Print a recipe, or the names of all.") { name, set };
        command.SetAction(parsed =>
        {
            if (parsed.GetRequiredValue(name) == All)
            {
                List();
            }
            else
            {
                var recipe = (parsed.GetValue(set) ?? [])
                    .Aggregate(RecipeOptions.Find(parsed.GetRequiredValue(name)), RecipeOptions.Change);
                Console.WriteLine(RecipeJson.Write(recipe));
            }

            return 0;
        });
        return command;
    }

    private static void List()
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("name", "method", "detector");
        table.AddColumn(new TableColumn("iterations").RightAligned());
        foreach (var recipe in Recipes.All)
        {
            var iterations = recipe.Budget.Iterations.ToString("N0", CultureInfo.InvariantCulture);
            table.AddRow(recipe.Name, RecipeJson.KindOf(recipe.Method), Detector(recipe.Detector), iterations);
        }

        // Wide enough for every name, also in a pipe.
        Terminal.console().Write(table);
    }

    private static string Detector(DetectorRecipe detector) => detector switch
    {
        PublishedCondInst { Backbone: var backbone } => $"condInst, {Backbone(backbone)}",
        PublishedFasterRcnn { Backbone: var backbone, Masks: var masks } => $"{(masks ? "maskRcnn" : "fasterRcnn")}, {Backbone(backbone)}",
        PublishedCenterMask { Backbone: var backbone } => $"centerMask, {Backbone(backbone)}",
        _ => RecipeJson.KindOf(detector),
    };

    private static string Backbone(BackboneRecipe backbone) => backbone is ResNetRecipe net
        ? $"R-{net.Depth}{(net.DeformableStages.Count > 0 ? " with DCN" : "")}"
        : RecipeJson.KindOf(backbone);
}
