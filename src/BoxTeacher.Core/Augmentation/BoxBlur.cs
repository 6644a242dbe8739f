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
        var stride = 3 * size.Width;
        byte[] source = pixels.ToArray(), target = new byte[pixels.Length];
        var sums = new uint[stride];
        for (var pass = 0; pass < Passes; pass++)
        {
            for (var at = 0; at < source.Length; at += stride)
            {
                box.Apply(source.AsSpan(at, stride), target.AsSpan(at, stride), sums.AsSpan(0, 3));
            }

            (source, target) = (target, source);
        }

        for (var pass = 0; pass < Passes; pass++)
        {
            box.Apply(source, target, sums);
            (source, target) = (target, source);
        }

        source.CopyTo(pixels);
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

        /// <summary>Blurs along a line of positions, each of as many values side by side as there are sums.</summary>
        public void Apply(ReadOnlySpan<byte> line, Span<byte> output, Span<uint> sums)
        {
            var lanes = sums.Length;
            var last = line.Length / lanes - 1;
            sums.Clear();
            for (var i = -_radius - 1; i < _radius; i++)
            {
                var values = line.Slice(Math.Clamp(i, 0, last) * lanes, lanes);
                for (var lane = 0; lane < sums.Length; lane++)
                {
                    sums[lane] += values[lane];
                }
            }

            for (var at = 0; at <= last; at++)
            {
                var leaving = line.Slice(Math.Max(at - _radius - 1, 0) * lanes, lanes);
                var coming = line.Slice(Math.Min(at + _radius, last) * lanes, lanes);
                var beyond = line.Slice(Math.Min(at + _radius + 1, last) * lanes, lanes);
                var blurred = output.Slice(at * lanes, lanes);
                for (var lane = 0; lane < sums.Length; lane++)
                {
                    var sum = sums[lane] + coming[lane] - leaving[lane];
                    sums[lane] = sum;
                    blurred[lane] = (byte)((sum * _inner + (uint)(leaving[lane] + beyond[lane]) * _outer + (1 << 23)) >> 24);
                }
            }
        }
    }
}
