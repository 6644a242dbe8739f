
namespace BoxTeacher.Data;

/// <summary>Where the objects of Cityscapes are read from.</summary>
public enum CityscapesSource
{
    /// <summary>The 16-bit pictures of instance ids.</summary>
    InstanceIds,

    /// <summary>The polygon files, drawn as Cityscapes' scripts draw them.</summary>
    Polygons,
}

/// <summary>
/// Reads Cityscapes' fine annotations. Pixels of a thing's plain label id are a group of objects and become a crowd
/// annotation; caravans and trailers are left out.
/// </summary>
public static class CityscapesReader
{
    private const int PerLabel = 1000;
    private const string InstanceEnding = "_gtFine_instanceIds.png", PolygonEnding = "_gtFine_polygons.json";

    /// <summary>Reads the images of one split.</summary>
    /// <param name="folder">The folder that holds gtFine and leftImg8bit.</param>
    /// <param name="split">train, val or test.</param>
    /// <param name="source">Which files the objects come from.</param>
    /// <returns>The data set; images are numbered from 1 in the order of their names.</returns>
    /// <exception cref="DataFormatException">A file is malformed.</exception>
    /// <exception cref="IOException">A file or folder is missing, or there are no annotations.</exception>
    public static InstanceDataset Read(string folder, string split, CityscapesSource source = CityscapesSource.InstanceIds)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var ending = source == CityscapesSource.InstanceIds ? InstanceEnding : PolygonEnding;
        var files = Find(Path.Combine(folder, "gtFine", split), ending);
        var images = new ImageRecord[files.Length];
        ParallelWork.For(files.Length, i =>
        {
            var name = Path.GetFileName(files[i])[..^ending.Length];
            var city = Path.GetFileName(Path.GetDirectoryName(files[i]))!;
            var picture = Path.GetFullPath(Path.Combine(folder, "leftImg8bit", split, city, $"{name}_leftImg8bit.png"));
            var map = source == CityscapesSource.InstanceIds ? ImageFile.ReadGray(files[i]) : CityscapesPolygons.DrawInstanceIds(files[i]);
            images[i] = new ImageRecord(i + 1, picture, map.Width, map.Height, Objects(map));
        });
        return new InstanceDataset($"cityscapes_{split}", CityscapesLabels.Things, VocReader.Renumbered(images));
    }

    /// <summary>The instance id pictures below a folder, in the order of their paths.</summary>
    /// <param name="folder">The folder, such as gtFine/val.</param>
    /// <exception cref="IOException">The folder is missing or holds none.</exception>
    public static IReadOnlyList<string> InstanceIdFiles(string folder) => Find(folder, InstanceEnding);

    private static string[] Find(string folder, string ending)
    {
        string[] files = [.. Directory.GetFiles(folder, $"*{ending}", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new FileNotFoundException($"{folder}: there is no *{ending}");
    }

    // Objects one pixel wide or high have no box in the published loader, which includes both ends, and are left out.
    private static List<Annotation> Objects(LabelMap map)
    {
        var annotations = new List<Annotation>();
        foreach (var (value, pixels) in map.Count())
        {
            var isGroup = value < PerLabel;
            var category = CityscapesLabels.ThingOf(isGroup ? value : value / PerLabel);
            if (category < 0)
            {
                continue;
            }
            var mask = map.MaskOf(value);
            if (mask.Bounds is { Width: > 1, Height: > 1 })
            {
                annotations.Add(
                    new Annotation(annotations.Count + 1, category, mask.Bounds, pixels, isGroup, new Segmentation.RunLength(mask)));
            }
        }
        return annotations;
    }
}
