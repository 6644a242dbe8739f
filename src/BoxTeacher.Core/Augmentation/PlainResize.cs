using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// Bilinear resize of 8-bit RGB pixels without antialias, as OpenCV's <c>INTER_LINEAR</c>, which mmdetection's pipelines use: half-pixel
/// centers, weights of 1/2048.
/// </summary>
public static class PlainResize
{
    private const int One = 1 << 11;

    /// <summary>The image in another size.</summary>
    public static Image Apply(Image image, ImageSize size)
    {
        if (size == image.Size)
        {
            return image;
        }

        var (columns, rows) = (Taps(image.Width, size.Width), Taps(image.Height, size.Height));
        var result = new Image(size.Height, size.Width);
        // The two rows that lie above and below a row of the result, in its width.
        int[] upper = new int[3 * size.Width], lower = new int[3 * size.Width];
        int upperRow = -1, lowerRow = -1;
        for (var y = 0; y < size.Height; y++)
        {
            // Beyond the border both rows are the same one, weighted apart: each product is rounded down.
            var (first, second, weight) = (
                Math.Max(rows[y].First, 0), Math.Clamp(rows[y].First + 1, 0, image.Height - 1), rows[y].Weight);
            if (first == lowerRow)
            {
                (upper, lower, upperRow, lowerRow) = (lower, upper, lowerRow, upperRow);
            }

            if (first != upperRow)
            {
                Widen(image.Row(upperRow = first), columns, upper);
            }

            if (second != lowerRow)
            {
                Widen(image.Row(lowerRow = second), columns, lower);
            }

            var output = result.Row(y);
            for (var i = 0; i < output.Length; i++)
            {
                output[i] = (byte)(((((One - weight) * (upper[i] >> 4)) >> 16) + ((weight * (lower[i] >> 4)) >> 16) + 2) >> 2);
            }
        }

        return result;
    }

    private static void Widen(ReadOnlySpan<byte> row, (int First, int Weight)[] columns, int[] output)
    {
        for (var x = 0; x < columns.Length; x++)
        {
            var (first, weight) = columns[x];
            var (left, right) = (3 * Math.Max(first, 0), Math.Min(3 * first + 3, row.Length - 3));
            output[3 * x] = row[left] * (One - weight) + row[right] * weight;
            output[3 * x + 1] = row[left + 1] * (One - weight) + row[right + 1] * weight;
            output[3 * x + 2] = row[left + 2] * (One - weight) + row[right + 2] * weight;
        }
    }

    /// <summary>
    /// For each position of the result the first of two neighbors in the source, which is -1 or the last beyond the border, and the second
    /// one's weight.
    /// </summary>
    private static (int First, int Weight)[] Taps(int source, int target)
    {
        var scale = (double)source / target;
        var taps = new (int, int)[target];
        for (var i = 0; i < target; i++)
        {
            var at = (float)((i + 0.5) * scale - 0.5);
            var first = (int)MathF.Floor(at);
            taps[i] = (first, (int)MathF.Round((at - first) * One));
        }

        return taps;
    }
}
