using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>
/// Maps of an image onto a canvas of its own size. There is no half-pixel correction, as in OpenCV: the matrix moves pixel indices, and
/// labels by the same numbers.
/// </summary>
public static class CanvasMaps
{
    /// <summary>Turns around ((w - 1) / 2, (h - 1) / 2), clockwise on the screen.</summary>
    public static Homography Rotation(ImageSize size, double degrees)
    {
        var (x, y) = ((size.Width - 1) * 0.5, (size.Height - 1) * 0.5);
        return Homography.Translate(-x, -y).Then(Homography.Rotate(degrees)).Then(Homography.Translate(x, y));
    }

    /// <summary>Shifts by shares of the width and the height; not rounded to pixels.</summary>
    public static Homography Translation(ImageSize size, double x, double y) => Homography.Translate(x * size.Width, y * size.Height);

    /// <summary>Horizontal shear by the hyperbolic tangent of an angle, to the left for a positive one (microsoft/SoftTeacher).</summary>
    public static Homography HyperbolicShearX(double degrees) => Homography.Shear(Math.Tanh(-Radians(degrees)), 0);

    /// <summary>Vertical shear by the hyperbolic tangent of an angle, downwards for a positive one (microsoft/SoftTeacher).</summary>
    public static Homography HyperbolicShearY(double degrees) => Homography.Shear(0, Math.Tanh(Radians(degrees)));

    /// <summary>Horizontal shear by the tangent of an angle, to the right for a positive one (mmdetection 3).</summary>
    public static Homography ShearX(double degrees) => Homography.Shear(Math.Tan(Radians(degrees)), 0);

    /// <summary>Vertical shear by the tangent of an angle, downwards for a positive one (mmdetection 3).</summary>
    public static Homography ShearY(double degrees) => Homography.Shear(0, Math.Tan(Radians(degrees)));

    private static double Radians(double degrees) => degrees * Math.PI / 180;
}

/// <summary>Choices of geometric operations. All keep the canvas and fill what comes from outside of it.</summary>
public static class GeometryChoices
{
    /// <summary>
    /// One of horizontal shift, vertical shift, rotation, and horizontal followed by vertical shear; all draws are uniform
    /// (microsoft/SoftTeacher, <c>rand_aug.py</c>).
    /// </summary>
    /// <param name="translation">Largest shift, a share of the side; published: 0.1.</param>
    /// <param name="rotation">Largest angle in degrees; published: 30.</param>
    /// <param name="shear">Largest angle in degrees; published: 30.</param>
    /// <param name="fill">Value of what comes from outside; published: 125.</param>
    public static ViewOperation OneOfFour(double translation, double rotation, double shear, byte fill) => ViewOperations.OneOf(
        Move(fill, (size, random) => CanvasMaps.Translation(size, Between(random, translation), 0)),
        Move(fill, (size, random) => CanvasMaps.Translation(size, 0, Between(random, translation))),
        Move(fill, (size, random) => CanvasMaps.Rotation(size, Between(random, rotation))),
        ViewOperations.InOrder(
            Move(fill, (_, random) => CanvasMaps.HyperbolicShearX(Between(random, shear))),
            Move(fill, (_, random) => CanvasMaps.HyperbolicShearY(Between(random, shear)))));

    /// <summary>
    /// One of rotation, horizontal shear, vertical shear, horizontal shift and vertical shift; magnitudes are uniform from 0 on and
    /// rounded to one decimal, so that a shift is 0 or 0.1, and negative in half of the cases (mmdetection 3, <c>geometric.py</c>).
    /// </summary>
    /// <param name="translation">Largest shift, a share of the side; published: 0.1.</param>
    /// <param name="rotation">Largest angle in degrees; published: 30.</param>
    /// <param name="shear">Largest angle in degrees; published: 30.</param>
    /// <param name="fill">Value of what comes from outside; published: 128.</param>
    public static ViewOperation OneOfFive(double translation, double rotation, double shear, byte fill) => ViewOperations.OneOf(
        Move(fill, (size, random) => CanvasMaps.Rotation(size, Rounded(random, rotation))),
        Move(fill, (_, random) => CanvasMaps.ShearX(Rounded(random, shear))),
        Move(fill, (_, random) => CanvasMaps.ShearY(Rounded(random, shear))),
        Move(fill, (size, random) => CanvasMaps.Translation(size, Rounded(random, translation), 0)),
        Move(fill, (size, random) => CanvasMaps.Translation(size, 0, Rounded(random, translation))));

    /// <summary>Moves the pixels of a view by a map of its canvas.</summary>
    /// <param name="fill">Value of what comes from outside.</param>
    /// <param name="draw">The map, for a canvas of some size.</param>
    public static ViewOperation Move(byte fill, Func<ImageSize, RandomStream, Homography> draw) => (view, random) =>
    {
        var map = draw(view.Image.Size, random);
        return new AugmentedImage(AffineWarp.Apply(view.Image, map, fill), view.FromOriginal.Then(map));
    };

    private static double Between(RandomStream random, double limit) => random.Uniform(-limit, limit);

    private static double Rounded(RandomStream random, double limit)
    {
        var magnitude = Math.Round(random.Uniform(0, limit), 1, MidpointRounding.ToEven);
        return random.Chance(0.5) ? -magnitude : magnitude;
    }
}
