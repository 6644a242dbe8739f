using BoxTeacher.Kernels;
using BoxTeacher.Layers;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>Which level of a pyramid a box is read from.</summary>
/// <param name="boxes">[M, 4], xyxy in pixels of the network's input.</param>
/// <param name="levels">Number of levels.</param>
/// <returns>[M] int64, 0 for the finest.</returns>
public delegate Tensor RoiLevelRule(Tensor boxes, int levels);

/// <summary>The same by the sizes of images.</summary>
/// <param name="boxes">For each image [m, 4], xyxy in pixels of the network's input; M altogether.</param>
/// <param name="sizes">Size of each image without padding.</param>
/// <param name="levels">Number of levels.</param>
/// <returns>[M] int64, 0 for the finest.</returns>
public delegate Tensor ImageLevelRule(IReadOnlyList<Tensor> boxes, IReadOnlyList<ImageSize> sizes, int levels);

/// <summary>Published rules. Both put a box of 224 pixels on the third level of four; the guard against log 0 differs.</summary>
public static class RoiLevels
{
    // Published: of stride 8. It is added and taken away, so that roundings are those of the published code.
    private const int Finest = 3;

    /// <summary>mmdetection: floor(log2(sqrt(area) / 56 + 1e-6)).</summary>
    public static Tensor MmDetection(Tensor boxes, int levels) => ByLogarithm(boxes, levels, 56, 0, 1e-6);

    /// <summary>detectron2: floor(4 + log2(sqrt(area) / 224 + 1e-8)) - 2.</summary>
    public static Tensor Detectron2(Tensor boxes, int levels) => ByLogarithm(boxes, levels, 224, 4, 1e-8, finest: 2);

    /// <summary>detectron2's rule for a pyramid whose finest level is another one; CenterMask2's option "area".</summary>
    /// <param name="finest">Number of the finest level, the binary logarithm of its stride.</param>
    public static ImageLevelRule ByArea(int finest) => (boxes, _, levels) =>
    {
        using var all = cat([.. boxes]);
        return ByLogarithm(all, levels, 224, 4, 1e-8, finest);
    };

    /// <summary>
    /// CenterMask (Lee and Park 2020, equation 2): by the share of the image that a box covers, ceil(k - log2(image area / box area)) with
    /// k the coarsest level: more than a half is read from the coarsest, more than a quarter from the one before it. A box without an area
    /// is read from the finest.
    /// </summary>
    /// <param name="boxes">For each image [m, 4], xyxy in pixels of the network's input; M altogether.</param>
    /// <param name="sizes">Size of each image without padding.</param>
    /// <param name="levels">Number of levels; what the finest one's stride is does not matter.</param>
    /// <returns>[M] int64, 0 for the finest.</returns>
    public static Tensor ByImageShare(IReadOnlyList<Tensor> boxes, IReadOnlyList<ImageSize> sizes, int levels)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var all = cat([.. boxes]);
        var images = cat([.. boxes.Zip(sizes, (own, size) => full([own.size(0)], size.Area, all.dtype, all.device))]);
        var level = (Finest + levels - 1 - (images / AreaOf(all)).log2()).ceil();
        return (level.clamp(Finest, Finest + levels - 1) - Finest).to(int64).MoveToOuterDisposeScope();
    }

    /// <summary>mmdetection's rule with another finest scale.</summary>
    /// <param name="finestScale">Pixels; boxes below twice this are read from the finest level.</param>
    public static RoiLevelRule FromScale(double finestScale) => (boxes, levels) => ByLogarithm(boxes, levels, finestScale, 0, 1e-6);

    // floor(offset + log2(side / scale + guard)) - finest, clamped. A box with crossed edges, whose area is negative, counts as empty.
    private static Tensor ByLogarithm(Tensor boxes, int levels, double scale, int offset, double guard, int finest = 0)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var level = ((AreaOf(boxes).sqrt() / scale + guard).log2() + offset).floor() - finest;
        return level.clamp(0, levels - 1).to(int64).MoveToOuterDisposeScope();
    }

    private static Tensor AreaOf(Tensor boxes)
    {
        var sides = boxes.narrow(1, 2, 2) - boxes.narrow(1, 0, 2);
        return (sides.select(1, 0) * sides.select(1, 1)).clamp(min: 0);
    }
}

/// <summary>Features of boxes by RoIAlign, each box from one level of a pyramid (Lin et al. 2017, section 4.2).</summary>
/// <param name="Size">Bins per side.</param>
/// <param name="Strides">
/// Input pixels per cell of each level that is read, finest first. Coarser levels of a pyramid are left alone.
/// </param>
/// <param name="SamplingRatio">Samples per bin and side; 0: as many as the bin is cells wide, rounded up.</param>
/// <param name="Aligned">See <see cref="RoiAlign.Apply"/>.</param>
public sealed record RoiPooler(int Size, IReadOnlyList<int> Strides, int SamplingRatio = 0, bool Aligned = true)
{
    /// <summary>Features of boxes, [M, C, Size, Size], differentiable with respect to the pyramid.</summary>
    /// <param name="pyramid">Each [N, C, h, w], finest first; at least as many levels as strides.</param>
    /// <param name="boxes">For each of the N images [m, 4], xyxy in pixels of the network's input; M altogether, image after image.</param>
    /// <param name="levels">[M] int64: the level of each box, as from <see cref="RoiLevels"/>.</param>
    public Tensor Pool(IReadOnlyList<Tensor> pyramid, IReadOnlyList<Tensor> boxes, Tensor levels)
    {
        using var scope = NewDisposeScope();
        var all = cat([.. boxes]);
        long[] images = [.. boxes.SelectMany((ofImage, image) => Enumerable.Repeat((long)image, (int)ofImage.size(0)))];
        var (corners, numbers) = HostValues.Boxes(all, levels);
        var level = Array.ConvertAll(numbers, value => (int)value);
        // Levels without boxes are left alone.
        int[] read = [.. level.Distinct().Order().DefaultIfEmpty(0)];
        RoiGrid[] grids = [.. read.Select(GridOf)];
        var map = Array.ConvertAll(level, value => Array.IndexOf(read, value));
        var pooled = FusedKernels.RoiAlign([.. read.Select(value => pyramid[value].Widened())], grids, all, map, images)
            ?? ByLevel(pyramid, all, corners, level, images);
        return pooled.MoveToOuterDisposeScope();
    }

    private RoiGrid GridOf(int level) => new(Size, 1.0 / Strides[level], SamplingRatio, Aligned);

    private Tensor ByLevel(IReadOnlyList<Tensor> pyramid, Tensor boxes, float[] corners, int[] levels, long[] images)
    {
        var groups = levels.Select((level, row) => (Level: level, Row: (long)row))
            .GroupBy(entry => entry.Level, entry => entry.Row).OrderBy(group => group.Key).ToArray();
        if (groups.Length <= 1)
        {
            return RoiAlign.Bins(pyramid[levels.FirstOrDefault()], boxes, (corners, images), GridOf(levels.FirstOrDefault()));
        }

        var parts = groups.Select(group => RoiAlign.Bins(
            pyramid[group.Key], boxes.index_select(0, DeviceValues.Of(group.ToArray(), boxes.device)),
            ([.. group.SelectMany(row => corners.AsSpan((int)(4 * row), 4).ToArray())], [.. group.Select(row => images[row])]),
            GridOf(group.Key)));
        var places = new long[levels.Length];
        foreach (var (place, row) in groups.SelectMany(group => group).Index())
        {
            places[row] = place;
        }

        return cat([.. parts]).index_select(0, DeviceValues.Of(places, boxes.device));
    }
}
