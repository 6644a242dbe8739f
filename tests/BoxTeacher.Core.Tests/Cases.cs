namespace BoxTeacher.Tests;

/// <summary>Small inputs that people really have, in tests/cases.</summary>
internal static class Cases
{
    /// <summary>A file or folder of a case.</summary>
    public static string PathOf(string name, params string[] parts) => Path.Combine([Repository.Folder, "tests", "cases", name, .. parts]);

    /// <summary>
    /// Copies the healthy data set of 60 + 20 pictures with red and blue rectangles to <c>shapes</c> below a folder, with the annotation
    /// files that a case has in the place of its own.
    /// </summary>
    /// <param name="root">The data root to make.</param>
    /// <param name="name">The case, such as size-swapped; null: the healthy data set.</param>
    public static void CopyRects(string root, string? name = null)
    {
        Copy(PathOf("rects", "shapes"), Path.Combine(root, "shapes"));
        foreach (var file in name is null ? [] : Directory.GetFiles(PathOf(name)))
        {
            File.Copy(file, Path.Combine(root, "shapes", "annotations", Path.GetFileName(file)), overwrite: true);
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.GetDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
    }
}
