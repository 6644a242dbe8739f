namespace BoxTeacher.Augmentation;

/// <summary>
/// Gaussian blur of 8-bit RGB pixels as torchvision's <c>gaussian_blur</c>: float convolution, reflected border, rounding.
/// </summary>
public static class GaussianBlur
{
    /// <summary>Blurs [height, width, 3] bytes; <paramref name="kernel"/> is odd, <paramref name="sigma"/> in pixels.</summary>
    /// <exception cref="ArgumentException">
    /// The kernel is even or not positive, sigma is not positive, or the image is not larger than half the kernel.
    /// </exception>
    public static byte[] Apply(ReadOnlySpan<byte> source, int height, int width, int kernel, double sigma)
    {
        var half = kernel / 2;
        if (kernel <= 0 || kernel % 2 == 0 || !(sigma > 0))
        {
            throw new ArgumentException($"a blur needs an odd kernel and a positive sigma, not {kernel} and {sigma}", nameof(kernel));
        }
        if (height <= half || width <= half)
        {
            throw new ArgumentException($"a {height}x{width} image is too small for a blur with kernel {kernel}", nameof(source));
        }
        var weights = Weights(kernel, sigma);
        var result = new byte[source.Length];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                float red = 0, green = 0, blue = 0;
                for (var dy = 0; dy < kernel; dy++)
                {
                    var row = Reflect(y + dy - half, height) * width;
                    for (var dx = 0; dx < kernel; dx++)
                    {
                        var weight = weights[dy] * weights[dx];
                        var at = (row + Reflect(x + dx - half, width)) * 3;
                        red += weight * source[at];
                        green += weight * source[at + 1];
                        blue += weight * source[at + 2];
                    }
                }
                var to = (y * width + x) * 3;
                result[to] = Round(red);
                result[to + 1] = Round(green);
                result[to + 2] = Round(blue);
            }
        }
        return result;
    }

    private static float[] Weights(int kernel, double sigma)
    {
        var weights = new float[kernel];
        for (var i = 0; i < kernel; i++)
        {
            var distance = (float)((i - kernel / 2) / sigma);
            weights[i] = MathF.Exp(-0.5f * distance * distance);
        }
        var total = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / total);
    }

    private static int Reflect(int index, int size) => index < 0 ? -index : index >= size ? 2 * size - 2 - index : index;

    private static byte Round(float value) => (byte)Math.Clamp(MathF.Round(value), 0, 255);
}
