using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>A rectangle of whole pixels.</summary>
/// <param name="Top">First row.</param>
/// <param name="Left">First column.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public readonly record struct PixelRectangle(int Top, int Left, int Height, int Width)
{
    /// <summary>The pixels of an image that lie in any of some rectangles: [h, w] bool.</summary>
    /// <param name="rectangles">Within the image.</param>
    /// <param name="size">The image's, h x w.</param>
    /// <param name="device">Where the tensor is put.</param>
    public static Tensor Union(IReadOnlyList<PixelRectangle> rectangles, ImageSize size, Device device)
    {
        using var scope = NewDisposeScope();
        var mask = zeros([size.Height, size.Width], @bool, device);
        foreach (var rectangle in rectangles)
        {
            mask.narrow(0, rectangle.Top, rectangle.Height).narrow(1, rectangle.Left, rectangle.Width).fill_(true);
        }

        return mask.MoveToOuterDisposeScope();
    }
}
