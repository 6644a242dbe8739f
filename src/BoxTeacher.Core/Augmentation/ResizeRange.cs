using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// Resize and mirror image as in mmdetection's pipelines: the ratio is kept, the short side is at most a random whole number of a range,
/// the long side at most <paramref name="MaxSize"/>; bilinear without antialias. The map has the exact ratios of the sides.
/// </summary>
/// <param name="MinShortEdge">Smallest short side, in pixels; published: 400.</param>
/// <param name="MaxShortEdge">Largest short side, in pixels, inclusive; published: 1200.</param>
/// <param name="MaxSize">Limit of the long side, in pixels; published: 1333.</param>
/// <param name="FlipProbability">Probability of the mirror image, 0..1; published: 0.5.</param>
public sealed record ResizeRange(int MinShortEdge, int MaxShortEdge, int MaxSize, double FlipProbability)
{
    /// <summary>As in all published pipelines of Soft Teacher.</summary>
    public static ResizeRange Published { get; } = new(400, 1200, 1333, 0.5);

    /// <summary>Resizes a view and mirrors it by chance.</summary>
    public AugmentedImage Apply(AugmentedImage view, RandomStream random)
    {
        var shortEdge = MinShortEdge + random.Below(MaxShortEdge - MinShortEdge + 1);
        var flip = random.Chance(FlipProbability);
        var (image, map) = (view.Image, view.FromOriginal);
        var size = image.Size.Rescaled(shortEdge, MaxSize);
        var resized = new AugmentedImage(PlainResize.Apply(image, size), map.Then(Homography.Resize(image.Size, size)));
        return flip ? HorizontalFlip.Apply(resized) : resized;
    }
}
