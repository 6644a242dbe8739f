namespace BoxTeacher.Structures;

/// <summary>A color picture: height x width x 3 bytes, red, green, blue, row by row.</summary>
public sealed class Image
{
    /// <summary>Wraps pixels; the array is not copied.</summary>
    /// <param name="pixels">Height * width * 3 bytes, RGB, row by row.</param>
    /// <param name="height">Number of rows, at least 1.</param>
    /// <param name="width">Number of columns, at least 1.</param>
    /// <exception cref="ArgumentException">The array's length does not fit the size.</exception>
    public Image(byte[] pixels, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(height);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (pixels.LongLength != 3L * height * width)
        {
            throw new ArgumentException(
                $"A {height}x{width} RGB image has {3L * height * width} bytes, not {pixels.LongLength}.", nameof(pixels));
        }
        (Pixels, Height, Width) = (pixels, height, width);
    }

    /// <summary>An all-black picture.</summary>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    public Image(int height, int width)
        : this(new byte[3 * height * width], height, width)
    {
    }

    /// <summary>Height * width * 3 bytes, RGB, row by row.</summary>
    public byte[] Pixels { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>Number of columns.</summary>
    public int Width { get; }

    /// <summary>Height and width.</summary>
    public ImageSize Size => new(Height, Width);

    /// <summary>One row of pixels, width * 3 bytes.</summary>
    /// <param name="y">Row, 0-based.</param>
    public Span<byte> Row(int y) => Pixels.AsSpan(3 * Width * y, 3 * Width);
}
