using BoxTeacher.Data;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Augmentation;

/// <summary>
/// Reads and augments images on several threads ahead of the training step. What it yields depends on its arguments alone: an image's
/// pixels are drawn from a stream split by seed, epoch and image, and view pairs leave in the order of <see cref="BatchOrder"/>.
/// </summary>
/// <param name="images">The images; the caller drops those without labels where the method wants that.</param>
/// <param name="order">The sequence of batches, normally endless.</param>
/// <param name="maker">Reads and augments one image.</param>
/// <param name="supervision">Which labels are handed on.</param>
/// <param name="normalization">How the detector wants its pixels.</param>
/// <param name="random">Of all augmentation.</param>
/// <param name="device">Where the tensors are put.</param>
/// <param name="ahead">How many batches may be in the making at once.</param>
/// <param name="padding">How images come to one size; null: <see cref="ImagePadding.AfterNormalizing"/>.</param>
public sealed class ViewLoader(
    IReadOnlyList<ImageRecord> images,
    IEnumerable<IReadOnlyList<SampleKey>> order,
    SampleMaker maker,
    Supervision supervision,
    PixelNormalization normalization,
    RandomStream random,
    Device device,
    int ahead = 2,
    ImagePadding? padding = null)
{
    private readonly ImagePadding _padding = padding ?? ImagePadding.AfterNormalizing;

    /// <summary>
    /// The view pairs from iteration <paramref name="first"/> on. Tensors are made on the calling thread, in its dispose scope.
    /// </summary>
    /// <param name="first">0-based iteration to begin with.</param>
    /// <param name="cancellation">Stops the threads; waiting for a batch then ends with <see cref="OperationCanceledException"/>.</param>
    public IEnumerable<ViewPair> Views(long first = 0, CancellationToken cancellation = default) =>
        LoadAhead.Of(order, first, Make, ahead, cancellation).Select(views => views.ToTensors(device));

    /// <summary>The samples of one batch, as <see cref="Views"/> makes them; several at a time, each from a stream of its own.</summary>
    public IReadOnlyList<Sample> Samples(IReadOnlyList<SampleKey> batch)
    {
        var samples = new Sample[batch.Count];
        ParallelWork.For(samples.Length, i => samples[i] = maker(images[batch[i].Image], batch[i].Stream(random)));
        return samples;
    }

    private HostViews Make(IReadOnlyList<SampleKey> batch)
    {
        var samples = Samples(batch);
        return new HostViews(samples, supervision, normalization, _padding, HostViews.PaddedSizes(_padding, samples), withPixels: true);
    }
}

/// <summary>What a <see cref="SemiSupervisedLoader"/> reads of one kind.</summary>
/// <param name="Images">The images.</param>
/// <param name="Maker">Reads and augments one of them.</param>
/// <param name="Random">Of their augmentation.</param>
public sealed record ViewSource(IReadOnlyList<ImageRecord> Images, SampleMaker Maker, RandomStream Random)
{
    internal IEnumerable<Func<Sample>> Samples(IReadOnlyList<SampleKey> batch) =>
        batch.Select(key => (Func<Sample>)(() => Maker(Images[key.Image], key.Stream(Random))));
}

/// <summary>
/// As <see cref="ViewLoader"/>, for batches of labelled and unlabelled images. The truth of the unlabelled ones is empty whatever their
/// records say, and their views have no <see cref="View.Pixels"/>. The images of a batch are made in parallel.
/// </summary>
/// <param name="labelled">Where labelled images come from.</param>
/// <param name="unlabelled">Where the others come from.</param>
/// <param name="order">The sequence of batches, normally endless.</param>
/// <param name="supervision">Which labels of the labelled images are handed on.</param>
/// <param name="normalization">How the detector wants its pixels.</param>
/// <param name="padding">How images come to one size.</param>
/// <param name="device">Where the tensors are put.</param>
/// <param name="ahead">How many batches may be in the making at once.</param>
public sealed class SemiSupervisedLoader(
    ViewSource labelled,
    ViewSource unlabelled,
    IEnumerable<MixedKeys> order,
    Supervision supervision,
    PixelNormalization normalization,
    ImagePadding padding,
    Device device,
    int ahead = 2)
{
    /// <summary>
    /// The batches from iteration <paramref name="first"/> on. Tensors are made on the calling thread, in its dispose scope.
    /// </summary>
    /// <param name="first">0-based iteration to begin with.</param>
    /// <param name="cancellation">Stops the threads; waiting for a batch then ends with <see cref="OperationCanceledException"/>.</param>
    public IEnumerable<Batch> Batches(long first = 0, CancellationToken cancellation = default) =>
        LoadAhead.Of(order, first, Make, ahead, cancellation)
            .Select(views => new Batch(views.Labelled.ToTensors(device), views.Unlabelled.ToTensors(device)));

    private (HostViews Labelled, HostViews Unlabelled) Make(MixedKeys batch)
    {
        Func<Sample>[] making = [.. labelled.Samples(batch.Labelled), .. unlabelled.Samples(batch.Unlabelled)];
        var samples = new Sample[making.Length];
        ParallelWork.For(making.Length, i => samples[i] = making[i]());
        var (known, unknown) = (samples[..batch.Labelled.Count], samples[batch.Labelled.Count..]);
        var all = padding.IsOneSize ? HostViews.PaddedSizes(padding, samples) : default(PaddedSizes?);
        return (Views(known, supervision, withPixels: true), Views(unknown, null, withPixels: false));

        HostViews Views(Sample[] some, Supervision? sees, bool withPixels) =>
            new(some, sees, normalization, padding, all ?? HostViews.PaddedSizes(padding, some), withPixels);
    }
}

/// <summary>Makes things of managed memory on other threads, some of them ahead of the one that is asked for.</summary>
internal static class LoadAhead
{
    public static IEnumerable<T> Of<TKey, T>(
        IEnumerable<TKey> order, long first, Func<TKey, T> make, int ahead, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var keys = order.Skip(checked((int)first)).GetEnumerator();
        var making = new Queue<Task<T>>();
        try
        {
            while (true)
            {
                while (making.Count < ahead && keys.MoveNext())
                {
                    var key = keys.Current;
                    making.Enqueue(Task.Run(() => Make(key), stop.Token));
                }

                if (!making.TryDequeue(out var next))
                {
                    yield break;
                }

                yield return next.GetAwaiter().GetResult();
            }
        }
        finally
        {
            stop.Cancel();
        }

        T Make(TKey key)
        {
            stop.Token.ThrowIfCancellationRequested();
            return make(key);
        }
    }
}

/// <summary>
/// The batches of a run from a 0-based iteration on, normally without end. Tensors are made when a batch is asked for, in the dispose
/// scope of that moment.
/// </summary>
public delegate IEnumerable<Batch> BatchSource(long first);

/// <summary>Batches from loaders.</summary>
public static class BatchSources
{
    /// <summary>Labelled images alone.</summary>
    public static BatchSource Labelled(ViewLoader labelled) => first => labelled.Views(first).Select(views => new Batch(views));

    /// <summary>In each batch images of both kinds.</summary>
    public static BatchSource Both(SemiSupervisedLoader loader) => first => loader.Batches(first);
}
