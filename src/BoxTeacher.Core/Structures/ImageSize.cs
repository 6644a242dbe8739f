namespace BoxTeacher.Structures;

/// <summary>Height and width of an image in pixels; height first, as in a tensor's shape.</summary>
/// <param name="Height">Number of rows.</param>
/// <param name="Width">Number of columns.</param>
public readonly record struct ImageSize(int Height, int Width)
{
    /// <summary>The longest side that readers accept, 65,535 pixels: also JPEG's own limit.</summary>
    public const int MaxSide = 65_535;

    /// <summary>Number of pixels.</summary>
    public long Area => (long)Height * Width;

    /// <summary>
    /// The size after a resize that brings the short side to <paramref name="shortSide"/> unless the long side would pass
    /// <paramref name="longSide"/> (detectron2's ResizeShortestEdge); both sides are rounded half up.
    /// </summary>
    /// <param name="shortSide">Wanted short side, in pixels.</param>
    /// <param name="longSide">Limit of the long side, in pixels.</param>
    public ImageSize Resized(int shortSide, int longSide)
    {
        var scale = (double)shortSide / Math.Min(Height, Width);
        var (height, width) = Height < Width ? (shortSide, scale * Width) : (scale * Height, (double)shortSide);
        var longest = Math.Max(height, width);
        if (longest > longSide)
        {
            var shrink = longSide / longest;
            (height, width) = (height * shrink, width * shrink);
        }

        return new ImageSize((int)(height + 0.5), (int)(width + 0.5));
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Height}x{Width}";
}
