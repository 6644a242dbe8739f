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
    public static long[] Random(long[] candidates, int count, RandomStream random)
    {
        if (candidates.Length <= count)
        {
            return candidates;
        }

        // The first steps of a shuffle.
        var pool = (long[])candidates.Clone();
        for (var i = 0; i < count; i++)
        {
            var j = i + random.Below(pool.Length - i);
            (pool[i], pool[j]) = (pool[j], pool[i]);
        }

        var chosen = pool[..count];
        Array.Sort(chosen);
        return chosen;
    }

    /// <summary>The first ones: what reference cases take, so that they can be repeated.</summary>
    public static long[] First(long[] candidates, int count, RandomStream random) => candidates[..Math.Min(count, candidates.Length)];

    /// <summary>
    /// Some of the boxes that belong to an object and some of the background, as detectors sample both stages: positives up to their share,
    /// then background up to the wanted number.
    /// </summary>
    /// <param name="sampler">Chooses among the boxes of a kind.</param>
    /// <param name="index">The object of each box, as in <see cref="BoxMatches.Index"/>.</param>
    /// <param name="count">Largest number of both.</param>
    /// <param name="positiveShare">Largest share of positives, in [0, 1].</param>
    /// <param name="random">What may be drawn from.</param>
    public static (long[] Positives, long[] Negatives) Balanced(
        this SubsetSampler sampler, ReadOnlySpan<long> index, int count, double positiveShare, RandomStream random)
    {
        var (positives, negatives) = (new List<long>(), new List<long>(index.Length));
        for (var i = 0; i < index.Length; i++)
        {
            if (index[i] >= 0)
            {
                positives.Add(i);
            }
            else if (index[i] == BoxMatches.Background)
            {
                negatives.Add(i);
            }
        }

        var chosen = sampler([.. positives], (int)(count * positiveShare), random.Split(0));
        return (chosen, sampler([.. negatives], count - chosen.Length, random.Split(1)));
    }
}
