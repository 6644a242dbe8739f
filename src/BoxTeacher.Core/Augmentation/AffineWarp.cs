using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// Moves the pixels of an image on its canvas, bilinear with fixed-point weights of 1/32 as OpenCV's <c>warpAffine</c>: pixel (x, y) of
/// the result is what lies at the inverse map of (x, y), without half-pixel correction.
/// </summary>
public static class AffineWarp
{
    // OpenCV's AB_BITS and INTER_BITS: coordinates in 1/1024 are rounded to 1/32.
    private const int Fraction = 10, Steps = 5, Rest = (1 << Steps) - 1;

    /// <summary>The moved image, of the same size.</summary>
    /// <param name="image">The image.</param>
    /// <param name="map">From its pixels to those of the result; its last row is 0, 0, 1.</param>
    /// <param name="fill">Value of what lies outside of the image.</param>
    /// <exception cref="ArgumentException">The map has perspective.</exception>
    /// <exception cref="InvalidOperationException">The map flattens the plane.</exception>
    public static Image Apply(Image image, Homography map, byte fill)
    {
        if (map is not { M20: 0, M21: 0, M22: 1 })
        {
            throw new ArgumentException("The map is not affine: its last row is not 0, 0, 1.", nameof(map));
        }

        var back = map.Inverse();
        var (height, width) = (image.Height, image.Width);
        var (acrossX, acrossY) = (new int[width], new int[width]);
        for (var x = 0; x < width; x++)
        {
            (acrossX[x], acrossY[x]) = (Fixed(back.M00 * x), Fixed(back.M10 * x));
        }

        var result = new Image(height, width);
        for (var y = 0; y < height; y++)
        {
            // Half of 1/32, so that the shift rounds.
            const int Half = 1 << (Fraction - Steps - 1);
            var (fromX, fromY) = (Fixed(back.M01 * y + back.M02) + Half, Fixed(back.M11 * y + back.M12) + Half);
            var output = result.Row(y);
            for (var x = 0; x < width; x++)
            {
                var (sourceX, sourceY) = ((fromX + acrossX[x]) >> (Fraction - Steps), (fromY + acrossY[x]) >> (Fraction - Steps));
                Sample(image, sourceX >> Steps, sourceY >> Steps, sourceX & Rest, sourceY & Rest, fill, output.Slice(3 * x, 3));
            }
        }

        return result;
    }

    private static void Sample(Image image, int x, int y, int right, int down, byte fill, Span<byte> output)
    {
        var stride = 3 * image.Width;
        var (left, up) = (32 - right, 32 - down);
        if ((uint)x < (uint)(image.Width - 1) && (uint)y < (uint)(image.Height - 1))
        {
            var source = image.Pixels.AsSpan(y * stride + 3 * x, stride + 6);
            var (a, b, c, d) = (left * up, right * up, left * down, right * down);
            output[0] = (byte)((source[0] * a + source[3] * b + source[stride] * c + source[stride + 3] * d + 512) >> 10);
            output[1] = (byte)((source[1] * a + source[4] * b + source[stride + 1] * c + source[stride + 4] * d + 512) >> 10);
            output[2] = (byte)((source[2] * a + source[5] * b + source[stride + 2] * c + source[stride + 5] * d + 512) >> 10);
            return;
        }

        for (var channel = 0; channel < 3; channel++)
        {
            output[channel] = (byte)((
                At(x, y, channel) * left * up + At(x + 1, y, channel) * right * up
                + At(x, y + 1, channel) * left * down + At(x + 1, y + 1, channel) * right * down + 512) >> 10);
        }

        int At(int column, int row, int channel) =>
            (uint)column < (uint)image.Width && (uint)row < (uint)image.Height ? image.Pixels[row * stride + 3 * column + channel] : fill;
    }

    private static int Fixed(double value) =>
        (int)Math.Clamp(Math.Round(value * (1 << Fraction), MidpointRounding.ToEven), int.MinValue / 4, int.MaxValue / 4);
}
