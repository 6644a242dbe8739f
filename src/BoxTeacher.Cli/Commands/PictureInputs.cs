using BoxTeacher.Data;

namespace BoxTeacher.Cli.Commands;

/// <summary>A picture to look at.</summary>
/// <param name="File">Its path.</param>
/// <param name="Name">
/// What its output is called, without an ending: the file's name, with the folders between it and the folder or pattern that it was
/// found by.
/// </param>
internal sealed record PictureInput(string File, string Name)
{
    /// <summary>A picture found below a folder.</summary>
    public static PictureInput Below(string folder, string relative) =>
        new(Path.Combine(folder, relative), Path.Combine(Path.GetDirectoryName(relative)!, Path.GetFileNameWithoutExtension(relative)));
}

/// <summary>What the arguments of predict mean: pictures, folders of pictures, patterns.</summary>
internal static class PictureInputs
{
    private const string AnyDepth = "**";

    /// <summary>
    /// The pictures of one argument: a file; a folder with all that is below it; or a pattern, in which <c>*</c> and <c>?</c> stand for
    /// characters of a name and <c>**</c> for any number of folders. Folders and patterns leave out hidden files, and what predict drew.
    /// </summary>
    /// <exception cref="IOException">There is no such file, or no picture in the folder or of the pattern.</exception>
    public static IReadOnlyList<PictureInput> Of(string argument)
    {
        if (File.Exists(argument))
        {
            return [PictureInput.Below(Path.GetDirectoryName(argument)!, Path.GetFileName(argument))];
        }

        if (Directory.Exists(argument))
        {
            return Found(argument, [AnyDepth, "*"], $"there is no picture in this folder ({string.Join(", ", ImageFile.Endings)})");
        }

        var parts = argument.Split(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        var pattern = parts.SkipWhile(part => !IsPattern(part)).ToArray();
        return pattern.Length == 0
            ? throw new FileNotFoundException($"{argument}: there is no such file or folder")
            : Found(
                argument[..^string.Join('/', pattern).Length], pattern[^1] == AnyDepth ? [.. pattern, "*"] : pattern, "no picture matches");

        List<PictureInput> Found(string folder, string[] pattern, string none)
        {
            var all = pattern[^1].EndsWith('*');
            var pictures = Match(folder, "", pattern).Where(name => !all || ImageFile.HasEnding(name)).ToList();
            var found = pictures
                .Where(name => !DrawnPicture.Is(Path.Combine(folder, name)))
                .Select(name => PictureInput.Below(folder, name)).ToList();
            var drawn = $"predict drew all pictures in it ({pictures.Count}); name them one by one to use them";
            return found.Count > 0 ? found : throw new FileNotFoundException($"{argument}: {(pictures.Count > 0 ? drawn : none)}");
        }
    }

    /// <summary>Files of a pattern by their paths from the root, in the order of their names.</summary>
    private static IEnumerable<string> Match(string root, string below, ReadOnlyMemory<string> pattern)
    {
        var (first, rest) = (pattern.Span[0], pattern[1..]);
        var here = new DirectoryInfo(Path.Combine(root.Length > 0 ? root : ".", below));
        if (rest.IsEmpty)
        {
            return Matching(here.EnumerateFiles(first, new EnumerationOptions { IgnoreInaccessible = false }), below);
        }

        if (!IsPattern(first))
        {
            return Directory.Exists(Path.Combine(here.FullName, first)) ? Match(root, Path.Combine(below, first), rest) : [];
        }

        var folders = here.EnumerateDirectories(first == AnyDepth ? "*" : first, new EnumerationOptions { IgnoreInaccessible = false });
        return first == AnyDepth
            // A link could lead back to where it is.
            ? [.. Match(root, below, rest), .. Matching(folders.Where(folder => folder.LinkTarget is null), below)
                .SelectMany(folder => Match(root, folder, pattern))]
            : Matching(folders, below).SelectMany(folder => Match(root, folder, rest));
    }

    private static IEnumerable<string> Matching(IEnumerable<FileSystemInfo> found, string below) =>
        found.Select(item => Path.Combine(below, item.Name)).Order(StringComparer.Ordinal);

    private static bool IsPattern(string part) => part.AsSpan().ContainsAny('*', '?');
}
