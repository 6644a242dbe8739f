using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The positive locations of a batch and what they should predict, ordered by image and location. Everything else is background.
/// </summary>
public sealed class FcosTargets
{
    internal FcosTargets(LocationGrid grid, int imageCount, IReadOnlyList<FcosPositive> positives, Device device)
    {
        Grid = grid;
        ImageCount = imageCount;
        Count = positives.Count;
        (Images, Locations, BoxIndex, Classes) = (new int[Count], new int[Count], new int[Count], new long[Count]);
        var flat = new long[Count];
        var distances = new float[4 * Count];
        var centerness = new float[Count];
        for (var i = 0; i < Count; i++)
        {
            var positive = positives[i];
            (Images[i], Locations[i], BoxIndex[i], Classes[i]) = (positive.Image, positive.Location, positive.Box, positive.Class);
            flat[i] = (long)positive.Image * grid.Count + positive.Location;
            float stride = grid.Levels[grid.LevelOf(positive.Location)].Stride;
            var (left, top, right, bottom) =
                (positive.Left / stride, positive.Top / stride, positive.Right / stride, positive.Bottom / stride);
            (distances[4 * i], distances[4 * i + 1], distances[4 * i + 2], distances[4 * i + 3]) = (left, top, right, bottom);
            centerness[i] = MathF.Sqrt(MathF.Min(left, right) / MathF.Max(left, right) * (MathF.Min(top, bottom) / MathF.Max(top, bottom)));
        }
        Flat = DeviceValues.Of(flat, device);
        Ltrb = DeviceValues.Of(distances, [Count, 4], device);
        Centerness = DeviceValues.Of(centerness, [Count], device);
    }

    /// <summary>The grid that was assigned.</summary>
    public LocationGrid Grid { get; }

    /// <summary>Number of images, N.</summary>
    public int ImageCount { get; }

    /// <summary>Number of positive locations, P.</summary>
    public int Count { get; }

    /// <summary>Image of each positive.</summary>
    public int[] Images { get; }

    /// <summary>Location in the grid of each positive.</summary>
    public int[] Locations { get; }

    /// <summary>Box of each positive, an index into the boxes of all images one after the other.</summary>
    public int[] BoxIndex { get; }

    /// <summary>Class of each positive.</summary>
    public long[] Classes { get; }

    /// <summary>image * L + location of each positive, [P] int64.</summary>
    public Tensor Flat { get; }

    /// <summary>Distances to the sides of the box in units of the stride, [P,4].</summary>
    public Tensor Ltrb { get; }

    /// <summary>sqrt( min(l,r)/max(l,r) * min(t,b)/max(t,b) ) of each positive (FCOS, equation 3), [P].</summary>
    public Tensor Centerness { get; }

    /// <summary>The class of every location, [N,L] int64, with <paramref name="background"/> where no box is.</summary>
    public Tensor Labels(long background)
    {
        var labels = new long[ImageCount * Grid.Count];
        Array.Fill(labels, background);
        for (var i = 0; i < Count; i++)
        {
            labels[Images[i] * Grid.Count + Locations[i]] = Classes[i];
        }

        return DeviceValues.Of(labels, [ImageCount, Grid.Count], Flat.device);
    }
}

/// <summary>One location that is responsible for one box; distances in pixels.</summary>
internal readonly record struct FcosPositive(
    int Image, int Location, int Box, long Class, float Left, float Top, float Right, float Bottom);

/// <summary>The largest distances a level regresses, both ends included, in pixels.</summary>
public readonly record struct SizeRange(float Min, float Max);

/// <summary>
/// Decides which locations are responsible for which box (FCOS, sections 3.1 and 3.2, with center sampling): a location is
/// positive when it lies strictly inside the box and inside a square around the box's center, and its largest distance to a side
/// is in its level's range. Among several boxes the smallest wins, the first of equal ones.
/// </summary>
/// <param name="sizeRanges">One range per level, finest first.</param>
/// <param name="centerRadius">Half the side of the center square, in strides; null takes the whole box.</param>
/// <param name="skipWhenFirstCenterIsZero">
/// The published code takes an image as empty when its first box is centered at x = 0; true does the same.
/// </param>
public sealed class FcosAssigner(IReadOnlyList<SizeRange> sizeRanges, double? centerRadius = 1.5, bool skipWhenFirstCenterIsZero = false)
{
    /// <summary>The ranges of FCOS for strides 8 to 128: up to 64, 128, 256, 512 pixels, and above.</summary>
    public static IReadOnlyList<SizeRange> PublishedRanges { get; } = Ranges(64, 128, 256, 512);

