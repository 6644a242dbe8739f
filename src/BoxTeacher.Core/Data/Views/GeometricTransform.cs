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

    /// <summary>
    /// The shape as a mask of the target: outlines are moved and then rasterised; a bitmap is sampled at the nearest pixel.
    /// </summary>
    /// <param name="shape">The shape in the original image.</param>
    /// <param name="source">The original image's size.</param>
    public RunLengthMask Apply(Segmentation shape, ImageSize source)
    {
        if (shape is Segmentation.Polygons outlines)
        {
            return RunLengthMask.FromPolygons([.. outlines.Rings.Select(Move)], Target.Height, Target.Width);
        }
        var mask = shape.ToMask(source);
        return this == Identity(source) ? mask : Sample(mask);
    }

    private double[] Move(double[] ring)
    {
        var moved = new double[ring.Length / 2 * 2];
        for (var i = 0; i < moved.Length; i += 2)
        {
            (moved[i], moved[i + 1]) = Apply(ring[i], ring[i + 1]);
        }
        return moved;
    }

    private RunLengthMask Sample(RunLengthMask mask)
    {
        var back = Inverse(mask.Size);
        var pixels = mask.Decode();
        var result = new byte[Target.Area];
        var columns = new int[Target.Width];
        for (var x = 0; x < columns.Length; x++)
        {
            columns[x] = Math.Clamp((int)Math.Floor(back.Apply(x + 0.5, 0).X), 0, mask.Width - 1);
        }
        for (var y = 0; y < Target.Height; y++)
        {
            var row = pixels.AsSpan(Math.Clamp((int)Math.Floor(back.Apply(0, y + 0.5).Y), 0, mask.Height - 1) * mask.Width, mask.Width);
            var output = result.AsSpan(y * Target.Width, Target.Width);
            for (var x = 0; x < columns.Length; x++)
            {
                output[x] = row[columns[x]];
            }
        }
        return RunLengthMask.Encode(result, Target.Height, Target.Width);
    }
}
