namespace BoxTeacher.Augmentation;

/// <summary>
/// Bilinear resize of 8-bit RGB pixels with antialias when shrinking, bit for bit as Pillow's <c>Image.resize(..., BILINEAR)</c>,
/// which the published data pipeline uses: a horizontal pass, then a vertical pass, each with 22-bit fixed-point weights and an 8-bit
/// result; a pass whose size does not change is left out.
/// </summary>
public static class BilinearResize
{
    private const int PrecisionBits = 32 - 8 - 2;

    /// <summary>Resizes <paramref name="source"/> ([height, width, 3] bytes, row-major) to [newHeight, newWidth, 3].</summary>
    /// <exception cref="ArgumentException">The source does not hold height x width x 3 bytes, or a size is not positive.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> source, int height, int width, int newHeight, int newWidth)
    {
        if (height <= 0 || width <= 0 || newHeight <= 0 || newWidth <= 0 || source.Length != height * width * 3)
        {
            throw new ArgumentException(
                $"cannot resize {source.Length} bytes of a {height}x{width} RGB image to {newHeight}x{newWidth}", nameof(source));
        }
        if (newWidth == width)
        {
            return newHeight == height ? source.ToArray() : Vertical(source, width, new Weights(height, newHeight));
        }
        var narrow = Horizontal(source, height, width, new Weights(width, newWidth));
        return newHeight == height ? narrow : Vertical(narrow, newWidth, new Weights(height, newHeight));
    }

    private static byte[] Horizontal(ReadOnlySpan<byte> source, int height, int width, Weights weights)
    {
        var result = new byte[height * weights.Count * 3];
        for (var y = 0; y < height; y++)
        {
            var row = source.Slice(y * width * 3, width * 3);
            var output = result.AsSpan(y * weights.Count * 3, weights.Count * 3);
            for (var x = 0; x < weights.Count; x++)
            {
                int red = 1 << (PrecisionBits - 1), green = red, blue = red;
                var at = weights.First[x] * 3;
                foreach (var weight in weights.Of(x))
                {
                    red += row[at] * weight;
                    green += row[at + 1] * weight;
                    blue += row[at + 2] * weight;
                    at += 3;
                }
                output[x * 3] = Clip(red);
                output[x * 3 + 1] = Clip(green);
                output[x * 3 + 2] = Clip(blue);
            }
        }
        return result;
    }

    private static byte[] Vertical(ReadOnlySpan<byte> source, int width, Weights weights)
    {
        var stride = width * 3;
        var result = new byte[weights.Count * stride];
        var sums = new int[stride];
        for (var y = 0; y < weights.Count; y++)
        {
            Array.Fill(sums, 1 << (PrecisionBits - 1));
            var at = weights.First[y] * stride;
            foreach (var weight in weights.Of(y))
            {
                var row = source.Slice(at, stride);
                for (var i = 0; i < stride; i++)
                {
                    sums[i] += row[i] * weight;
                }
                at += stride;
            }
            var output = result.AsSpan(y * stride, stride);
            for (var i = 0; i < stride; i++)
            {
                output[i] = Clip(sums[i]);
            }
        }
        return result;
    }

    private static byte Clip(int sum) => (byte)Math.Clamp(sum >> PrecisionBits, 0, 255);

    /// <summary>For each output position the first input position and the fixed-point triangle weights from there on.</summary>
    private sealed class Weights
    {
        private readonly int[] _lengths;
        private readonly int[] _values;
        private readonly int _stride;

        public Weights(int input, int output)
        {
            var scale = (double)input / output;
            var support = Math.Max(scale, 1.0);
            _stride = (int)Math.Ceiling(support) * 2 + 1;
            Count = output;
            First = new int[output];
            _lengths = new int[output];
            _values = new int[output * _stride];
            var exact = new double[_stride];
            for (var i = 0; i < output; i++)
            {
                var center = (i + 0.5) * scale;
                var first = Math.Max((int)(center - support + 0.5), 0);
                var length = Math.Min((int)(center + support + 0.5), input) - first;
                var total = 0.0;
                for (var k = 0; k < length; k++)
                {
                    exact[k] = Math.Max(1.0 - Math.Abs((k + first - center + 0.5) * (1.0 / support)), 0.0);
                    total += exact[k];
                }
                for (var k = 0; k < length; k++)
                {
                    _values[i * _stride + k] = (int)(0.5 + exact[k] / total * (1 << PrecisionBits));
                }
                First[i] = first;
                _lengths[i] = length;
            }
        }

        public int Count { get; }

        public int[] First { get; }

        public ReadOnlySpan<int> Of(int position) => _values.AsSpan(position * _stride, _lengths[position]);
    }
}
