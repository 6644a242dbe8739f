using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>Which image, in which pass over the data set; together with the seed it fixes the sample's pixels.</summary>
/// <param name="Image">Index into the data set's images.</param>
/// <param name="Epoch">0-based pass in which the image is drawn.</param>
public readonly record struct SampleKey(int Image, int Epoch)
{
    /// <summary>What the sample draws from.</summary>
    internal RandomStream Stream(RandomStream augmentation) => augmentation.Split((ulong)Epoch).Split((ulong)Image);
}

/// <summary>The images of a batch of both kinds.</summary>
/// <param name="Labelled">Indices into the labelled images, at least one.</param>
/// <param name="Unlabelled">Indices into the unlabelled ones, at least one.</param>
public sealed record MixedKeys(IReadOnlyList<SampleKey> Labelled, IReadOnlyList<SampleKey> Unlabelled);

/// <summary>
/// Endless sequences of batches. They are functions of their arguments alone: a run that resumes at iteration k skips k batches and
/// goes on exactly as before.
/// </summary>
public static class BatchOrder
{
    /// <summary>Each epoch a fresh permutation; batches run across the ends of epochs (detectron2's TrainingSampler).</summary>
    /// <param name="images">Number of images, positive.</param>
    /// <param name="batchSize">Images per batch, positive.</param>
    /// <param name="seed">Fixes all permutations.</param>
    public static IEnumerable<IReadOnlyList<SampleKey>> Shuffled(int images, int batchSize, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        return Keys(images, new RandomStream(seed)).Chunk(batchSize);
    }

    /// <summary>
    /// As <see cref="Shuffled"/>, but each batch holds either only wide (width &gt; height) or only tall images, so that little padding
    /// is needed; a batch appears when its group is full (detectron2's AspectRatioGroupedDataset).
    /// </summary>
    /// <param name="wide">For each image, whether it is wider than high; not empty.</param>
    /// <param name="batchSize">Images per batch, positive.</param>
    /// <param name="seed">Fixes all permutations.</param>
    public static IEnumerable<IReadOnlyList<SampleKey>> GroupedByAspect(IReadOnlyList<bool> wide, int batchSize, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfZero(wide.Count, nameof(wide));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchSize);
        return Group(wide, batchSize, seed);
    }

    /// <summary>
    /// Batches of labelled and unlabelled images. Inside a kind the images come in a shuffled order that is drawn anew when it is used
    /// up. With aspect groups both kinds of a batch are of one group, which is drawn by its share of all images; a kind that has no image
    /// in it takes those of the other group (microsoft/SoftTeacher, <c>semi_sampler.py</c>; mmdetection 3,
    /// <c>GroupMultiSourceSampler</c>).
    /// </summary>
    /// <param name="labelled">For each labelled image, whether it is wider than high; all alike for no groups; not empty.</param>
    /// <param name="unlabelled">The same of the unlabelled images.</param>
    /// <param name="composition">Divides a batch between the kinds.</param>
    /// <param name="batchSize">Images per batch, at least 2.</param>
    /// <param name="seed">Fixes everything.</param>
    public static IEnumerable<MixedKeys> Mixed(
        IReadOnlyList<bool> labelled, IReadOnlyList<bool> unlabelled, BatchComposition composition, int batchSize, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfZero(labelled.Count, nameof(labelled));
        ArgumentOutOfRangeException.ThrowIfZero(unlabelled.Count, nameof(unlabelled));
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 2);
        return Mix(labelled, unlabelled, composition, batchSize, new RandomStream(seed));
    }

    private static IEnumerable<MixedKeys> Mix(
        IReadOnlyList<bool> labelled, IReadOnlyList<bool> unlabelled, BatchComposition composition, int batchSize, RandomStream random)
    {
        using var known = new GroupedKeys(labelled, random.Split(0));
        using var unknown = new GroupedKeys(unlabelled, random.Split(1));
        var batches = random.Split(2);
        var wide = labelled.Concat(unlabelled).Count(isWide => isWide);
        var share = (double)wide / (labelled.Count + unlabelled.Count);
        for (ulong batch = 0; ; batch++)
        {
            var own = batches.Split(batch);
            var isWide = own.Chance(share);
            var counts = composition(batchSize, own);
            yield return new MixedKeys(known.Take(isWide, counts.Labelled), unknown.Take(isWide, counts.Unlabelled));
        }
    }

    /// <summary>Endless keys of one kind, those of wide and of tall images apart.</summary>
    private sealed class GroupedKeys : IDisposable
    {
        private readonly IEnumerator<SampleKey> _tall;
        private readonly IEnumerator<SampleKey> _wide;

        public GroupedKeys(IReadOnlyList<bool> wide, RandomStream random)
        {
            var (first, second) = (Of(false, random.Split(0)), Of(true, random.Split(1)));
            _tall = (first ?? second)!;
            _wide = (second ?? first)!;

            IEnumerator<SampleKey>? Of(bool isWide, RandomStream own)
            {
                int[] images = [.. Enumerable.Range(0, wide.Count).Where(image => wide[image] == isWide)];
                return images.Length == 0
                    ? null
                    : Keys(images.Length, own).Select(key => key with { Image = images[key.Image] }).GetEnumerator();
            }
        }

        public SampleKey[] Take(bool isWide, int count)
        {
            var keys = new SampleKey[count];
            foreach (ref var key in keys.AsSpan())
            {
                var group = isWide ? _wide : _tall;
                group.MoveNext();
                key = group.Current;
            }

            return keys;
        }

        public void Dispose()
        {
            _tall.Dispose();
            _wide.Dispose();
        }
    }

    private static IEnumerable<IReadOnlyList<SampleKey>> Group(IReadOnlyList<bool> wide, int batchSize, ulong seed)
    {
        List<SampleKey>[] groups = [[], []];
        foreach (var key in Keys(wide.Count, new RandomStream(seed)))
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

    private static IEnumerable<SampleKey> Keys(int images, RandomStream root)
    {
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
