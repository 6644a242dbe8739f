using System.Numerics;

namespace BoxTeacher.Structures;

/// <summary>
/// An axis-aligned box in absolute pixels. The corner and the extent are stored, because COCO files state them and
/// evaluation must see the very numbers of the file; the far corner is their sum.
/// </summary>
public readonly record struct Box
{
    private Box(double x, double y, double width, double height) => (X0, Y0, Width, Height) = (x, y, width, height);

    /// <summary>Left edge.</summary>
    public double X0 { get; }

    /// <summary>Top edge.</summary>
    public double Y0 { get; }

    /// <summary>Horizontal extent.</summary>
    public double Width { get; }

    /// <summary>Vertical extent.</summary>
    public double Height { get; }

    /// <summary>Right edge.</summary>
    public double X1 => X0 + Width;

    /// <summary>Bottom edge.</summary>
    public double Y1 => Y0 + Height;

    /// <summary>Width times height.</summary>
    public double Area => Width * Height;

    /// <summary>A box from its left, top, right and bottom edges (xyxy).</summary>
    /// <param name="x0">Left edge.</param>
    /// <param name="y0">Top edge.</param>
    /// <param name="x1">Right edge.</param>
    /// <param name="y1">Bottom edge.</param>
    public static Box FromCorners(double x0, double y0, double x1, double y1) => new(x0, y0, x1 - x0, y1 - y0);

    /// <summary>A box from its left and top edge and its extent (COCO's xywh).</summary>
    /// <param name="x">Left edge.</param>
    /// <param name="y">Top edge.</param>
    /// <param name="width">Horizontal extent.</param>
    /// <param name="height">Vertical extent.</param>
    public static Box FromSize(double x, double y, double width, double height) => new(x, y, width, height);

    /// <summary>The part of the box that lies in an image; a box of no width or no height where none does.</summary>
    /// <param name="size">The image's size.</param>
    public Box ClippedTo(ImageSize size) => FromCorners(
        Math.Clamp(X0, 0, size.Width), Math.Clamp(Y0, 0, size.Height), Math.Clamp(X1, 0, size.Width), Math.Clamp(Y1, 0, size.Height));

    /// <summary>
    /// Intersection over union as the COCO tools define it: areas without "+ 1", touching boxes do not overlap.
    /// </summary>
    /// <param name="detection">The detected box.</param>
    /// <param name="truth">The true box.</param>
    /// <param name="crowd">Whether the truth is a crowd region: then the denominator is the detection's area.</param>
    /// <returns>A value in [0, 1].</returns>
    public static double IoU(Box detection, Box truth, bool crowd = false)
    {
        var (shared, sum) = (
            Shared(Math.Min(detection.X1, truth.X1) - Math.Max(detection.X0, truth.X0),
                Math.Min(detection.Y1, truth.Y1) - Math.Max(detection.Y0, truth.Y0)),
            detection.Area + truth.Area);
        return Ratio(shared, crowd ? detection.Area : sum - shared);
    }

    /// <summary>The same of two boxes of four numbers, xyxy, in single precision as detectors have them.</summary>
    /// <returns>A value in [0, 1]; 0 where they share no area.</returns>
    public static float IoU(ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        var shared = Shared(
            MathF.Min(left[2], right[2]) - MathF.Max(left[0], right[0]), MathF.Min(left[3], right[3]) - MathF.Max(left[1], right[1]));
        var sum = (left[2] - left[0]) * (left[3] - left[1]) + (right[2] - right[0]) * (right[3] - right[1]);
        return Ratio(shared, sum - shared);
    }

    // The sides of an overlap are not positive, or no numbers, where there is none.
    private static T Shared<T>(T width, T height) where T : INumber<T> => width > T.Zero && height > T.Zero ? width * height : T.Zero;

    private static T Ratio<T>(T shared, T union) where T : INumber<T> => shared > T.Zero ? shared / union : T.Zero;
}
