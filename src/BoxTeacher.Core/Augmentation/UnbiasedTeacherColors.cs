using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// The colors of Unbiased Teacher's strong view, which Polite Teacher takes over: jitter, gray, Pillow's blur, then erasings, each with a
/// probability of its own. No pixel moves, labels stay as they are.
/// </summary>
/// <param name="Jitter">The color jitter.</param>
/// <param name="Grayscale">Probability of a gray image, 0..1.</param>
/// <param name="BlurProbability">Probability of the blur, 0..1.</param>
/// <param name="MinSigma">Smallest sigma of the blur, in pixels.</param>
/// <param name="MaxSigma">Largest sigma.</param>
/// <param name="Erasings">Applied one after the other.</param>
/// <param name="BlueAsRed">
/// Whether blue is taken for red and red for blue, as in the published code, which hands BGR pixels to operations on RGB ones.
/// </param>
public sealed record UnbiasedTeacherColors(
    ColorJitter Jitter,
    double Grayscale,
    double BlurProbability,
    double MinSigma,
    double MaxSigma,
    IReadOnlyList<RandomErasing> Erasings,
    bool BlueAsRed)
{
    /// <summary>As in facebookresearch/unbiased-teacher.</summary>
    public static UnbiasedTeacherColors Published { get; } =
        new(ColorAugmentation.Strong.Jitter, ColorAugmentation.Strong.Grayscale, 0.5, 0.1, 2, RandomErasing.UnbiasedTeacher, true);

    /// <summary>A view in other colors, which knows what was erased; the given one stays as it is.</summary>
    public AugmentedImage Apply(AugmentedImage view, RandomStream random)
    {
        IReadOnlyList<PixelRectangle> erased = [];
        var changed = ViewOperations.Pixels((pixels, size, draws) => erased = Apply(pixels, size, draws))(view, random);
        return changed with { Erased = [.. view.Erased ?? [], .. erased] };
    }

    /// <summary>Changes the pixels in place.</summary>
    /// <returns>The rectangles that were erased.</returns>
    public IReadOnlyList<PixelRectangle> Apply(Span<byte> pixels, ImageSize size, RandomStream random)
    {
        if (BlueAsRed)
        {
            Swap(pixels);
        }

        if (random.Chance(Jitter.Probability))
        {
            Jitter.Apply(pixels, random);
        }

        if (random.Chance(Grayscale))
        {
            ColorOperations.Grayscale(pixels);
        }

        if (random.Chance(BlurProbability))
        {
            BoxBlur.Apply(pixels, size, random.Uniform(MinSigma, MaxSigma));
        }

        var erased = new List<PixelRectangle>(Erasings.Count);
        foreach (var erasing in Erasings)
        {
            if (erasing.Apply(pixels, size, random) is { } patch)
            {
                erased.Add(patch);
            }
        }

        if (BlueAsRed)
        {
            Swap(pixels);
        }

        return erased;
    }

    private static void Swap(Span<byte> pixels)
    {
        for (var i = 0; i + 2 < pixels.Length; i += 3)
        {
            (pixels[i], pixels[i + 2]) = (pixels[i + 2], pixels[i]);
        }
    }
}
