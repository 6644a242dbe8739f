using BoxTeacher.Processes;
using BoxTeacher.Structures;

namespace BoxTeacher.Augmentation;

/// <summary>Batches that several processes share.</summary>
public static class SharedBatches
{
    /// <summary>
    /// The batches that a process has its share of, as parts of the whole batch: padded to the size of the largest image of all processes,
    /// so that layers over whole planes see what one process would (published code pads each process's images by themselves), and with the
    /// places of their images.
    /// </summary>
    /// <param name="own">Batches of this process's shares; each has at least one image of each kind.</param>
    /// <param name="processes">Those that share them; all ask for their batches in step.</param>
    public static BatchSource Of(BatchSource own, IProcessGroup processes) =>
        processes.AreMany() ? first => own(first).Select(batch => Whole(batch, processes)) : own;

    private static Batch Whole(Batch own, IProcessGroup processes)
    {
        View[] views = own.Unlabelled is { } unlabelled
            ? [own.Labelled.Weak, own.Labelled.Strong, unlabelled.Weak, unlabelled.Strong]
            : [own.Labelled.Weak, own.Labelled.Strong];
        var all = processes.Gather([.. views.SelectMany(view =>
            (double[])[view.Images.PaddedSize.Height, view.Images.PaddedSize.Width, view.Count])]);
        View Part(int view)
        {
            int Largest(int column) => (int)all.Max(row => row[3 * view + column]);
            int Count(int rank) => (int)all[rank][3 * view + 2];
            var first = Enumerable.Range(0, processes.Rank).Sum(Count);
            return views[view].Padded(new ImageSize(Largest(0), Largest(1))) with
            {
                Places = new ImagePlaces(
                    [.. Enumerable.Range(first, views[view].Count)], Enumerable.Range(0, processes.Size).Sum(Count)),
            };
        }

        // A pair of one view stays one.
        ViewPair Pair(ViewPair pair, int weak)
        {
            var padded = Part(weak);
            return new ViewPair(padded, ReferenceEquals(pair.Weak, pair.Strong) ? padded : Part(weak + 1));
        }

        return new Batch(Pair(own.Labelled, 0), own.Unlabelled is null ? null : Pair(own.Unlabelled, 2));
    }
}
