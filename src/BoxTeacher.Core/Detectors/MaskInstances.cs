using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The instances whose masks are computed, ordered by image: where each sits and the numbers that were generated for it.
/// The parameters belong to the dispose scope in which they were made.
/// </summary>
public sealed record MaskInstances
{
    /// <summary>Instances of a batch.</summary>
    /// <param name="images">Image of each, ascending.</param>
    /// <param name="levels">Pyramid level of each.</param>
    /// <param name="points">Their locations: 2M numbers, x and y in input pixels.</param>
    /// <param name="parameters">[M,K], from the controller.</param>
    /// <param name="boxes">In training, the index of each one's box among the boxes of the whole batch; empty otherwise.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the images are not ascending.</exception>
    public MaskInstances(int[] images, int[] levels, float[] points, Tensor parameters, int[]? boxes = null)
    {
        if (levels.Length != images.Length || points.Length != 2 * images.Length || parameters.size(0) != images.Length)
            throw new ArgumentException($"{images.Length} instances need as many levels, points and rows of parameters.");
        for (var i = 1; i < images.Length; i++)
            if (images[i] < images[i - 1])
                throw new ArgumentException("Instances must be ordered by image.", nameof(images));
        (Images, Levels, Points, Parameters, Boxes) = (images, levels, points, parameters, boxes ?? []);
    }

    /// <summary>Number of instances, M.</summary>
    public int Count => Images.Length;

    /// <summary>Image of each instance, ascending.</summary>
    public int[] Images { get; }

    /// <summary>Pyramid level of each instance.</summary>
    public int[] Levels { get; }

    /// <summary>x and y of each instance, in input pixels.</summary>
    public float[] Points { get; }

    /// <summary>In training the box of each instance, counted over the whole batch.</summary>
    public int[] Boxes { get; }

    /// <summary>Generated numbers [M,K].</summary>
    public Tensor Parameters { get; }

    /// <summary>The instances of each image that has any: where they begin, and how many there are.</summary>
    public IEnumerable<(int Image, int Start, int Count)> Runs()
    {
        for (var (start, end) = (0, 0); start < Count; start = end)
        {
            while (end < Count && Images[end] == Images[start])
                end++;
            yield return (Images[start], start, end - start);
        }
    }
}
