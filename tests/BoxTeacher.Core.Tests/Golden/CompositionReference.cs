using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Checks of the kinds of cases of batches and folds.</summary>
internal static class CompositionReference
{
    public static void AtLeastOne(ReferenceCase c)
    {
        var rows = c.In("samples_per_gpu_and_drawn_labelled").data<long>().ToArray().Chunk(2);
        c.Equal("labelled_unlabelled", Counts(rows.Select(row => BatchCompositions.AtLeastOne((int)row[0], (int)row[1]))));
    }

    public static void Fixed(ReferenceCase c)
    {
        var rows = c.In("batch_ratio").data<long>().ToArray().Chunk(3);
        c.Equal("counts", Counts(rows.Select(row => BatchCompositions.FixedCounts((int)row[0], (int)row[1], (int)row[2]))));
    }

    public static void Folds(ReferenceCase c)
    {
        var (count, percent) = (c.Int("n"), c.Number("percent"));
        var folds = (int)c.Out("without_replacement").size(0);
        var drawn = Enumerable.Range(1, folds).Select(fold => SemiSupervisedSplit.DrawWithReplacement(count, percent, fold)).ToList();
        c.Equal("without_replacement", Indices(Enumerable.Range(1, folds).Select(fold => SemiSupervisedSplit.Draw(count, percent, fold))));
        c.Equal("with_replacement", Indices(drawn));
        c.Equal("unique_with_replacement", tensor(drawn.Select(fold => (long)fold.Distinct().Count()).ToArray(), device: CPU));
        Assert.All(drawn, fold => Assert.Equal(c.Int("count"), fold.Length));
    }

    private static Tensor Counts(IEnumerable<BatchCounts> counts) =>
        tensor(counts.SelectMany(count => (long[])[count.Labelled, count.Unlabelled]).ToArray(), device: CPU).view(-1, 2);

    private static Tensor Indices(IEnumerable<int[]> folds) =>
        stack(folds.Select(fold => tensor(Array.ConvertAll(fold, index => (long)index), device: CPU)));
}
