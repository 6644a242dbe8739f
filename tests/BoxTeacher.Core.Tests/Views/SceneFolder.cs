using BoxTeacher.Data;
using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Tests.Views;

/// <summary>A small data set on disk: gray pictures of random size within limits, each with one bright disc and one dark square.</summary>
internal sealed class SceneFolder : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("scenes-");

    public SceneFolder(int images, int minSide = 64, int maxSide = 64)
    {
        var random = new RandomStream(99);
        Dataset = new InstanceDataset(
            "scenes", [new Category(1, "disc"), new Category(2, "square")], [.. Enumerable.Range(0, images).Select(id => Scene(id, random.Split((ulong)id), minSide, maxSide))]);
    }

    public string Path => folder.FullName;

    public InstanceDataset Dataset { get; }

    public void Dispose() => folder.Delete(recursive: true);

    private ImageRecord Scene(int id, RandomStream random, int minSide, int maxSide)
    {
        var (height, width) = (minSide + random.Below(maxSide - minSide + 1), minSide + random.Below(maxSide - minSide + 1));
        var image = new Image(height, width);
        foreach (ref var value in image.Pixels.AsSpan())
        {
            value = (byte)(100 + random.Below(40));
        }
        var radius = minSide / 6 + random.Below(minSide / 16);
        var disc = Draw(image, radius + random.Below(width / 2 - 2 * radius), radius + random.Below(height - 2 * radius), radius, true, [220, 200, 60]);
        var square = Draw(image, width / 2 + radius + random.Below(width / 2 - 2 * radius), radius + random.Below(height - 2 * radius), radius, false, [30, 20, 90]);
        var file = System.IO.Path.Combine(Path, $"{id}.png");
        ImageFile.Write(file, image);
        return new ImageRecord(id, file, width, height, [Object(2 * id, 0, disc), Object(2 * id + 1, 1, square)]);
    }

    private static Annotation Object(long id, int category, RunLengthMask mask) =>
        new(id, category, mask.Bounds, mask.Area, false, new Segmentation.RunLength(mask));

    private static RunLengthMask Draw(Image image, int x, int y, int radius, bool round, byte[] color)
    {
        var mask = new byte[image.Height * image.Width];
        for (var row = y - radius; row < y + radius; row++)
        {
            for (var column = x - radius; column < x + radius; column++)
            {
                var (dx, dy) = (column + 0.5 - x, row + 0.5 - y);
                if (!round || dx * dx + dy * dy <= radius * radius)
                {
                    mask[row * image.Width + column] = 1;
                    color.CopyTo(image.Row(row)[(3 * column)..]);
                }
            }
        }
        return RunLengthMask.Encode(mask, image.Height, image.Width);
    }
}
