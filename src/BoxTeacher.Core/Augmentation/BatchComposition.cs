using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>How many images of each kind a batch has.</summary>
/// <param name="Labelled">Labelled ones.</param>
/// <param name="Unlabelled">The others.</param>
public readonly record struct BatchCounts(int Labelled, int Unlabelled);

/// <summary>Divides the <paramref name="batchSize"/> images of a batch; draws from the batch's own stream alone.</summary>
public delegate BatchCounts BatchComposition(int batchSize, RandomStream random);

/// <summary>The ways in which the published implementations divide a batch between labelled and unlabelled images.</summary>
public static class BatchCompositions
{
    /// <summary>
    /// Each image is labelled with probability a / (a + b), and the kind that got none takes one from the other
    /// (microsoft/SoftTeacher, <c>semi_sampler.py</c>).
    /// </summary>
    /// <param name="labelled">a; published: 1.</param>
    /// <param name="unlabelled">b; published: 4, or 1 with all labels of COCO.</param>
    public static BatchComposition Random(int labelled, int unlabelled) => (batchSize, random) =>
    {
        var drawn = 0;
        for (var i = 0; i < batchSize; i++)
        {
            drawn += random.Chance((double)labelled / (labelled + unlabelled)) ? 1 : 0;
        }

        return AtLeastOne(batchSize, drawn);
    };

    /// <summary>Always the same (mmdetection 3, <c>MultiSourceSampler</c>).</summary>
    /// <param name="labelled">Part of the ratio; published: 1.</param>
    /// <param name="unlabelled">The other part; published: 4.</param>
    public static BatchComposition Fixed(int labelled, int unlabelled) =>
        (batchSize, _) => FixedCounts(batchSize, labelled, unlabelled);

    /// <summary>A draw changed so that each kind has an image.</summary>
    /// <param name="batchSize">Images of the batch, at least 2.</param>
    /// <param name="drawn">How many of them came out as labelled.</param>
    public static BatchCounts AtLeastOne(int batchSize, int drawn) => Limited(batchSize, drawn, 1);

    /// <summary>
    /// A composition changed so that each kind has some images: as many as there are processes, which each draw at least one in published
    /// code.
    /// </summary>
    /// <param name="composition">For batches of at least twice as many images.</param>
    /// <param name="least">1 changes nothing.</param>
    public static BatchComposition AtLeast(this BatchComposition composition, int least) => least == 1
        ? composition
        : (batchSize, random) => Limited(batchSize, composition(batchSize, random).Labelled, least);

    private static BatchCounts Limited(int batchSize, int drawn, int least)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 2 * least);
        var labelled = Math.Clamp(drawn, least, batchSize - least);
        return new BatchCounts(labelled, batchSize - labelled);
    }

    /// <summary>Each kind its share, rounded down; what is left over is labelled.</summary>
    /// <param name="batchSize">Images of the batch.</param>
    /// <param name="labelled">Part of the ratio.</param>
    /// <param name="unlabelled">The other part.</param>
    public static BatchCounts FixedCounts(int batchSize, int labelled, int unlabelled)
    {
        var others = (int)((double)batchSize * unlabelled / (labelled + unlabelled));
        return new BatchCounts(batchSize - others, others);
    }
}
