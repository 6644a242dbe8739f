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

    /// <inheritdoc/>
    public override string ToString() => $"{Height}x{Width}";
}
