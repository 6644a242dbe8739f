using System.CommandLine;
using BoxTeacher.Training;

namespace BoxTeacher.Cli.Commands;

/// <summary><c>boxteacher lr</c>: which learning rates a recipe bears.</summary>
internal static class LearningRateCommand
{
    public static Command Create()
    {
        var standard = new RateRange();
        var options = new RecipeOptions(required: true);
        var shortForms = new ShortForms("--batch-size", "--seed", "--weights", "--train-json", "--train-images");
        var threads = CommandLine.Threads();
        var steps = new Option<int>("--steps") { Description = "Optimizer steps.", DefaultValueFactory = _ => standard.Steps };
        var first = new Option<double>("--first") { Description = "Learning rate of the first step.", DefaultValueFactory = _ => standard.First };
        var last = new Option<double>("--last") { Description = "Learning rate of the last step.", DefaultValueFactory = _ => standard.Last };
        var output = new Option<string>("--out") { Description = "Page for the chart; runs/NAME-lr.html by default.", HelpName = "FILE.html" };
        output.Validators.Add(given =>
        {
            if (given.Tokens.SingleOrDefault()?.Value is { } file && Path.GetExtension(file) != ".html")
            {
                given.AddError($"--out {file}: must end in .html");
            }
        });
        var command = new Command("lr", "Find a learning rate: a few steps at rising rates, until the loss rises.")
        {
            options.Recipe, options.Data, options.Set, options.Device, options.Precision, threads, steps, first, last, output,
        };
        shortForms.AddTo(command);
        command.SetAction(parsed =>
        {
            var range = new RateRange(parsed.GetValue(first), parsed.GetValue(last), parsed.GetValue(steps));
            if (range.Problems().FirstOrDefault() is { } problem)
            {
                CommandLine.Complain($"--{problem}");
                return CommandLine.Refused;
            }

            CommandLine.LoadTorch(parsed.GetValue(threads));
            var recipe = options.Read(parsed, shortForms: shortForms);
            var page = parsed.GetValue(output) ?? Path.Combine("runs", $"{recipe.Name}-lr.html");
            return Workbench.LearningRate.Show(recipe, parsed.GetRequiredValue(options.Data), range, page) ? 0 : CommandLine.Stopped;
        });
        return command;
    }
}
