using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>The cells of one pyramid level.</summary>
/// <param name="Stride">Input pixels per cell.</param>
/// <param name="Height">Rows of cells.</param>
/// <param name="Width">Columns of cells.</param>
/// <param name="Offset">Index of the level's first location in the grid.</param>
public readonly record struct GridLevel(int Stride, int Height, int Width, int Offset)
{
    /// <summary>Number of locations.</summary>
    public int Count => Height * Width;
}

/// <summary>
/// All locations of a pyramid: level after level, row-major. A cell (row, column) stands for the input pixel
/// x = column*stride + stride/2, y = row*stride + stride/2 (FCOS, section 3.1).
/// </summary>
public sealed class LocationGrid
{
    private readonly GridLevel[] _levels;

    /// <summary>The grid of feature maps of the given sizes.</summary>
    /// <param name="shapes">Stride, rows and columns of each level, finest first.</param>
    public LocationGrid(IReadOnlyList<(int Stride, int Height, int Width)> shapes)
    {
        _levels = new GridLevel[shapes.Count];
        foreach (var (i, (stride, height, width)) in shapes.Index())
        {
            _levels[i] = new GridLevel(stride, height, width, Count);
            Count += height * width;
        }
    }

    /// <summary>The levels, finest first.</summary>
    public IReadOnlyList<GridLevel> Levels => _levels;

    /// <summary>Number of locations of all levels, L.</summary>
    public int Count { get; }

    /// <summary>The level of a location.</summary>
    public int LevelOf(int location)
    {
        var level = _levels.Length - 1;
        while (level > 0 && location < _levels[level].Offset)
        {
            level--;
        }

        return level;
    }

    /// <summary>The input pixel of a location.</summary>
    public (float X, float Y) PointOf(int location)
    {
        var level = _levels[LevelOf(location)];
        var (row, column) = Math.DivRem(location - level.Offset, level.Width);
        return (column * level.Stride + level.Stride / 2, row * level.Stride + level.Stride / 2);
    }

    /// <summary>All locations as a tensor [L,2] of x, y in input pixels, float32.</summary>
    public Tensor Points(Device? device = null)
    {
        var points = new float[2 * Count];
        for (var i = 0; i < Count; i++)
        {
            (points[2 * i], points[2 * i + 1]) = PointOf(i);
        }

        return tensor(points, [Count, 2], device: device);
    }
}
