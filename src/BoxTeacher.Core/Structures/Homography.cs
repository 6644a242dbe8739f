using static TorchSharp.torch;

namespace BoxTeacher.Structures;

/// <summary>
/// A map from one pixel plane to another, as a 3x3 matrix in double precision: (x, y, 1) becomes (u, v, w), the point (u/w, v/w). Resize,
/// flip, shift, rotation, shear and perspective are of this form, and so are their products and inverses; labels cross from view to view
/// through it.
/// </summary>
/// <param name="M00">First row, factor of x in u.</param>
/// <param name="M01">First row, factor of y in u.</param>
/// <param name="M02">First row, pixels added to u.</param>
/// <param name="M10">Second row, factor of x in v.</param>
/// <param name="M11">Second row, factor of y in v.</param>
/// <param name="M12">Second row, pixels added to v.</param>
/// <param name="M20">Third row, factor of x in w; 0 without perspective.</param>
/// <param name="M21">Third row, factor of y in w; 0 without perspective.</param>
/// <param name="M22">Third row, 1 without perspective.</param>
public readonly record struct Homography(
    double M00, double M01, double M02, double M10, double M11, double M12, double M20 = 0, double M21 = 0, double M22 = 1)
{
    /// <summary>Leaves every point where it is.</summary>
    public static Homography Identity { get; } = new(1, 0, 0, 0, 1, 0);

    /// <summary>Resizes: coordinates are multiplied by the ratios of the sizes (detectron2's ResizeTransform).</summary>
    public static Homography Resize(ImageSize source, ImageSize target) =>
        new((double)target.Width / source.Width, 0, 0, 0, (double)target.Height / source.Height, 0);

    /// <summary>Mirrors left and right: x becomes width - x (detectron2's HFlipTransform).</summary>
    public static Homography HorizontalFlip(int width) => new(-1, 0, width, 0, 1, 0);

    /// <summary>Shifts.</summary>
    /// <param name="x">Pixels to the right.</param>
    /// <param name="y">Pixels downwards.</param>
    public static Homography Translate(double x, double y) => new(1, 0, x, 0, 1, y);

    /// <summary>Turns around the origin, clockwise on the screen.</summary>
    /// <param name="degrees">The angle.</param>
    public static Homography Rotate(double degrees)
    {
        var (sine, cosine) = Math.SinCos(degrees * Math.PI / 180);
        return new Homography(cosine, -sine, 0, sine, cosine, 0);
    }

    /// <summary>Shears: x grows by <paramref name="x"/> times y, y by <paramref name="y"/> times x.</summary>
    public static Homography Shear(double x, double y) => new(1, x, 0, y, 1, 0);

    /// <summary>This map followed by <paramref name="next"/>.</summary>
    public Homography Then(Homography next)
    {
        var (a, b) = (next, this);
        return new Homography(
            a.M00 * b.M00 + a.M01 * b.M10 + a.M02 * b.M20,
            a.M00 * b.M01 + a.M01 * b.M11 + a.M02 * b.M21,
            a.M00 * b.M02 + a.M01 * b.M12 + a.M02 * b.M22,
            a.M10 * b.M00 + a.M11 * b.M10 + a.M12 * b.M20,
            a.M10 * b.M01 + a.M11 * b.M11 + a.M12 * b.M21,
            a.M10 * b.M02 + a.M11 * b.M12 + a.M12 * b.M22,
            a.M20 * b.M00 + a.M21 * b.M10 + a.M22 * b.M20,
            a.M20 * b.M01 + a.M21 * b.M11 + a.M22 * b.M21,
            a.M20 * b.M02 + a.M21 * b.M12 + a.M22 * b.M22);
    }

    /// <summary>The way back.</summary>
    /// <exception cref="InvalidOperationException">The map flattens the plane, so that there is none.</exception>
    public Homography Inverse()
    {
        var (c00, c01, c02) = (M11 * M22 - M12 * M21, M02 * M21 - M01 * M22, M01 * M12 - M02 * M11);
        var (c10, c11, c12) = (M12 * M20 - M10 * M22, M00 * M22 - M02 * M20, M02 * M10 - M00 * M12);
        var (c20, c21, c22) = (M10 * M21 - M11 * M20, M01 * M20 - M00 * M21, M00 * M11 - M01 * M10);
        var determinant = M00 * c00 + M01 * c10 + M02 * c20;
        return determinant != 0 && double.IsFinite(determinant)
            ? new Homography(
                c00 / determinant, c01 / determinant, c02 / determinant,
                c10 / determinant, c11 / determinant, c12 / determinant,
                c20 / determinant, c21 / determinant, c22 / determinant)
            : throw new InvalidOperationException("A map that flattens the plane has no inverse.");
    }

    /// <summary>The point's place.</summary>
    public (double X, double Y) Apply(double x, double y)
    {
        var w = M20 * x + M21 * y + M22;
        return ((M00 * x + M01 * y + M02) / w, (M10 * x + M11 * y + M12) / w);
    }

    /// <summary>The box around the four moved corners; not clipped.</summary>
    public Box Apply(Box box)
    {
        var (ax, ay) = Apply(box.X0, box.Y0);
        var (bx, by) = Apply(box.X1, box.Y1);
        var (cx, cy) = Apply(box.X1, box.Y0);
        var (dx, dy) = Apply(box.X0, box.Y1);
        return Box.FromCorners(
            Math.Min(Math.Min(ax, bx), Math.Min(cx, dx)), Math.Min(Math.Min(ay, by), Math.Min(cy, dy)),
            Math.Max(Math.Max(ax, bx), Math.Max(cx, dx)), Math.Max(Math.Max(ay, by), Math.Max(cy, dy)));
    }

    /// <summary>The boxes around the moved corners of boxes [n, 4], xyxy; not clipped.</summary>
    public Tensor Apply(Tensor boxes)
    {
        using var scope = NewDisposeScope();
        // Corners in the order left top, right top, right bottom, left bottom: [n, 4].
        var x = boxes.index_select(1, DeviceValues.Of([0, 2, 2, 0], boxes.device));
        var y = boxes.index_select(1, DeviceValues.Of([1, 1, 3, 3], boxes.device));
        var w = x * M20 + y * M21 + M22;
        var (u, v) = ((x * M00 + y * M01 + M02) / w, (x * M10 + y * M11 + M12) / w);
        return stack([u.amin(1), v.amin(1), u.amax(1), v.amax(1)], 1).MoveToOuterDisposeScope();
    }

    /// <summary>The boxes around the moved corners of boxes [n, 4], xyxy, clipped to an image of that size.</summary>
    public Tensor Apply(Tensor boxes, ImageSize size)
    {
        using var scope = NewDisposeScope();
        return Instances.Clip(Apply(boxes), size).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Masks in the plane that the map leads to: each pixel takes the value of the nearest one that it comes from, 0 outside.
    /// </summary>
    /// <param name="masks">[n, h, w] of any type.</param>
    /// <param name="size">Size to give.</param>
    /// <returns>[n, size.Height, size.Width] of the same type.</returns>
    public Tensor Sample(Tensor masks, ImageSize size)
    {
        using var scope = NewDisposeScope();
        var (height, width) = ((int)masks.size(1), (int)masks.size(2));
        var sources = DeviceValues.Of(Sources(new ImageSize(height, width), size), masks.device);
        var padded = cat([masks.flatten(1), masks.new_zeros([masks.size(0), 1])], 1);
        return padded.index_select(1, sources).view(-1, size.Height, size.Width).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// For each pixel of the target, row by row, the row-major index of the source's pixel that its center comes from; the source's area
    /// for one that comes from outside.
    /// </summary>
    public long[] Sources(ImageSize source, ImageSize target)
    {
        var back = Inverse();
        var result = new long[target.Area];
        for (var y = 0; y < target.Height; y++)
        {
            for (var x = 0; x < target.Width; x++)
            {
                var (fromX, fromY) = back.Apply(x + 0.5, y + 0.5);
                var (column, row) = ((long)Math.Floor(fromX), (long)Math.Floor(fromY));
                var isInside = column >= 0 && row >= 0 && column < source.Width && row < source.Height;
                result[(long)y * target.Width + x] = isInside ? row * source.Width + column : source.Area;
            }
        }

        return result;
    }
}
