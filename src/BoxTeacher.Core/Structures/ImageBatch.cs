using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>
/// Images of different sizes in one tensor: normalised, padded with zeros to the right and to the bottom.
/// The batch owns its tensor.
/// </summary>
public sealed class ImageBatch : IDisposable
{
    /// <summary>Takes ownership of a padded tensor.</summary>
    /// <param name="images">[N,3,H,W], floating point.</param>
    /// <param name="sizes">The N sizes without padding.</param>
    /// <exception cref="ArgumentException">The tensor is not [N,3,H,W] of N sizes, or a size exceeds H x W.</exception>
    public ImageBatch(Tensor images, IReadOnlyList<ImageSize> sizes)
    {
        var shape = images.shape;
        if (shape.Length != 4 || shape[0] != sizes.Count)
            throw new ArgumentException($"A batch of {sizes.Count} images needs a tensor [{sizes.Count},C,H,W], not [{string.Join(',', shape)}].", nameof(images));
        PaddedSize = new ImageSize((int)shape[2], (int)shape[3]);
        foreach (var size in sizes)
            if (size.Height > PaddedSize.Height || size.Width > PaddedSize.Width)
                throw new ArgumentException($"An image of {size} does not fit into the batch's {PaddedSize}.", nameof(sizes));
        Images = images.DetachFromDisposeScope();
        Sizes = sizes;
    }

    /// <summary>The padded images, [N,3,H,W].</summary>
    public Tensor Images { get; }

    /// <summary>Sizes of the images without padding.</summary>
    public IReadOnlyList<ImageSize> Sizes { get; }

    /// <summary>Number of images, N.</summary>
    public int Count => Sizes.Count;

    /// <summary>The common size H x W after padding.</summary>
    public ImageSize PaddedSize { get; }

    /// <summary>Pads images to their common size, rounded up to a multiple of the coarsest stride.</summary>
    /// <param name="images">Each [3,h,w], normalised: the padding is zero after normalisation.</param>
    /// <param name="divisor">The padded sides become multiples of it; 32 for a five-stage backbone.</param>
    /// <returns>A batch with a tensor of its own; the inputs stay with the caller.</returns>
    /// <exception cref="ArgumentException">There is no image.</exception>
    public static ImageBatch Collate(IReadOnlyList<Tensor> images, int divisor = 32)
    {
        if (images.Count == 0)
            throw new ArgumentException("A batch needs at least one image.", nameof(images));
        using var scope = NewDisposeScope();
        var sizes = new ImageSize[images.Count];
        for (var i = 0; i < sizes.Length; i++)
        {
            var shape = images[i].shape;
            sizes[i] = new ImageSize((int)shape[1], (int)shape[2]);
        }
        var padded = PaddedSizeOf(sizes, divisor);
        var batch = zeros(sizes.Length, images[0].shape[0], padded.Height, padded.Width, images[0].dtype, images[0].device);
        for (var i = 0; i < sizes.Length; i++)
            batch[i].narrow(1, 0, sizes[i].Height).narrow(2, 0, sizes[i].Width).copy_(images[i]);
        return new ImageBatch(batch, sizes);
    }

    /// <summary>The common padded size of images: the largest sides, each rounded up to a multiple of <paramref name="divisor"/>.</summary>
    public static ImageSize PaddedSizeOf(IReadOnlyList<ImageSize> sizes, int divisor = 32)
    {
        int RoundUp(int side) => (side + divisor - 1) / divisor * divisor;
        return new ImageSize(RoundUp(sizes.Max(size => size.Height)), RoundUp(sizes.Max(size => size.Width)));
    }

    /// <inheritdoc/>
    public void Dispose() => Images.Dispose();
}
