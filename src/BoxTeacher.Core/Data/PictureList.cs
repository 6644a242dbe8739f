using System.Text;

namespace BoxTeacher.Data;

/// <summary>
/// Pictures that no JSON file describes: those of a folder, or those whose names stand in a text file. Their ids are 1, 2, ... in that
/// order. Their sizes, which groups by aspect need before the first step, are read from the headers all at once, by all processors, and
/// noted; with that every picture is checked.
/// </summary>
internal static class PictureList
{
    private const int NamesAtOnce = 1 << 14;

    /// <summary>
    /// The pictures in a folder and in those below it, ordered by path; told by the endings of their names. A link to a folder is followed
    /// once, and not at all where its folder is among these anyway.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="listener">Is told how it goes.</param>
    /// <returns>The pictures, and the fault of each, or null; a faulty one has no size.</returns>
    /// <exception cref="IOException">The folder is missing or cannot be read.</exception>
    public static (InstanceDataset Pictures, PictureFault?[] Faults) OfFolder(string folder, Action<DataEvent>? listener = null)
    {
        listener?.Invoke(new ReadingAnnotations(folder));
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"{folder}: there is no such folder of pictures");
        }
        string[] names =
        [
            .. Folders(folder).SelectMany(Directory.EnumerateFiles)
                .Where(ImageFile.HasEnding).Select(path => Path.GetRelativePath(folder, path)).Order(StringComparer.Ordinal),
        ];
        // The folder itself may be written as "pictures/".
        return Measure(names, folder, Path.TrimEndingDirectorySeparator(folder), listener);
    }

    /// <summary>The pictures that a text file lists.</summary>
    /// <param name="file">One name a line in UTF-8; empty lines are left out.</param>
    /// <param name="folder">What names are relative to.</param>
    /// <param name="listener">Is told how it goes.</param>
    /// <returns>The pictures, and the fault of each, or null; a faulty one has no size.</returns>
    /// <exception cref="DataFormatException">A line is no name.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static (InstanceDataset Pictures, PictureFault?[] Faults) OfFile(
        string file, string folder, Action<DataEvent>? listener = null)
    {
        listener?.Invoke(new ReadingAnnotations(file));
        return Measure(Names(file), folder, file, listener);
    }

    /// <summary>A table of pictures without sizes.</summary>
    internal static PackedImages Table(IEnumerable<string> names, string folder)
    {
        var images = new PackedImages(Path.GetFullPath(folder));
        foreach (var some in names.Chunk(NamesAtOnce))
        {
            var bytes = new PackedBytes();
            var rows = new PackedImage[some.Length];
            for (var i = 0; i < rows.Length; i++)
            {
                rows[i] = new PackedImage(images.Count + i + 1, bytes.Length, 0, 0);
                bytes.AddText(Encoding.UTF8.GetBytes(some[i]));
            }
            images.Add(rows, bytes.ToArray());
        }
        return images;
    }

    /// <summary>The names of a text file.</summary>
    internal static IEnumerable<string> Names(string file)
    {
        var number = 0;
        foreach (var line in File.ReadLines(file))
        {
            number++;
            var name = line.Trim();
            if (name.Contains('\0'))
            {
                throw new DataFormatException(
                    file, $"line {number}", "a NUL character is in no name; the file lists pictures, one name a line, or ends with .json");
            }
            if (name.Length > 0)
            {
                yield return name;
            }
        }
    }

    private static IEnumerable<string> Folders(string folder)
    {
        var roots = new List<string>();
        var next = new Queue<string>([folder]);
        while (next.TryDequeue(out var root))
        {
            var place = RealPath(root);
            if (roots.Exists(other => IsWithin(place, other)))
            {
                continue;
            }

            roots.Add(place);
            var open = new Stack<string>([root]);
            while (open.TryPop(out var own))
            {
                yield return own;
                foreach (var below in new DirectoryInfo(own).EnumerateDirectories().OrderBy(below => below.Name, StringComparer.Ordinal))
                {
                    var path = Path.Combine(own, below.Name);
                    if (below.LinkTarget is null)
                    {
                        open.Push(path);
                    }
                    else
                    {
                        next.Enqueue(path);
                    }
                }
            }
        }
    }

    private static bool IsWithin(string place, string folder) =>
        $"{place}/".StartsWith($"{Path.TrimEndingDirectorySeparator(folder)}/", StringComparison.Ordinal);

    // Without links, those above it included.
    private static string RealPath(string folder)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.GetDirectoryName(full) is not { } above)
        {
            return full;
        }

        var place = new DirectoryInfo(Path.Combine(RealPath(above), Path.GetFileName(full)));
        return place.LinkTarget is { } target ? RealPath(Path.GetFullPath(target, place.Parent!.FullName)) : place.FullName;
    }

    private static (InstanceDataset Pictures, PictureFault?[] Faults) Measure(
        IEnumerable<string> names, string folder, string list, Action<DataEvent>? listener)
    {
        var images = Table(names, folder);
        var faults = PictureCheck.Measure(images, list, listener);
        return (new InstanceDataset(Path.GetFileNameWithoutExtension(list), [], images), faults);
    }
}
