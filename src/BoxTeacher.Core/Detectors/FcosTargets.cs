using TorchSharp;
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
        (Images, Locations, Boxes, Classes) = (new int[Count], new int[Count], new int[Count], new long[Count]);
        var flat = new long[Count];
        var distances = new float[4 * Count];
        var centreness = new float[Count];
        for (var i = 0; i < Count; i++)
        {
            var positive = positives[i];
            (Images[i], Locations[i], Boxes[i], Classes[i]) = (positive.Image, positive.Location, positive.Box, positive.Class);
            flat[i] = (long)positive.Image * grid.Count + positive.Location;
            float stride = grid.Levels[grid.LevelOf(positive.Location)].Stride;
            var (left, top, right, bottom) = (positive.Left / stride, positive.Top / stride, positive.Right / stride, positive.Bottom / stride);
            (distances[4 * i], distances[4 * i + 1], distances[4 * i + 2], distances[4 * i + 3]) = (left, top, right, bottom);
            centreness[i] = MathF.Sqrt(MathF.Min(left, right) / MathF.Max(left, right) * (MathF.Min(top, bottom) / MathF.Max(top, bottom)));
        }
        Flat = tensor(flat, [Count], device: device);
        Ltrb = tensor(distances, [Count, 4], device: device);
        Centreness = tensor(centreness, [Count], device: device);
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
    public int[] Boxes { get; }

    /// <summary>Class of each positive.</summary>
    public long[] Classes { get; }

    /// <summary>image * L + location of each positive, [P] int64.</summary>
    public Tensor Flat { get; }

    /// <summary>Distances to the sides of the box in units of the stride, [P,4].</summary>
    public Tensor Ltrb { get; }

    /// <summary>sqrt( min(l,r)/max(l,r) * min(t,b)/max(t,b) ) of each positive (FCOS, equation 3), [P].</summary>
    public Tensor Centreness { get; }

    /// <summary>The class of every location, [N,L] int64, with <paramref name="background"/> where no box is.</summary>
    public Tensor Labels(long background)
    {
        var labels = new long[ImageCount * Grid.Count];
        Array.Fill(labels, background);
        for (var i = 0; i < Count; i++)
            labels[Images[i] * Grid.Count + Locations[i]] = Classes[i];
        return tensor(labels, [ImageCount, Grid.Count], device: Flat.device);
    }
}

/// <summary>One location that is responsible for one box; distances in pixels.</summary>
internal readonly record struct FcosPositive(int Image, int Location, int Box, long Class, float Left, float Top, float Right, float Bottom);
