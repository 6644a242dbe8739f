namespace BoxTeacher.Augmentation;

/// <summary>Mirrors interleaved RGB pixels left and right.</summary>
public static class HorizontalFlip
{
    /// <summary>The mirror image of [height, <paramref name="width"/>, 3] bytes.</summary>
    /// <exception cref="ArgumentException">The pixels are not a whole number of rows.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> pixels, int width)
    {
        if (width <= 0 || pixels.Length % (width * 3) != 0)
        {
            throw new ArgumentException($"{pixels.Length} bytes are not rows of {width} RGB pixels", nameof(pixels));
        }
        var result = new byte[pixels.Length];
        for (var row = 0; row < pixels.Length; row += width * 3)
        {
            for (var x = 0; x < width * 3; x += 3)
            {
                pixels.Slice(row + x, 3).CopyTo(result.AsSpan(row + width * 3 - 3 - x));
            }
        }
        return result;
    }
}
