namespace BoxTeacher.Augmentation;

/// <content>Pillow's <c>ImageOps</c>, which look each byte up in a table, and <c>ImageEnhance.Sharpness</c>.</content>
public static partial class ColorOperations
{
    /// <summary>Stretches each channel to 0..255; a channel of one value stays as it is.</summary>
    public static void AutoContrast(Span<byte> pixels)
    {
        var counts = Histogram(pixels);
        var tables = new byte[3 * 256];
        for (var channel = 0; channel < 3; channel++)
        {
            var own = counts.AsSpan(channel * 256, 256);
            int low = own.IndexOfAnyExcept(0), high = own.LastIndexOfAnyExcept(0);
            var scale = high > low ? 255.0 / (high - low) : 1;
            var offset = high > low ? -low * scale : 0;
            for (var value = 0; value < 256; value++)
            {
                tables[channel * 256 + value] = (byte)Math.Clamp((int)(value * scale + offset), 0, 255);
            }
        }

        Map(pixels, tables);
    }

    /// <summary>Spreads each channel's values so that all are about as frequent; a channel of few values stays as it is.</summary>
    public static void Equalize(Span<byte> pixels)
    {
        var counts = Histogram(pixels);
        var tables = new byte[3 * 256];
        for (var channel = 0; channel < 3; channel++)
        {
            var own = counts.AsSpan(channel * 256, 256);
            var last = own.LastIndexOfAnyExcept(0);
            // A single value leaves nothing but itself, and no step.
            var step = (pixels.Length / 3 - (last < 0 ? 0 : own[last])) / 255;
            var sum = step / 2;
            for (var value = 0; value < 256; value++)
            {
                tables[channel * 256 + value] = (byte)(step == 0 ? value : Math.Min(sum / step, 255));
                sum += own[value];
            }
        }

        Map(pixels, tables);
    }

    /// <summary>Inverts values of at least <paramref name="threshold"/>, 0..256; 256 changes nothing.</summary>
    public static void Solarize(Span<byte> pixels, double threshold)
    {
        Span<byte> table = stackalloc byte[256];
        for (var value = 0; value < 256; value++)
        {
            table[value] = (byte)(value < threshold ? value : 255 - value);
        }

        MapAll(pixels, table);
    }

    /// <summary>Keeps the highest <paramref name="bits"/> of each value, 0..8; 0 gives black.</summary>
    public static void Posterize(Span<byte> pixels, int bits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 8);
        var mask = (byte)~((1 << (8 - bits)) - 1);
        foreach (ref var pixel in pixels)
        {
            pixel &= mask;
        }
    }

    /// <summary>
    /// Blends with a smoothed image, in which each pixel but those of the border is the mean of 3 x 3 with the center counted five times:
    /// 0 gives the smoothed image, 1 the image itself, more a sharper one.
    /// </summary>
    /// <param name="pixels">Interleaved rows.</param>
    /// <param name="width">Pixels per row.</param>
    /// <param name="factor">0 or more.</param>
    public static void Sharpness(Span<byte> pixels, int width, float factor)
    {
        var stride = width * 3;
        var height = pixels.Length / stride;
        if (factor == 1 || height < 3 || width < 3)
        {
            return;
        }

        // Rows above are overwritten before the next row needs them.
        byte[] above = pixels[..stride].ToArray(), row = pixels.Slice(stride, stride).ToArray();
        var columns = new int[stride];
        for (var y = 1; y < height - 1; y++)
        {
            var below = pixels.Slice((y + 1) * stride, stride);
            for (var x = 0; x < stride; x++)
            {
                columns[x] = above[x] + row[x] + below[x];
            }

            var output = pixels.Slice(y * stride, stride);
            for (var x = 3; x < stride - 3; x++)
            {
                var sum = columns[x - 3] + columns[x] + columns[x + 3] + 4 * row[x];
                output[x] = Blend((2 * sum + 13) / 26, row[x], factor);
            }

            (above, row) = (row, above);
            below.CopyTo(row);
        }
    }

    private static int[] Histogram(ReadOnlySpan<byte> pixels)
    {
        var counts = new int[3 * 256];
        for (var i = 0; i + 2 < pixels.Length; i += 3)
        {
            counts[pixels[i]]++;
            counts[256 + pixels[i + 1]]++;
            counts[512 + pixels[i + 2]]++;
        }

        return counts;
    }

    private static void Map(Span<byte> pixels, ReadOnlySpan<byte> tables)
    {
        for (var i = 0; i + 2 < pixels.Length; i += 3)
        {
            pixels[i] = tables[pixels[i]];
            pixels[i + 1] = tables[256 + pixels[i + 1]];
            pixels[i + 2] = tables[512 + pixels[i + 2]];
        }
    }

    private static void MapAll(Span<byte> pixels, ReadOnlySpan<byte> table)
    {
        foreach (ref var pixel in pixels)
        {
            pixel = table[pixel];
        }
    }
}
