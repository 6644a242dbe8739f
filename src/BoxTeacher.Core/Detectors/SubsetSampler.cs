using BoxTeacher.Structures;

namespace BoxTeacher.Detectors;

/// <summary>Chooses at most <paramref name="count"/> of some candidates.</summary>
/// <param name="candidates">Ascending indices.</param>
/// <param name="count">Largest number of them, 0 or more.</param>
/// <param name="random">What may be drawn from.</param>
/// <returns>The chosen indices, ascending.</returns>
public delegate long[] SubsetSampler(long[] candidates, int count, RandomStream random);

/// <summary>How subsets are chosen.</summary>
public static class Subset
{
    /// <summary>Each subset of the wanted size with the same probability, as detectors are trained.</summary>
    public static long[] Random(long[] candidates, int count, RandomStream random) => throw new NotImplementedException();

    /// <summary>The first ones: what reference cases take, so that they can be repeated.</summary>
    public static long[] First(long[] candidates, int count, RandomStream random) => throw new NotImplementedException();
}
