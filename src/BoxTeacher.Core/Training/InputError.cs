using System.Text.RegularExpressions;
using BoxTeacher.Data;
using BoxTeacher.Methods;

namespace BoxTeacher.Training;

/// <summary>
/// Tells errors that a person can mend, by another file or another value, from faults of the program. The former are said in one line; the
/// latter keep their stack trace.
/// </summary>
public static partial class InputError
{
    /// <summary>What to do about a fault; said below its stack trace.</summary>
    public const string Report = "please report it with the command and the lines above";

    /// <summary>Whether a person can mend it.</summary>
    public static bool Is(Exception error) => error switch
    {
        AggregateException several => several.InnerExceptions.All(Is),
        RecipeException or PartException or DataFormatException or DataCheckException or InvalidDataException or IOException
            or UnauthorizedAccessException or NotFiniteNumberException => true,
        _ => false,
    };

    /// <summary>
    /// The error as one line, and of a check of data as one per kind, with examples below; of several errors that came together, the first.
    /// </summary>
    public static string Text(Exception error) => error switch
    {
        AggregateException several => Text(several.Flatten().InnerExceptions[0]),
        DataCheckException check => check.Message,
        FileNotFoundException { FileName: { } file } => $"{file}: there is no such file",
        // .NET's words put the path last.
        DirectoryNotFoundException when Missing().Match(error.Message) is { Success: true } found =>
            $"{found.Groups[1].Value}: there is no such file or folder",
        UnauthorizedAccessException when Denied().Match(error.Message) is { Success: true } found
            && Directory.Exists(found.Groups[1].Value) =>
            $"{found.Groups[1].Value}: is a folder, not a file",
        IOException when Taken().Match(error.Message) is { Success: true } found => $"{found.Groups[1].Value}: is a file, not a folder",
        _ => error.Message.ReplaceLineEndings(" ").Trim(),
    };

    [GeneratedRegex(@"^Could not find a part of the path '(.+)'\.$")]
    private static partial Regex Missing();

    [GeneratedRegex(@"^Access to the path '(.+)' is denied\.$")]
    private static partial Regex Denied();

    [GeneratedRegex(@"^The file '(.+)' already exists\.$")]
    private static partial Regex Taken();
}
