namespace BoxTeacher.Data;

/// <summary>Finds the picture that was probably meant by a path that leads to none.</summary>
internal sealed class PictureHints
{
    // Of a folder, the paths of its pictures by their names in small letters without the ending.
    private readonly Dictionary<string, ILookup<string, string>> _folders = [];

    /// <summary>
    /// A picture whose path differs in slashes, URL escapes, case or ending, or by one folder too many; null if there is none.
    /// </summary>
    public string? Find(string path)
    {
        var unescaped = Uri.UnescapeDataString(path);
        var spellings = new[] { path, Slashed(path), unescaped, Slashed(unescaped) }.Distinct().ToList();
        return spellings.Concat(spellings.Select(WithoutFolder).OfType<string>()).Select(Alike).FirstOrDefault(found => found is not null);
    }

    private static string Slashed(string path) => path.Replace('\\', '/');

    private static string? WithoutFolder(string path) =>
        Path.GetDirectoryName(Path.GetDirectoryName(path)) is { } folder ? Path.Combine(folder, Path.GetFileName(path)) : null;

    private string? Alike(string path) => Pictures(Path.GetDirectoryName(path) ?? "")[Stem(path)]
        .OrderByDescending(other => string.Equals(other, path, StringComparison.Ordinal))
        .ThenByDescending(other => string.Equals(other, path, StringComparison.OrdinalIgnoreCase))
        .FirstOrDefault();

    private ILookup<string, string> Pictures(string folder)
    {
        if (!_folders.TryGetValue(folder, out var known))
        {
            var files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [];
            known = files.Where(ImageFile.HasEnding).ToLookup(Stem);
            _folders.Add(folder, known);
        }
        return known;
    }

    private static string Stem(string path) => Path.GetFileNameWithoutExtension(path).ToLowerInvariant();
}
