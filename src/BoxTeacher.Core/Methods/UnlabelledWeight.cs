namespace BoxTeacher.Methods;

/// <summary>The factor of all losses on unlabelled images.</summary>
/// <param name="iteration">Number of the step, 0-based.</param>
/// <param name="boxes">Pseudo boxes of the batch that the class loss learns from.</param>
public delegate double UnlabelledWeight(long iteration, int boxes);

/// <summary>The published courses.</summary>
public static class UnlabelledWeights
{
    /// <summary>
    /// The same at all steps, also where there are no pseudo boxes. Soft Teacher: 4; 2 with all of COCO labelled; Polite Teacher: 2.
    /// </summary>
    public static UnlabelledWeight Constant(double weight) => (_, _) => weight;

    /// <summary>mmdetection 3's base class for other detectors: 0 where a batch has no pseudo box.</summary>
    public static UnlabelledWeight WithPseudoBoxes(UnlabelledWeight weight) =>
        (iteration, boxes) => boxes > 0 ? weight(iteration, boxes) : 0;

    /// <summary>An option of Soft Teacher's code, unused in its recipes: rises from 0 over so many steps.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="steps"/> is below 1.</exception>
    public static UnlabelledWeight Rising(double weight, long steps)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 1);
        return (iteration, _) => weight * double.Min(1, (double)iteration / steps);
    }
}
