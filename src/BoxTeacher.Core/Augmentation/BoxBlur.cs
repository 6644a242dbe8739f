using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// Pillow's <c>GaussianBlur</c>: three passes of a box with a fractional border (Gwosdek et al., "Theoretical foundations of Gaussian
/// convolution by extended box filtering", SSVM 2011), rows first, 24-bit fixed-point weights, edge pixels repeated.
/// </summary>
public static class BoxBlur
{
    private const int Passes = 3;

    /// <summary>Blurs interleaved RGB pixels in place.</summary>
    /// <param name="pixels">[height, width, 3] bytes.</param>
    /// <param name="size">Of the image.</param>
    /// <param name="sigma">Of the Gaussian, in pixels; 0 changes nothing.</param>
    public static void Apply(Span<byte> pixels, ImageSize size, double sigma)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sigma);
        var box = new Box((float)sigma);
        var line = new byte[Math.Max(size.Height, size.Width)];
        var other = new byte[line.Length];
        for (var y = 0; y < size.Height; y++)
        {
            for (var channel = 0; channel < 3; channel++)
            {
                Blur(pixels[(3 * y * size.Width + channel)..], size.Width, 3);
            }
        }

        for (var column = 0; column < 3 * size.Width; column++)
        {
            Blur(pixels[column..], size.Height, 3 * size.Width);
        }

        void Blur(Span<byte> values, int count, int stride)
        {
            for (var i = 0; i < count; i++)
            {
                line[i] = values[i * stride];
            }

            for (var pass = 0; pass < Passes; pass++)
            {
                box.Apply(line.AsSpan(0, count), other.AsSpan(0, count));
                (line, other) = (other, line);
            }

            for (var i = 0; i < count; i++)
            {
                values[i * stride] = line[i];
            }
        }
    }

    /// <summary>A box of whole pixels with two partly counted ones at its ends.</summary>
    private readonly struct Box
    {
        private readonly int _radius;
        private readonly uint _inner;
        private readonly uint _outer;

        public Box(float sigma)
        {
            var variance = sigma * sigma / Passes;
            var length = MathF.Sqrt((float)(12.0 * variance + 1.0));
            var whole = MathF.Floor((float)((length - 1.0) / 2.0));
            var part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance) / (6 * (variance - (whole + 1) * (whole + 1)));
            var radius = whole + part;
            _radius = (int)radius;
            _inner = (uint)((1 << 24) / (radius * 2 + 1));
            _outer = ((1 << 24) - (uint)(2 * _radius + 1) * _inner) / 2;
        }

        public void Apply(ReadOnlySpan<byte> line, Span<byte> output)
        {
            var last = line.Length - 1;
            uint sum = 0;
            for (var i = -_radius - 1; i < _radius; i++)
            {
                sum += line[Math.Clamp(i, 0, last)];
            }

            for (var x = 0; x <= last; x++)
            {
                var (before, after) = (line[Math.Max(x - _radius - 1, 0)], line[Math.Min(x + _radius + 1, last)]);
                sum += line[Math.Min(x + _radius, last)];
                sum -= before;
                output[x] = (byte)((sum * _inner + (uint)(before + after) * _outer + (1 << 23)) >> 24);
            }
        }
    }
}
