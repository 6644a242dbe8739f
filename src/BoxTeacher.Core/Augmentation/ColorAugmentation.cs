using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// Random brightness, contrast, saturation and hue in random order (torchvision's ColorJitter): the first three factors are uniform in
/// [max(0, 1 - x), 1 + x], the hue's turn in [-x, x].
/// </summary>
/// <param name="Probability">How often the jitter is applied at all, 0..1.</param>
/// <param name="Brightness">Half width of the brightness factor's range, 0 or more.</param>
/// <param name="Contrast">Half width of the contrast factor's range, 0 or more.</param>
/// <param name="Saturation">Half width of the saturation factor's range, 0 or more.</param>
/// <param name="Hue">Half width of the hue's turn, 0..0.5 of a circle.</param>
public sealed record ColorJitter(double Probability, double Brightness, double Contrast, double Saturation, double Hue)
{
    /// <summary>Jitters interleaved RGB pixels in place, whatever the probability is.</summary>
    public void Apply(Span<byte> pixels, RandomStream random)
    {
        Span<int> order = [0, 1, 2, 3];
        random.Shuffle(order);
        var brightness = Factor(Brightness);
        var contrast = Factor(Contrast);
        var saturation = Factor(Saturation);
        var turn = random.Uniform(-Hue, Hue);
        foreach (var operation in order)
        {
            switch (operation)
            {
                case 0: ColorOperations.Brightness(pixels, brightness); break;
                case 1: ColorOperations.Contrast(pixels, contrast); break;
                case 2: ColorOperations.Saturation(pixels, saturation); break;
                default: ColorOperations.Hue(pixels, turn); break;
            }
        }

        float Factor(double width) => (float)random.Uniform(Math.Max(0, 1 - width), 1 + width);
    }
}

/// <summary>A Gaussian blur of random width.</summary>
/// <param name="Probability">How often it is applied, 0..1.</param>
/// <param name="Kernel">Odd kernel size in pixels.</param>
/// <param name="MinSigma">Smallest sigma in pixels.</param>
/// <param name="MaxSigma">Largest sigma in pixels.</param>
public sealed record RandomBlur(double Probability, int Kernel, double MinSigma, double MaxSigma);

/// <summary>The color side of a view: jitter, then gray, then blur, each with its own probability. Geometry is never touched.</summary>
/// <param name="Jitter">The color jitter.</param>
/// <param name="Grayscale">Probability of a gray image, 0..1.</param>
/// <param name="Blur">The blur, or null for none.</param>
public sealed record ColorAugmentation(ColorJitter Jitter, double Grayscale, RandomBlur? Blur)
{
    /// <summary>The published <c>weak</c>: jitter (0.2, 0.2, 0.2, 0.1) with probability 0.2.</summary>
    public static ColorAugmentation Weak { get; } = new(new(0.2, 0.2, 0.2, 0.2, 0.1), 0, null);

    /// <summary>The published <c>strong</c>: jitter (0.4, 0.4, 0.4, 0.1) with probability 0.8, gray with probability 0.2.</summary>
    public static ColorAugmentation Strong { get; } = new(new(0.8, 0.4, 0.4, 0.4, 0.1), 0.2, null);

    /// <summary>The published <c>strongv2</c>: <see cref="Strong"/> and, with probability 0.5, a 3x3 blur with sigma 0.1..2.</summary>
    public static ColorAugmentation StrongV2 { get; } = Strong with { Blur = new(0.5, 3, 0.1, 2) };

    /// <summary>The image in other colors; the given image stays as it is. Numbers come from <paramref name="random"/> alone.</summary>
    public Image Apply(Image image, RandomStream random)
    {
        var pixels = image.Pixels.ToArray();
        if (random.Chance(Jitter.Probability))
        {
            Jitter.Apply(pixels, random);
        }
        if (random.Chance(Grayscale))
        {
            ColorOperations.Grayscale(pixels);
        }
        if (Blur is { } blur && random.Chance(blur.Probability))
        {
            pixels = GaussianBlur.Apply(pixels, image.Height, image.Width, blur.Kernel, random.Uniform(blur.MinSigma, blur.MaxSigma));
        }
        return new Image(pixels, image.Height, image.Width);
    }
}

/// <summary>
/// Color operations on interleaved 8-bit RGB pixels, in place, bit for bit as torchvision's on Pillow images (which the published
/// augmentations use): blends truncate towards zero in single precision, luma is ITU-R 601 in 16-bit fixed point.
/// </summary>
public static partial class ColorOperations
{
    /// <summary>Blends with black: 0 gives black, 1 the image itself.</summary>
    public static void Brightness(Span<byte> pixels, float factor) => Map(pixels, 0, factor);

