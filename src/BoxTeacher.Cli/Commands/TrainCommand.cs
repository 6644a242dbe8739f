using System.CommandLine;
using System.Runtime.InteropServices;
using BoxTeacher.Training;

namespace BoxTeacher.Cli.Commands;

/// <summary><c>boxteacher train</c>: one run of one recipe.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var options = new RecipeOptions(required: true);
        var output = new Option<string>("--out") { Description = "Folder of the run; runs/NAME-SEED by default.", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Go on from the newest checkpoint of the run's folder." };
        var command = new Command("train", "Train a detector.") { options.Recipe, options.Data, options.Set, output, resume };
        command.SetAction(parsed =>
        {
            CommandLine.LoadTorch();
            return Train(options.Read(parsed), parsed.GetRequiredValue(options.Data), parsed.GetValue(output), parsed.GetValue(resume));
        });
        return command;
    }

    private static int Train(Recipe recipe, string root, string? output, bool resume)
    {
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
