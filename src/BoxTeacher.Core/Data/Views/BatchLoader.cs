using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Data;

/// <summary>
/// Reads and augments batches on several threads ahead of the training step. What it yields depends on its arguments alone: a batch's
/// pixels are drawn from a stream split by seed, epoch and image, and batches leave in the order of <see cref="BatchOrder"/>.
/// </summary>
/// <param name="images">The images to learn from; the caller drops those without labels where the method wants that.</param>
/// <param name="order">The endless sequence of batches.</param>
/// <param name="maker">Reads and augments one image.</param>
/// <param name="normalization">How the detector wants its pixels.</param>
/// <param name="seed">Seed of all augmentation.</param>
/// <param name="ahead">How many batches may be in the making at once, each on a thread of its own.</param>
public sealed class BatchLoader(
    IReadOnlyList<ImageRecord> images,
    IEnumerable<IReadOnlyList<SampleKey>> order,
    SampleMaker maker,
    PixelNormalization normalization,
    ulong seed,
    int ahead = 2)
{
    private readonly RandomStream random = new(seed);

    /// <summary>
    /// The batches from iteration <paramref name="first"/> on, without end. Tensors are made on the calling thread, in its dispose
    /// scope; the caller disposes each batch.
    /// </summary>
    /// <param name="first">0-based iteration to begin with.</param>
    /// <param name="cancellation">Stops the threads; waiting for a batch then ends with <see cref="OperationCanceledException"/>.</param>
    public IEnumerable<TrainingBatch> Batches(int first, CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var keys = order.Skip(first).GetEnumerator();
        var making = new Queue<Task<HostBatch>>();
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
                yield return next.GetAwaiter().GetResult().ToTensors();
            }
        }
        finally
        {
            stop.Cancel();
        }
    }

    /// <summary>The samples of one batch, as <see cref="Batches"/> makes them.</summary>
    public IReadOnlyList<TrainingSample> Samples(IReadOnlyList<SampleKey> batch) =>
        [.. batch.Select(key => maker.Make(images[key.Image], random.Split((ulong)key.Epoch).Split((ulong)key.Image)))];

    private HostBatch Make(IReadOnlyList<SampleKey> batch, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return new HostBatch(Samples(batch), normalization);
    }

    /// <summary>A batch in managed memory, ready to be copied into tensors.</summary>
    private sealed class HostBatch
    {
        private readonly IReadOnlyList<TrainingSample> samples;
        private readonly Image[] weakImages;
        private readonly Image[] strongImages;
        private readonly ImageSize padded;
        private readonly float[] weak;
        private readonly float[] strong;
        private readonly byte[] pixels;

        public HostBatch(IReadOnlyList<TrainingSample> samples, PixelNormalization normalization)
        {
            this.samples = samples;
            weakImages = [.. samples.Select(sample => sample.Weak.Image)];
            strongImages = [.. samples.Select(sample => sample.Strong.Image)];
            padded = PixelPlanes.PaddedSize(weakImages, 32);
            weak = PixelPlanes.Normalize(weakImages, normalization, padded);
            strong = PixelPlanes.Normalize(strongImages, normalization, padded);
            pixels = PixelPlanes.Rgb(weakImages, padded);
        }

        public TrainingBatch ToTensors() => new(
            PixelPlanes.Batch(weak, weakImages, padded),
            PixelPlanes.Batch(strong, strongImages, padded),
            tensor(pixels, [samples.Count, 3, padded.Height, padded.Width]),
            [.. samples.Select(Targets)],
            [.. samples.Select(sample => sample.Source)]);

        private static BoxTargets Targets(TrainingSample sample)
        {
            var objects = sample.Objects;
            var boxes = new float[objects.Count * 4];
            var classes = new long[objects.Count];
            for (var i = 0; i < objects.Count; i++)
            {
                var box = objects[i].Box;
                (boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]) = ((float)box.X0, (float)box.Y0, (float)box.X1, (float)box.Y1);
                classes[i] = objects[i].Category;
            }
            return new BoxTargets(tensor(boxes, [objects.Count, 4]), tensor(classes, [objects.Count]), Masks(sample));
        }

        private static Tensor? Masks(TrainingSample sample)
        {
            var size = sample.Weak.Transform.Target;
            if (sample.Objects.All(item => item.Mask is null))
            {
                return null;
            }
            var area = (int)size.Area;
            var bytes = new byte[sample.Objects.Count * area];
            for (var i = 0; i < sample.Objects.Count; i++)
            {
                sample.Objects[i].Mask!.Decode(bytes.AsSpan(i * area, area));
            }
            return tensor(bytes, [sample.Objects.Count, size.Height, size.Width]);
        }
    }
}
