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
public sealed record ColorJitter(double Probability, double Brightness, double Contrast, double Saturation, double Hue);

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
            JitterColors(pixels, random);
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

    private void JitterColors(Span<byte> pixels, RandomStream random)
    {
        Span<int> order = [0, 1, 2, 3];
        random.Shuffle(order);
        var brightness = Factor(Jitter.Brightness);
        var contrast = Factor(Jitter.Contrast);
        var saturation = Factor(Jitter.Saturation);
        var turn = random.Uniform(-Jitter.Hue, Jitter.Hue);
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
