using BoxTeacher.Structures;

using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>Masks of images as a coarser grid sees them: every stride-th pixel from stride / 2 on.</summary>
public static class MaskTargets
{
    /// <summary>A view of masks [n, height, width]: the pixels at stride / 2 + k * stride.</summary>
    public static Tensor Samples(Tensor masks, int stride) => masks
        .slice(1, stride / 2, masks.size(1), stride)
        .slice(2, stride / 2, masks.size(2), stride);

    /// <summary>The true masks of a batch on the grid, image after image, 0 in the padding.</summary>
    /// <param name="view">Images with the masks of their truth.</param>
    /// <param name="stride">Pixels per cell.</param>
    /// <returns>[G, h, w] float32.</returns>
    /// <exception cref="ArgumentException">An image with boxes has no masks.</exception>
    public static Tensor Of(View view, int stride)
    {
        using var scope = NewDisposeScope();
        var (size, images) = (view.Images.PaddedSize, view.Images.Images);
        var result = zeros(view.Truth.Sum(truth => truth.Count), size.Height / stride, size.Width / stride, float32, images.device);
        var first = 0;
        foreach (var (image, truth) in view.Truth.Index().Where(entry => entry.Item.Count > 0))
        {
            var masks = truth.Masks ?? throw new ArgumentException(
                $"Image {image} of the batch has boxes but no masks, and this method learns from masks.", nameof(view));
            var samples = Samples(masks, stride);
            result.narrow(0, first, truth.Count).narrow(1, 0, samples.size(1)).narrow(2, 0, samples.size(2)).copy_(samples);
            first += truth.Count;
        }

        return result.MoveToOuterDisposeScope();
    }
}
