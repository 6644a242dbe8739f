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
/// <param name="ahead">How many batches may be in the making at once, each on a thread of its own.</param>
public sealed class ViewLoader(
    IReadOnlyList<ImageRecord> images,
    IEnumerable<IReadOnlyList<SampleKey>> order,
    SampleMaker maker,
    Supervision supervision,
    PixelNormalization normalization,
    RandomStream random,
    Device device,
    int ahead = 2)
{
    /// <summary>
    /// The view pairs from iteration <paramref name="first"/> on. Tensors are made on the calling thread, in its dispose scope.
    /// </summary>
    /// <param name="first">0-based iteration to begin with.</param>
    /// <param name="cancellation">Stops the threads; waiting for a batch then ends with <see cref="OperationCanceledException"/>.</param>
    public IEnumerable<ViewPair> Views(long first = 0, CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var keys = order.Skip(checked((int)first)).GetEnumerator();
        var making = new Queue<Task<HostViews>>();
        try
        {
            while (true)
            {
                while (making.Count < ahead && keys.MoveNext())
                {
                    var batch = keys.Current;
                    making.Enqueue(Task.Run(() => Make(batch, stop.Token), stop.Token));
                }

                if (!making.TryDequeue(out var next))
                {
                    yield break;
                }

                yield return next.GetAwaiter().GetResult().ToTensors(device);
            }
        }
        finally
        {
            stop.Cancel();
        }
    }

    /// <summary>The samples of one batch, as <see cref="Views"/> makes them.</summary>
    public IReadOnlyList<Sample> Samples(IReadOnlyList<SampleKey> batch) =>
        [.. batch.Select(key => maker(images[key.Image], random.Split((ulong)key.Epoch).Split((ulong)key.Image)))];

    private HostViews Make(IReadOnlyList<SampleKey> batch, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return new HostViews(Samples(batch), supervision, normalization);
    }

    /// <summary>A pair of views in managed memory, ready to be copied into tensors.</summary>
    private sealed class HostViews
    {
        private readonly HostView _weak;
        private readonly HostView _strong;
        private readonly byte[] _colors;

        public HostViews(IReadOnlyList<Sample> samples, Supervision supervision, PixelNormalization normalization)
        {
            AugmentedImage[] weak = [.. samples.Select(sample => sample.Weak)];
            AugmentedImage[] strong = [.. samples.Select(sample => sample.Strong)];
            _weak = new HostView(samples, weak, normalization, Labels(weak));
            // Views of one geometry have the same labels.
            var isShared = weak.Zip(strong).All(pair => pair.First.FromOriginal == pair.Second.FromOriginal);
            _strong = new HostView(samples, strong, normalization, isShared ? _weak.Objects : Labels(strong));
            _colors = PixelPlanes.Rgb(_weak.Pictures, _weak.Padded);

            IReadOnlyList<LabelledObject>[] Labels(AugmentedImage[] images) =>
                [.. samples.Zip(images, (sample, image) => sample.Objects(image, supervision))];
        }

        public ViewPair ToTensors(Device device)
        {
            var weak = _weak.ToTensors(device, truth: null) with { Pixels = _weak.Tensor(_colors, device) };
            return new ViewPair(weak, _strong.ToTensors(device, ReferenceEquals(_weak.Objects, _strong.Objects) ? weak.Truth : null));
        }
    }

    private sealed class HostView(
        IReadOnlyList<Sample> samples, AugmentedImage[] images, PixelNormalization normalization, IReadOnlyList<LabelledObject>[] objects)
    {
        private readonly float[] _planes = PixelPlanes.Normalize(Images(images), normalization, PaddedSize(images));

        public IReadOnlyList<LabelledObject>[] Objects => objects;

        public Image[] Pictures { get; } = Images(images);

        public ImageSize Padded { get; } = PaddedSize(images);

        public View ToTensors(Device device, IReadOnlyList<Instances>? truth) => new(
            new ImageBatch(Tensor(_planes, device), [.. images.Select(image => image.Image.Size)]),
            [.. images.Select(image => image.FromOriginal)],
            [.. samples.Select(sample => sample.Source.Size)],
            truth ?? [.. objects.Zip(images, (known, image) => Truth(known, image.Image.Size, device))]);

        public Tensor Tensor<T>(T[] planes, Device device) =>
            PixelPlanes.Tensor(planes, [images.Length, 3, Padded.Height, Padded.Width], device);

        private static Image[] Images(AugmentedImage[] images) => Array.ConvertAll(images, image => image.Image);

        private static ImageSize PaddedSize(AugmentedImage[] images) =>
            ImageBatch.PaddedSizeOf(Array.ConvertAll(images, image => image.Image.Size));

        private static Instances Truth(IReadOnlyList<LabelledObject> objects, ImageSize size, Device device)
        {
            float[] boxes =
                [.. objects.SelectMany(item => (double[])[item.Box.X0, item.Box.Y0, item.Box.X1, item.Box.Y1]).Select(side => (float)side)];
            long[] classes = [.. objects.Select(item => (long)item.Category)];
            return new Instances(
                tensor(boxes, [objects.Count, 4], device: device),
                tensor(classes, [objects.Count], device: device), Masks: Masks(objects, size, device));
        }

        private static Tensor? Masks(IReadOnlyList<LabelledObject> objects, ImageSize size, Device device)
        {
            if (objects.All(item => item.Mask is null))
            {
                return null;
            }

            var area = (int)size.Area;
            var bytes = new byte[objects.Count * area];
            for (var i = 0; i < objects.Count; i++)
            {
                objects[i].Mask!.Decode(bytes.AsSpan(i * area, area));
            }

            return tensor(bytes, [objects.Count, size.Height, size.Width], device: device);
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

    /// <summary>In each batch images of both kinds, as many as the loaders' orders say (mmdetection's fixed composition).</summary>
    public static BatchSource Both(ViewLoader labelled, ViewLoader unlabelled) => first =>
        labelled.Views(first).Zip(unlabelled.Views(first), (known, unknown) => new Batch(known, unknown));
}

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
    /// <param name="batchSize">Images per batch, positive.</param>
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
    /// <param name="batchSize">Images per batch, positive.</param>
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
