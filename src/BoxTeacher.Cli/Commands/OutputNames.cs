namespace BoxTeacher.Cli.Commands;

/// <summary>
/// Names of what predict writes into a folder. None is given twice, and none is that of a file which predict did not make or looks at:
/// another gets a number, x-2.png.
/// </summary>
/// <param name="folder">The folder; it need not exist.</param>
/// <param name="inputs">The files that are looked at.</param>
internal sealed class OutputNames(string folder, IEnumerable<string> inputs)
{
    private readonly HashSet<string> _given = new(StringComparer.OrdinalIgnoreCase);

    // By whatever path or link a drawn picture is looked at, it stays.
    private readonly bool _keepsDrawn = inputs.Any(DrawnPicture.Is);

    /// <summary>Where a picture goes.</summary>
    /// <param name="name">The name that it has where it is free, without an ending.</param>
    public string Picture(string name) => Free(name, ".png", file => !_keepsDrawn && DrawnPicture.Is(file));

    /// <summary>Where the results go; an older list of results is replaced, annotations are not.</summary>
    public string Results() => Free("results", ".json", IsList);

    private string Free(string name, string ending, Predicate<string> isOurs)
    {
        for (var number = 1; ; number++)
        {
            var path = Path.Combine(folder, (number == 1 ? name : $"{name}-{number}") + ending);
            if ((!Path.Exists(path) || isOurs(path)) && _given.Add(path))
            {
                return path;
            }
        }
    }

    /// <summary>Whether a file is a JSON list, as results are.</summary>
    public static bool IsList(string file)
    {
        if (!File.Exists(file))
        {
            return false;
        }

        using var stream = File.OpenRead(file);
        return stream.ReadByte() == '[';
    }
}