    /// <summary>Blends with the mean luma (rounded) of the whole image: 0 gives plain gray, 1 the image itself.</summary>
    public static void Contrast(Span<byte> pixels, float factor)
    {
        long sum = 0;
        for (var i = 0; i + 2 < pixels.Length; i += 3)
        {
            sum += Luma(pixels[i], pixels[i + 1], pixels[i + 2]);
        }
        var mean = (int)((double)sum / (pixels.Length / 3) + 0.5);
        Map(pixels, mean, factor);
    }

    /// <summary>Blends with the image's own luma: 0 gives a gray image, 1 the image itself.</summary>
    public static void Saturation(Span<byte> pixels, float factor)
    {
        if (factor == 1)
        {
            return;
        }
        for (var i = 0; i + 2 < pixels.Length; i += 3)
        {
            int luma = Luma(pixels[i], pixels[i + 1], pixels[i + 2]);
            pixels[i] = Blend(luma, pixels[i], factor);
            pixels[i + 1] = Blend(luma, pixels[i + 1], factor);
            pixels[i + 2] = Blend(luma, pixels[i + 2], factor);
        }
    }

    /// <summary>
    /// Turns the hue by <paramref name="turn"/> of a full circle, [-0.5, 0.5], in Pillow's 8-bit HSV; the turn is truncated to 1/255.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="turn"/> is outside [-0.5, 0.5].</exception>
    public static void Hue(Span<byte> pixels, double turn)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Math.Abs(turn), 0.5, nameof(turn));
        var shift = (int)(turn * 255);
        for (var i = 0; i + 2 < pixels.Length; i += 3)
        {
            TurnHue(pixels.Slice(i, 3), shift);
        }
    }

    /// <summary>Replaces each pixel by its luma in all three channels.</summary>
    public static void Grayscale(Span<byte> pixels)
    {
        for (var i = 0; i + 2 < pixels.Length; i += 3)
        {
            pixels.Slice(i, 3).Fill(Luma(pixels[i], pixels[i + 1], pixels[i + 2]));
        }
    }

    private static byte Luma(int red, int green, int blue) => (byte)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);

    private static byte Blend(int from, int to, float factor) => (byte)Math.Clamp(from + factor * (to - from), 0f, 255f);

    private static void Map(Span<byte> pixels, int from, float factor)
    {
        if (factor == 1)
        {
            return;
        }
        Span<byte> table = stackalloc byte[256];
        for (var value = 0; value < 256; value++)
        {
            table[value] = Blend(from, value, factor);
        }
        foreach (ref var pixel in pixels)
        {
            pixel = table[pixel];
        }
    }

    private static void TurnHue(Span<byte> pixel, int shift)
    {
        int red = pixel[0], green = pixel[1], blue = pixel[2];
        var max = Math.Max(red, Math.Max(green, blue));
        var min = Math.Min(red, Math.Min(green, blue));
        if (max == min)
        {
            return; // no hue: saturation 0 comes back as the same gray
        }
        float range = max - min;
        var saturation = (int)(range / max * 255.0);
        if (saturation == 0)
        {
            pixel.Fill((byte)max);
            return;
        }
        float r = (max - red) / range, g = (max - green) / range, b = (max - blue) / range;
        var sector = red == max ? b - g : green == max ? (float)(2.0 + r - b) : (float)(4.0 + g - r);
        var turned = sector / 6.0 + 1.0; // 0.83 to 1.84; its fraction is the place on the circle
        var circle = (float)(turned >= 1 ? turned - 1 : turned);
        var hue = (byte)((int)(circle * 255.0) + shift); // wraps around as a uint8 does

        var strength = (float)(saturation / 255.0);
        var position = hue * 6.0 / 255.0;
        var index = (int)position;
        var rest = (float)(position - index);
        var low = Round(max * (1.0 - strength));
        var falling = Round(max * (1.0 - strength * rest));
        var rising = Round(max * (1.0 - strength * (1.0 - rest)));
        var top = (byte)max;
        (pixel[0], pixel[1], pixel[2]) = (index % 6) switch
        {
            0 => (top, rising, low),
            1 => (falling, top, low),
            2 => (low, top, rising),
            3 => (low, falling, top),
            4 => (rising, low, top),
            _ => (top, low, falling),
        };

        static byte Round(double value) => (byte)(value + 0.5); // 0 to 255
    }
}

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
