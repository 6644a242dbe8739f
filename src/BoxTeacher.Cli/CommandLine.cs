using System.CommandLine;
using BoxTeacher.Data;
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
        catch (Exception error) when (IsOfInput(error))
        {
            Console.Error.WriteLine($"boxteacher: {error.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    /// <summary>Loads libtorch before a command reads anything, and says which one where the user chose it.</summary>
    public static void LoadTorch()
    {
        var loaded = TorchRuntime.Load();
        if (Environment.GetEnvironmentVariable(TorchRuntime.FolderVariable) is { Length: > 0 })
        {
            Console.Error.WriteLine($"libtorch: {loaded}");
        }
    }

    /// <summary>Errors that the user can mend; anything else is a defect and keeps its stack trace.</summary>
    private static bool IsOfInput(Exception error) => error
        is RecipeException or DataFormatException or InvalidDataException or IOException or UnauthorizedAccessException or NotFiniteNumberException;
}
