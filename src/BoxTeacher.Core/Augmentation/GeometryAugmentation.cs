using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// The geometric side of a view: the short side is resized to one of several lengths (detectron2's ResizeShortestEdge, "choice"), then
/// the image is mirrored with some probability. No crop.
/// </summary>
/// <param name="ShortEdges">Lengths to choose from, in pixels; published training: 640, 672, 704, 736, 768, 800.</param>
/// <param name="MaxSize">Limit of the long side, in pixels; published: 1333.</param>
/// <param name="FlipProbability">Probability of the mirror image, 0..1.</param>
public sealed record GeometryAugmentation(IReadOnlyList<int> ShortEdges, int MaxSize, double FlipProbability)
{
    /// <summary>
    /// The published multi-scale training: short side 640..800 in steps of 32, long side at most 1333, half of them mirrored.
    /// </summary>
    public static GeometryAugmentation MultiScale { get; } = new([640, 672, 704, 736, 768, 800], 1333, 0.5);

    /// <summary>A random view of the image.</summary>
    public AugmentedImage Apply(Image image, RandomStream random)
    {
        var shortEdge = ShortEdges[random.Below(ShortEdges.Count)];
        var flip = random.Chance(FlipProbability);
        var view = Resize(image, shortEdge, MaxSize);
        return flip ? HorizontalFlip.Apply(view) : view;
    }

    /// <summary>The view for inference: resized, not mirrored.</summary>
    public static AugmentedImage Resize(Image image, int shortEdge, int maxSize)
    {
        var size = image.Size;
        var target = size.Resized(shortEdge, maxSize);
        return target == size
            ? new AugmentedImage(image, Homography.Identity)
            : new AugmentedImage(
                new Image(
                    BilinearResize.Apply(image.Pixels, size.Height, size.Width, target.Height, target.Width), target.Height, target.Width),
                Homography.Resize(size, target));
    }
}

/// <summary>An augmented image with the map that leads to it.</summary>
/// <param name="Image">The image.</param>
/// <param name="FromOriginal">From the original's pixels to its own.</param>
/// <param name="Erased">
/// The rectangles that were replaced by noise since pixels moved last; null where nothing records them.
/// </param>
public sealed record AugmentedImage(Image Image, Homography FromOriginal, IReadOnlyList<PixelRectangle>? Erased = null);

/// <summary>Mirrors interleaved RGB pixels left and right.</summary>
public static class HorizontalFlip
{
    /// <summary>The mirror image of a view.</summary>
    public static AugmentedImage Apply(AugmentedImage view)
    {
        var (image, transform) = (view.Image, view.FromOriginal);
        return new AugmentedImage(
            new Image(Apply(image.Pixels, image.Width), image.Height, image.Width),
            transform.Then(Homography.HorizontalFlip(image.Width)));
    }

    /// <summary>The mirror image of [height, <paramref name="width"/>, 3] bytes.</summary>
    /// <exception cref="ArgumentException">The pixels are not a whole number of rows.</exception>
    public static byte[] Apply(ReadOnlySpan<byte> pixels, int width)
    {
        if (width <= 0 || pixels.Length % (width * 3) != 0)
        {
            throw new ArgumentException($"{pixels.Length} bytes are not rows of {width} RGB pixels", nameof(pixels));
        }
        var result = new byte[pixels.Length];
        for (var row = 0; row < pixels.Length; row += width * 3)
        {
            for (var x = 0; x < width * 3; x += 3)
            {
                pixels.Slice(row + x, 3).CopyTo(result.AsSpan(row + width * 3 - 3 - x));
            }
        }
        return result;
    }
}