    /// <summary>Adjacent ranges from -1 over the given limits to 1e8; a size at a limit belongs to both neighbors.</summary>
    public static IReadOnlyList<SizeRange> Ranges(params ReadOnlySpan<float> limits)
    {
        var ranges = new SizeRange[limits.Length + 1];
        for (var i = 0; i < ranges.Length; i++)
        {
            ranges[i] = new SizeRange(i == 0 ? -1 : limits[i - 1], i == limits.Length ? 1e8f : limits[i]);
        }

        return ranges;
    }

    /// <summary>Assigns the boxes of a batch to the locations of a grid.</summary>
    /// <param name="grid">The locations; it has as many levels as there are size ranges.</param>
    /// <param name="truth">The truth of each image.</param>
    /// <param name="device">Where the tensors of the result live.</param>
    /// <returns>The positives; its tensors belong to the caller's dispose scope.</returns>
    public FcosTargets Assign(LocationGrid grid, IReadOnlyList<Instances> truth, Device device)
    {
        if (grid.Levels.Count != sizeRanges.Count)
        {
            throw new ArgumentException(
                $"The grid has {grid.Levels.Count} levels, the assigner {sizeRanges.Count} size ranges.", nameof(grid));
        }

        var positives = new List<FcosPositive>();
        var best = new FcosPositive[grid.Count];
        var bestArea = new float[grid.Count];
        var firstBox = 0;
        foreach (var (image, (boxes, classes)) in HostObjects.Of(truth).Index())
        {
            Array.Fill(bestArea, NoBox);
            if (!(skipWhenFirstCenterIsZero && classes.Length > 0 && boxes[0] + boxes[2] == 0))
            {
                for (var i = 0; i < classes.Length; i++)
                {
                    for (var level = 0; level < sizeRanges.Count; level++)
                    {
                        Claim(boxes.AsSpan(4 * i, 4), grid.Levels[level], sizeRanges[level], best, bestArea,
                            new FcosPositive { Image = image, Box = firstBox + i, Class = classes[i] });
                    }
                }
            }
            for (var location = 0; location < grid.Count; location++)
            {
                if (bestArea[location] < NoBox)
                {
                    positives.Add(best[location]);
                }
            }

            firstBox += classes.Length;
        }
        return new FcosTargets(grid, truth.Count, positives, device);
    }

    // The published "area" of a location without any box; larger boxes are background there too.
    private const float NoBox = 1e8f;

    // Only the few cells under the center square are visited: the cost grows with the boxes, not with the locations.
    private void Claim(
        ReadOnlySpan<float> box, GridLevel level, SizeRange range, FcosPositive[] best, float[] bestArea, FcosPositive template)
    {
        var (x1, y1, x2, y2) = (box[0], box[1], box[2], box[3]);
        var area = (x2 - x1) * (y2 - y1);
        var (left, top, right, bottom) = (x1, y1, x2, y2);
        if (centerRadius is { } radius)
        {
            var reach = (float)(level.Stride * radius);
            var (centerX, centerY) = ((x1 + x2) * 0.5f, (y1 + y2) * 0.5f);
            (left, top) = (MathF.Max(centerX - reach, x1), MathF.Max(centerY - reach, y1));
            (right, bottom) = (MathF.Min(centerX + reach, x2), MathF.Min(centerY + reach, y2));
        }
        var (firstColumn, lastColumn) = Cells(left, right, level.Stride, level.Width);
        var (firstRow, lastRow) = Cells(top, bottom, level.Stride, level.Height);
        for (var row = firstRow; row <= lastRow; row++)
        {
            for (var column = firstColumn; column <= lastColumn; column++)
            {
                float x = column * level.Stride + level.Stride / 2, y = row * level.Stride + level.Stride / 2;
                if (!(x - left > 0 && y - top > 0 && right - x > 0 && bottom - y > 0))
                {
                    continue;
                }

                var (l, t, r, b) = (x - x1, y - y1, x2 - x, y2 - y);
                var longest = MathF.Max(MathF.Max(l, t), MathF.Max(r, b));
                var location = level.Offset + row * level.Width + column;
                if (longest < range.Min || longest > range.Max || area >= bestArea[location])
                {
                    continue;
                }

                bestArea[location] = area;
                best[location] = template with { Location = location, Left = l, Top = t, Right = r, Bottom = b };
            }
        }
    }

    // A superset of the cells whose center lies between the two coordinates.
    private static (int First, int Last) Cells(float from, float to, int stride, int count)
    {
        var half = stride / 2;
        var first = Math.Clamp(Math.Floor((from - half) / stride), 0, count);
        var last = Math.Clamp(Math.Ceiling((to - half) / stride), -1, count - 1);
        return ((int)first, (int)last);
    }
}
