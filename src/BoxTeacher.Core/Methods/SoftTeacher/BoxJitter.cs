using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>
/// Draws standard normal numbers for the copies of an image's boxes: [copies, boxes, 4], on any device. A function of the stream alone, so
/// that a resumed run repeats them.
/// </summary>
/// <param name="image">The image in its batch, 0-based.</param>
/// <param name="copies">J.</param>
/// <param name="boxes">n.</param>
/// <param name="random">A stream of the image's own.</param>
public delegate Tensor JitterNoise(int image, int copies, int boxes, RandomStream random);

/// <summary>
/// How much J refined copies [J, n, 4] of n boxes differ, relative to the box: [n, 4], of which filters take the mean. The second argument
/// is the boxes themselves, [n, 4]; all xyxy in pixels.
/// </summary>
public delegate Tensor RegressionVariance(Tensor refined, Tensor boxes);

/// <summary>
/// Box jittering (Soft Teacher, section 3.3): a box is moved a little, several times; where the detector's regression brings all copies to
/// the same place, the box is trusted.
/// </summary>
public static class BoxJitter
{
    /// <summary>The published number of copies.</summary>
    public const int PublishedTimes = 10;

    /// <summary>The published scale.</summary>
    public const double PublishedScale = 0.06;

    /// <summary>
    /// Each edge is moved by noise * scale * side, side being the width for x and the height for y, at least 1 pixel. Copies are not
    /// clipped, and edges may cross.
    /// </summary>
    /// <param name="boxes">[n, 4] xyxy in pixels.</param>
    /// <param name="noise">[J, n, 4] standard normal.</param>
    /// <param name="scale">Standard deviation of a move, in sides.</param>
    /// <returns>[J, n, 4].</returns>
    public static Tensor Apply(Tensor boxes, Tensor noise, double scale = PublishedScale)
    {
        using var scope = NewDisposeScope();
        var sides = (boxes.narrow(1, 2, 2) - boxes.narrow(1, 0, 2)).clamp(min: 1).repeat(1, 2);
        return (boxes + noise * (sides * scale)).MoveToOuterDisposeScope();
    }

    /// <summary><see cref="RandomStream.Normal"/> numbers in float32 on the CPU.</summary>
    public static Tensor Noise(int image, int copies, int boxes, RandomStream random)
    {
        var values = new float[copies * boxes * 4];
        foreach (ref var value in values.AsSpan())
        {
            value = (float)random.Normal();
        }

        return tensor(values, [copies, boxes, 4], device: CPU);
    }

    /// <summary>
    /// As coded by the authors: the standard deviation of each edge over the copies (of J - 1), divided by the width or height of the mean
    /// refined box, at least 1 pixel. The boxes themselves are not looked at.
    /// </summary>
    public static RegressionVariance OverMeanSides { get; } = (refined, _) =>
    {
        using var scope = NewDisposeScope();
        var mean = refined.mean([0]);
        var sides = (mean.narrow(1, 2, 2) - mean.narrow(1, 0, 2)).clamp(min: 1).repeat(1, 2);
        return (Deviation(refined) / sides).MoveToOuterDisposeScope();
    };

    /// <summary>
    /// The paper, eq. 8 and 9: the standard deviation of each edge, divided by half the sum of the box's width and height.
    /// </summary>
    public static RegressionVariance OverHalfSides { get; } = (refined, boxes) =>
    {
        using var scope = NewDisposeScope();
        var half = (boxes.narrow(1, 2, 2) - boxes.narrow(1, 0, 2)).sum(1, keepdim: true) / 2;
        return (Deviation(refined) / half).MoveToOuterDisposeScope();
    };

    // Over the copies, of J - 1. The library's own warns of images without boxes.
    private static Tensor Deviation(Tensor refined) =>
        ((refined - refined.mean([0])).square().sum([0]) / (refined.size(0) - 1)).sqrt();
}
