using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>Which image, in which pass over the data set; together with the seed it fixes the sample's pixels.</summary>
/// <param name="Image">Index into the data set's images.</param>
/// <param name="Epoch">0-based pass in which the image is drawn.</param>
public readonly record struct SampleKey(int Image, int Epoch);

/// <summary>
/// Endless sequences of batches. They are functions of their arguments alone: a run that resumes at iteration k skips k batches and
/// goes on exactly as before.
/// </summary>
public static class BatchOrder
{
    /// <summary>Each epoch a fresh permutation; batches run across the ends of epochs (detectron2's TrainingSampler).</summary>
    /// <param name="images">Number of images, positive.</param>
    /// <param name="batchSize">Images a batch, positive.</param>
    /// <param name="seed">Fixes all permutations.</param>
    public static IEnumerable<IReadOnlyList<SampleKey>> Shuffled(int images, int batchSize, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        return Keys(images, seed).Chunk(batchSize);
    }

    /// <summary>
    /// As <see cref="Shuffled"/>, but each batch holds either only wide (width &gt; height) or only tall images, so that little padding
    /// is needed; a batch appears when its group is full (detectron2's AspectRatioGroupedDataset).
    /// </summary>
    /// <param name="wide">For each image, whether it is wider than high; not empty.</param>
    /// <param name="batchSize">Images a batch, positive.</param>
    /// <param name="seed">Fixes all permutations.</param>
    public static IEnumerable<IReadOnlyList<SampleKey>> GroupedByAspect(IReadOnlyList<bool> wide, int batchSize, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfZero(wide.Count, nameof(wide));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        return Group(wide, batchSize, seed);
    }

    private static IEnumerable<IReadOnlyList<SampleKey>> Group(IReadOnlyList<bool> wide, int batchSize, ulong seed)
    {
        List<SampleKey>[] groups = [[], []];
        foreach (var key in Keys(wide.Count, seed))
        {
            var group = groups[wide[key.Image] ? 1 : 0];
            group.Add(key);
            if (group.Count == batchSize)
            {
                yield return group.ToArray();
                group.Clear();
            }
        }
    }

    private static IEnumerable<SampleKey> Keys(int images, ulong seed)
    {
        var root = new RandomStream(seed);
        var order = new int[images];
        for (var epoch = 0; ; epoch++)
        {
            for (var i = 0; i < images; i++)
            {
                order[i] = i;
            }
            root.Split((ulong)epoch).Shuffle(order.AsSpan());
            foreach (var image in order)
            {
                yield return new SampleKey(image, epoch);
            }
        }
    }
}
