using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>
/// An axis-aligned map from one pixel plane to another: x' = ScaleX x + OffsetX, y' = ScaleY y + OffsetY. Resize, flip and shift are of
/// this form, and so are their products and inverses; labels cross from view to view through them.
/// </summary>
/// <param name="ScaleX">Factor of x; negative for a mirror image.</param>
/// <param name="OffsetX">Pixels added to x.</param>
/// <param name="ScaleY">Factor of y.</param>
/// <param name="OffsetY">Pixels added to y.</param>
/// <param name="Target">Size of the image that the map leads to.</param>
public readonly record struct GeometricTransform(double ScaleX, double OffsetX, double ScaleY, double OffsetY, ImageSize Target)
{
    /// <summary>Leaves an image of the given size as it is.</summary>
    public static GeometricTransform Identity(ImageSize size) => new(1, 0, 1, 0, size);

    /// <summary>Resizes: coordinates are multiplied by the ratios of the sizes (detectron2's ResizeTransform).</summary>
    public static GeometricTransform Resize(ImageSize source, ImageSize target) =>
        new((double)target.Width / source.Width, 0, (double)target.Height / source.Height, 0, target);

    /// <summary>Mirrors left and right: x becomes width - x (detectron2's HFlipTransform).</summary>
    public static GeometricTransform HorizontalFlip(ImageSize size) => new(-1, size.Width, 1, 0, size);

    /// <summary>This map followed by <paramref name="next"/>.</summary>
    public GeometricTransform Then(GeometricTransform next) => new(
        next.ScaleX * ScaleX, next.ScaleX * OffsetX + next.OffsetX, next.ScaleY * ScaleY, next.ScaleY * OffsetY + next.OffsetY, next.Target);

    /// <summary>The way back to an image of size <paramref name="source"/>.</summary>
    public GeometricTransform Inverse(ImageSize source) => new(1 / ScaleX, -OffsetX / ScaleX, 1 / ScaleY, -OffsetY / ScaleY, source);

    /// <summary>The point's place in the target.</summary>
    public (double X, double Y) Apply(double x, double y) => (ScaleX * x + OffsetX, ScaleY * y + OffsetY);

    /// <summary>The box around the moved corners; not clipped.</summary>
    public Box Apply(Box box)
    {
        var (x1, y1) = Apply(box.X0, box.Y0);
        var (x2, y2) = Apply(box.X1, box.Y1);
        return Box.FromCorners(Math.Min(x1, x2), Math.Min(y1, y2), Math.Max(x1, x2), Math.Max(y1, y2));
    }
}
