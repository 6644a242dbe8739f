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
        var stride = 3 * width;
        ReadOnlySpan<byte> source = image.Pixels;
        for (var y = 0; y < height; y++)
        {
            // Half of 1/32, so that the shift rounds.
            const int Half = 1 << (Fraction - Steps - 1);
            var (fromX, fromY) = (Fixed(back.M01 * y + back.M02) + Half, Fixed(back.M11 * y + back.M12) + Half);
            var output = result.Row(y);
            for (var x = 0; x < acrossX.Length; x++)
            {
                var (sourceX, sourceY) = ((fromX + acrossX[x]) >> (Fraction - Steps), (fromY + acrossY[x]) >> (Fraction - Steps));
                var (column, row, right, down) = (sourceX >> Steps, sourceY >> Steps, sourceX & Rest, sourceY & Rest);
                var (a, b, c, d) = ((32 - right) * (32 - down), right * (32 - down), (32 - right) * down, right * down);
                var target = output.Slice(3 * x, 3);
                if ((uint)column < (uint)(width - 1) && (uint)row < (uint)(height - 1))
                {
                    var upper = source.Slice(row * stride + 3 * column, 6);
                    var lower = source.Slice((row + 1) * stride + 3 * column, 6);
                    target[0] = (byte)((upper[0] * a + upper[3] * b + lower[0] * c + lower[3] * d + 512) >> 10);
                    target[1] = (byte)((upper[1] * a + upper[4] * b + lower[1] * c + lower[4] * d + 512) >> 10);
                    target[2] = (byte)((upper[2] * a + upper[5] * b + lower[2] * c + lower[5] * d + 512) >> 10);
                }
                else if (column < -1 || row < -1 || column >= width || row >= height)
                {
                    target.Fill(fill);
                }
                else
                {
                    for (var channel = 0; channel < 3; channel++)
                    {
                        target[channel] = (byte)((
                            At(column, row, channel) * a + At(column + 1, row, channel) * b
                            + At(column, row + 1, channel) * c + At(column + 1, row + 1, channel) * d + 512) >> 10);
                    }
                }
            }
        }

        return result;

        int At(int column, int row, int channel) =>
            (uint)column < (uint)width && (uint)row < (uint)height ? image.Pixels[row * stride + 3 * column + channel] : fill;
    }

    private static int Fixed(double value) =>
        (int)Math.Clamp(Math.Round(value * (1 << Fraction), MidpointRounding.ToEven), int.MinValue / 4, int.MaxValue / 4);
}
