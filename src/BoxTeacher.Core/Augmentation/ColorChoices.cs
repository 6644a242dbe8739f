using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>How strongly a color operation is applied, by chance.</summary>
/// <param name="Factor">Of color, contrast, brightness and sharpness; 1 changes nothing.</param>
/// <param name="Threshold">Of solarize, 0..256.</param>
/// <param name="Bits">That posterize keeps, 0..8.</param>
public sealed record ColorStrengths(
    Func<RandomStream, double> Factor, Func<RandomStream, double> Threshold, Func<RandomStream, int> Bits)
{
    /// <summary>
    /// A whole magnitude m of <paramref name="least"/>..<paramref name="most"/> on a scale of ten: factor 0.18 m + 0.1, threshold
    /// min(int(25.6 m), 255), 4 - int(0.4 m) bits (microsoft/SoftTeacher, <c>rand_aug.py</c>).
    /// </summary>
    /// <param name="least">Published: 1.</param>
    /// <param name="most">Published: 9, since the bound of 10 that the configuration states is exclusive.</param>
    public static ColorStrengths Whole(int least, int most)
    {
        return new ColorStrengths(
            random => FactorOf(Magnitude(random)), random => ThresholdOf(Magnitude(random)), random => BitsOf(Magnitude(random)));

        int Magnitude(RandomStream random) => least + random.Below(most - least + 1);
    }

    /// <summary>
    /// Uniform strengths, rounded to one decimal: factor 0.1..1.9, threshold 0..256, of 0..4 bits the next whole number (mmdetection 3,
    /// <c>colorspace.py</c>).
    /// </summary>
    public static ColorStrengths Continuous { get; } = new(
        random => Rounded(random, 0.1, 1.9), random => Rounded(random, 0, 256), random => (int)Math.Ceiling(Rounded(random, 0, 4)));

    /// <summary>The factor of a magnitude on a scale of ten.</summary>
    public static double FactorOf(int magnitude) => magnitude * 1.8 / 10 + 0.1;

    /// <summary>The threshold of a magnitude on a scale of ten.</summary>
    public static double ThresholdOf(int magnitude) => Math.Min(magnitude * 256 / 10, 255);

    /// <summary>The bits of a magnitude on a scale of ten.</summary>
    public static int BitsOf(int magnitude) => 4 - magnitude * 4 / 10;

    private static double Rounded(RandomStream random, double low, double high) =>
        Math.Round(random.Uniform(low, high), 1, MidpointRounding.ToEven);
}

/// <summary>Choices of color operations.</summary>
public static class ColorChoices
{
    /// <summary>
    /// One of identity, auto-contrast, equalize, solarize, color, contrast, brightness, sharpness and posterize, each as likely as the
    /// others (the released pipelines of Soft Teacher; the operations are Pillow's).
    /// </summary>
    public static ViewOperation OneOfNine(ColorStrengths strengths) => ViewOperations.OneOf(
        ViewOperations.Identity,
        ViewOperations.Pixels((pixels, _, _) => ColorOperations.AutoContrast(pixels)),
        ViewOperations.Pixels((pixels, _, _) => ColorOperations.Equalize(pixels)),
        ViewOperations.Pixels((pixels, _, random) => ColorOperations.Solarize(pixels, strengths.Threshold(random))),
        ViewOperations.Pixels((pixels, _, random) => ColorOperations.Saturation(pixels, (float)strengths.Factor(random))),
        ViewOperations.Pixels((pixels, _, random) => ColorOperations.Contrast(pixels, (float)strengths.Factor(random))),
        ViewOperations.Pixels((pixels, _, random) => ColorOperations.Brightness(pixels, (float)strengths.Factor(random))),
        ViewOperations.Pixels((pixels, size, random) => ColorOperations.Sharpness(pixels, size.Width, (float)strengths.Factor(random))),
        ViewOperations.Pixels((pixels, _, random) => ColorOperations.Posterize(pixels, strengths.Bits(random))));
}
