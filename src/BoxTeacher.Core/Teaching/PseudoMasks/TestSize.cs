using BoxTeacher.Structures;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Teaching.PseudoMasks;

/// <summary>
/// The size that a published teacher sees images in: the short side as given, unless the long side became too long.
/// </summary>
/// <param name="ShortSide">Wanted short side in pixels; 800 in all published recipes.</param>
/// <param name="LongSide">Largest long side in pixels; 1333 in all published recipes.</param>
public sealed record TestSize(int ShortSide = 800, int LongSide = 1333)
{
    /// <summary>The size for an image, sides rounded half up.</summary>
    public ImageSize For(ImageSize size)
    {
        var scale = (double)ShortSide / int.Min(size.Height, size.Width);
        var (height, width) = size.Height < size.Width
            ? (ShortSide, scale * size.Width)
            : (scale * size.Height, (double)ShortSide);
        if (double.Max(height, width) > LongSide)
        {
            scale = LongSide / double.Max(height, width);
            (height, width) = (height * scale, width * scale);
        }

        return new ImageSize((int)(height + 0.5), (int)(width + 0.5));
    }

    /// <summary>
    /// Resizes the images of a batch, without their padding, bilinearly (corners not aligned, no antialias), and pads
    /// them anew.
    /// </summary>
    /// <param name="batch">Normalised images.</param>
    /// <param name="divisor">The padded sides become multiples of it.</param>
    /// <returns>A batch of its own.</returns>
    public ImageBatch Resize(ImageBatch batch, int divisor = 32)
    {
        using var scope = NewDisposeScope();
        return ImageBatch.Collate([.. batch.Sizes.Select((size, image) => Resize(batch.Images.narrow(0, image, 1), size))], divisor);
    }

    private Tensor Resize(Tensor padded, ImageSize size)
    {
        var image = padded.narrow(2, 0, size.Height).narrow(3, 0, size.Width);
        var target = For(size);
        return target == size
            ? image[0]
            : F.interpolate(image, [target.Height, target.Width], mode: InterpolationMode.Bilinear, align_corners: false)[0];
    }
}
