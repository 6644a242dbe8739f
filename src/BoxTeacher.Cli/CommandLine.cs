using System.CommandLine;
using BoxTeacher.Data;
using BoxTeacher.Methods;
using BoxTeacher.Torch;
using BoxTeacher.Training;

namespace BoxTeacher.Cli;

/// <summary>Runs a command line: 0 for success, 1 when a file or a value is refused, 2 when the command line itself is.</summary>
internal static class CommandLine
{
    public static int Run(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var error in parsed.Errors)
            {
                Console.Error.WriteLine($"boxteacher: {error.Message}");
            }
            return 2;
        }
        try
        {
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (DataCheckException error)
        {
            // A line per kind, and below it the examples.
            Console.Error.WriteLine($"boxteacher: {error.Message}");
            return 1;
        }
        catch (Exception error) when (IsOfInput(error))
        {
            Console.Error.WriteLine($"boxteacher: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    /// <summary>Loads libtorch before a command reads anything, and says which one where the user chose it.</summary>
    /// <param name="threads">Of each tensor operation; null: all cores.</param>
    public static void LoadTorch(int? threads)
    {
        var loaded = TorchRuntime.Load();
        TorchRuntime.UseThreads(threads ?? Environment.ProcessorCount);
        if (Environment.GetEnvironmentVariable(TorchRuntime.FolderVariable) is { Length: > 0 })
        {
            Console.Error.WriteLine($"libtorch: {loaded}");
        }
    }

    /// <summary>How many threads a command may use.</summary>
    public static Option<int?> Threads()
    {
        var option = new Option<int?>("--threads") { Description = "Threads of each tensor operation; all cores by default.", HelpName = "N" };
        option.Validators.Add(given =>
        {
            if (int.TryParse(given.Tokens.SingleOrDefault()?.Value, out var count) && count < 1)
            {
                given.AddError($"--threads {count}: must be at least 1");
            }
        });
        return option;
    }

    /// <summary>Errors that the user can mend; anything else is a defect and keeps its stack trace.</summary>
    private static bool IsOfInput(Exception error) => error
        is RecipeException or PartException or DataFormatException or InvalidDataException or IOException or UnauthorizedAccessException
        or NotFiniteNumberException;
}
