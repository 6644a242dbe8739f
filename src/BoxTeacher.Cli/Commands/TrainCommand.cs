using System.CommandLine;
using BoxTeacher.Processes;
using BoxTeacher.Training;
using BoxTeacher.Workbench;
using Recipe = BoxTeacher.Training.Recipe;

namespace BoxTeacher.Cli.Commands;

/// <summary><c>boxteacher train</c>: one run of one recipe, of one process or of several that mpirun or srun starts.</summary>
internal static class TrainCommand
{
    public static Command Create(Launch launch)
    {
        var options = new RecipeOptions(required: false);
        options.Recipe.Description =
            "Name of a recipe (boxteacher recipe list), or a recipe file; to go on, recipe.json of the run by default.";
        var shortForms = new ShortForms();
        var output = new Option<string>("--out") { Description = "Folder of the run; runs/NAME-SEED by default.", HelpName = "DIR" };
        var resume = new Option<bool>("--resume") { Description = "Go on from the newest checkpoint of the run's folder." };
        var extend = new Option<int?>("--extend")
        {
            Description = "Prolong the run of the folder, finished or not, to so many iterations.", HelpName = "N",
        };
        var tensorBoard = new Option<bool>("--tensorboard") { Description = "Write an event file for TensorBoard into the run's folder." };
        var threads = CommandLine.Threads();
        var command = new Command("train", "Train a detector.")
        {
            options.Recipe, options.Data, options.Set, options.Device, options.Precision, threads, output, resume, extend, tensorBoard,
        };
        shortForms.AddTo(command);
        command.Validators.Add(given =>
        {
            if (!given.Has(options.Recipe) && (!given.Has(output) || (!given.Has(resume) && !given.Has(extend))))
            {
                given.AddError("train needs a --recipe, or the --out of a run with --resume or --extend");
            }
        });
        command.SetAction(parsed => CommandLine.Together(launch, processes =>
        {
            launch.ChooseGpu();
            CommandLine.LoadTorch(parsed.GetValue(threads));
            var recipe = options.Read(parsed, () => new RunFolder(parsed.GetRequiredValue(output)!).ReadRecipe(), shortForms);
            return Train(
                processes, recipe, parsed.GetRequiredValue(options.Data), parsed.GetValue(output), parsed.GetValue(resume),
                parsed.GetValue(extend), parsed.GetValue(threads), parsed.GetValue(tensorBoard));
        }));
        return command;
    }

    private static int Train(
        IProcessGroup processes, Recipe recipe, string root, string? output, bool resume, int? extend, int? threads, bool tensorBoard)
    {
        var folder = new RunFolder(output ?? Path.Combine("runs", $"{recipe.Name}-{recipe.Seed}"));
        if (!resume && extend is null && folder.Checkpoints.Latest() is { } latest)
        {
            throw new IOException($"{latest.Folder}: the folder holds a run already; --resume continues it, --out chooses another folder");
        }

        if (resume && !folder.HasRun)
        {
            Console.WriteLine($"{folder.Path}: there is no run in this folder yet; it begins");
        }

        if (extend is { } length)
        {
            // How often to evaluate stays the run's own.
            var own = folder.ReadRecipe().Budget;
            recipe = recipe with { Budget = own with { Iterations = length, BatchSize = recipe.Budget.BatchSize } };
        }

        using var log = tensorBoard && processes.IsFirst() ? new TensorBoardLog(folder.Path, recipe.Budget.BatchSize) : null;
        void Listen(TrainingEvent happened) => log?.Write(happened);
        if (extend is not null && recipe.Solver.Schedule is CosineSchedule)
        {
            Console.WriteLine($"the cosine schedule is that of {extend} iterations from here on, so the learning rate jumps");
        }

        var result = extend is null
            ? SingleRun.Train(processes, Listen, recipe, root, folder, threads)
            : SingleRun.Extend(processes, Listen, recipe, root, folder, threads);
        Console.WriteLine(result.Finished
            ? $"finished: {folder.ModelFile}"
            : $"stopped after iteration {result.Iteration}; the same command with --resume goes on");
        return result.Finished ? 0 : CommandLine.Stopped;
    }
}
