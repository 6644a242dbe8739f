namespace BoxTeacher.Augmentation;

/// <summary>
/// Color operations on interleaved 8-bit RGB pixels, in place, bit for bit as torchvision's on Pillow images (which the published
/// augmentations use): blends truncate towards zero in single precision, luma is ITU-R 601 in 16-bit fixed point.
/// </summary>
public static class ColorOperations
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
