using System.CommandLine;
using System.Runtime.InteropServices;
using BoxTeacher.Data;
using BoxTeacher.Training;

namespace BoxTeacher.Cli.Commands;

/// <summary><c>boxteacher train</c>: one run of one recipe.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var recipe = new Option<string>("--recipe") { Description = "Recipe file.", HelpName = "FILE", Required = true };
        var data = new Option<string>("--data") { Description = "Folder that the recipe's paths are relative to.", HelpName = "ROOT", DefaultValueFactory = _ => "data" };
        var set = new Option<string[]>("--set") { Description = "Change a value of the recipe, for example solver.clipNorm=5.", HelpName = "KEY=VALUE" };
        var output = new Option<string>("--out") { Description = "Folder of the run; runs/NAME-SEED by default.", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Go on from the newest checkpoint of the run's folder." };
        var command = new Command("train", "Train a detector.") { recipe, data, set, output, resume };
        command.SetAction(parsed => Train(
            parsed.GetRequiredValue(recipe), parsed.GetRequiredValue(data), parsed.GetValue(set) ?? [], parsed.GetValue(output), parsed.GetValue(resume)));
        return command;
    }

    private static int Train(string file, string root, string[] changes, string? output, bool resume)
    {
        var recipe = changes.Aggregate(RecipeJson.Read(file), Change);
        var folder = new RunFolder(output ?? Path.Combine("runs", $"{recipe.Name}-{recipe.Seed}"));
        if (!resume && folder.Checkpoints.Latest() is { } latest)
        {
            throw new IOException($"{latest.Folder}: the folder holds a run already; --resume continues it, --out chooses another folder");
        }
        var training = Build.TrainingData(recipe.Dataset, root);
        var validation = Build.ValidationData(recipe.Dataset, root);

        using var stop = new StopSignal();
        using var method = Build.Method(recipe, training.Categories.Count, root, began: Console.WriteLine);
        using var metrics = new MetricsFile(folder.MetricsFile);
        using var display = new TrainingDisplay(recipe);
        var trainer = new Trainer(recipe, method, training, validation, folder);
        var result = trainer.Run(metrics.Write + (Action<TrainingEvent>)display.Show, stop.Token);
        Console.WriteLine(result.Finished
            ? $"finished: {folder.ModelFile}"
            : $"stopped after iteration {result.Iteration}; --resume --out {folder.Path} continues");
        return 0;
    }

    private static Recipe Change(Recipe recipe, string change) => change.Split('=', 2) is [var key, var value]
        ? RecipeJson.Set(recipe, key, value)
        : throw new RecipeException($"--set {change}: must be KEY=VALUE");

    /// <summary>The first Ctrl-C or SIGTERM asks for an end after the step; the second one ends the process.</summary>
    private sealed class StopSignal : IDisposable
    {
        private readonly CancellationTokenSource source = new();
        private readonly PosixSignalRegistration[] registrations;

        public StopSignal() => registrations =
            [PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop)];

        public CancellationToken Token => source.Token;

        public void Dispose()
        {
            Array.ForEach(registrations, registration => registration.Dispose());
            source.Dispose();
        }

        private void Stop(PosixSignalContext context)
        {
            context.Cancel = !source.IsCancellationRequested;
            source.Cancel();
        }
    }
}
