using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>How the images of a batch come to one size. Padding is on the right and at the bottom.</summary>
/// <param name="Divisor">Padded sides are multiples of it; published: 32.</param>
/// <param name="Pixel">
/// What an image's own padding up to the next multiples holds before it is normalized, 0..255; beyond it all is 0 after normalization.
/// Null: all padding is 0 after normalization.
/// </param>
/// <param name="IsOneSize">Whether all views of a batch, labelled or not, weak or strong, get one size; else each view its own.</param>
public sealed record ImagePadding(int Divisor, byte? Pixel, bool IsOneSize)
{
    /// <summary>Zeros after normalization (detectron2, mmdetection 3).</summary>
    public static ImagePadding AfterNormalizing { get; } = new(32, null, false);

    /// <summary>
    /// Black pixels up to the next multiples, which normalization makes -mean, then zeros up to the batch's size, since all views are one
    /// tensor (microsoft/SoftTeacher).
    /// </summary>
    public static ImagePadding BeforeNormalizing { get; } = new(32, 0, true);

    /// <summary>The common size of images.</summary>
    /// <exception cref="ArgumentException">There is no image.</exception>
    public ImageSize SizeOf(IReadOnlyList<ImageSize> sizes) => ImageBatch.PaddedSizeOf(sizes, Divisor);
}
