using BoxTeacher.Data;
using BoxTeacher.Methods;

namespace BoxTeacher.Training;

/// <summary>
/// Tells errors that a person can mend, by another file or another value, from faults of the program. The former are said in one line; the
/// latter keep their stack trace.
/// </summary>
public static class InputError
{
    /// <summary>What to do about a fault; said below its stack trace.</summary>
    public const string Report = "please report it with the command and the lines above";

    /// <summary>Whether a person can mend it.</summary>
    public static bool Is(Exception error) => error switch
    {
        AggregateException several => several.InnerExceptions.All(Is),
        RecipeException or PartException or DataFormatException or InvalidDataException or IOException or UnauthorizedAccessException
            or NotFiniteNumberException => true,
        _ => false,
    };

    /// <summary>The error as one line; of several that came together, the first.</summary>
    public static string Line(Exception error) =>
        (error is AggregateException several ? several.Flatten().InnerExceptions[0] : error).Message.ReplaceLineEndings(" ").Trim();
}
