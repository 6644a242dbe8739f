using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Detectors;
using BoxTeacher.Evaluation;
using BoxTeacher.Processes;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>Runs a detector over images: resized to the recipe's test size, results at the files' own size.</summary>
/// <param name="network">The detector; it is switched to evaluation while it runs and back afterwards.</param>
/// <param name="pixels">How it wants its pixels.</param>
/// <param name="shortEdge">Short side of the network's input, in pixels.</param>
/// <param name="maxSize">Limit of the long side, in pixels.</param>
/// <param name="precision">What the network computes in.</param>
public sealed class Inference(
    Detector network, PixelNormalization pixels, int shortEdge, int maxSize, Precision precision = Precision.Float32)
{
    private const int BatchSize = 8;

    /// <summary>With the pixels, sizes and precision of a recipe.</summary>
    public Inference(Detector network, Recipe recipe)
        : this(
            network, recipe.Detector.Pixels, recipe.Augmentation.TestShortEdge, recipe.Augmentation.TestMaxSize,
            recipe.Precision.Inference)
    {
    }

    /// <summary>Detections of all images of a data set, by descending score within an image.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="listener">Is told after each batch how many images are done, those of all processes.</param>
    /// <param name="processes">Those that share the batches; number 0 gets all detections, as one process would. Null: this one alone.</param>
    public IReadOnlyList<DetectionResult> Detect(
        InstanceDataset dataset, Action<int>? listener = null, IProcessGroup? processes = null)
    {
        var (group, done) = (processes ?? ProcessGroups.One, 0);
        var own = new List<IReadOnlyList<DetectionResult>>();
        foreach (var (index, images) in SameSize(dataset.Images).Index())
        {
            done += images.Count;
            if (index % group.Size == group.Rank)
            {
                own.Add(Detect(images.Select(image => (image.Id, ImageFile.Read(image.FileName)))));
                listener?.Invoke(done);
            }
        }

        return DetectionExchange.InTurn(own, group);
    }

    /// <summary>Detections of some images with their ids, as one batch; of each image no more is kept than its resized pixels.</summary>
    public IReadOnlyList<DetectionResult> Detect(IEnumerable<(long Id, Image Image)> images)
    {
        var training = network.training;
        network.eval();
        try
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            using var reduced = precision.On(network.Device);
            var inputs = images.Select(item => (
                item.Id, item.Image.Size, Resized: GeometryAugmentation.Resize(item.Image, shortEdge, maxSize).Image)).ToList();
            var batch = PixelPlanes.Batch([.. inputs.Select(input => input.Resized)], pixels, network.Device);
            var found = network.Detect(batch, [.. inputs.Select(input => input.Size)]);
            return
            [
                .. from entry in inputs.Zip(found)
                   from detection in entry.Second.OrderByDescending(detection => detection.Score)
                   select new DetectionResult(entry.First.Id, detection.Class, detection.Score, detection.Box, detection.Mask)
                   {
                       MaskScore = detection.MaskScore,
                   },
            ];
        }
        finally
        {
            network.train(training);
        }
    }

    /// <summary>COCO's metrics of the detector on a data set.</summary>
    public EvaluationResult Evaluate(InstanceDataset dataset) => EvaluationResult.Of(dataset, Detect(dataset), network.HasMasks);

    /// <summary>Neighbors of one size share a batch: padding, which could change a result, never depends on the neighbors.</summary>
    private static IEnumerable<IReadOnlyList<ImageRecord>> SameSize(IReadOnlyList<ImageRecord> images)
    {
        var group = new List<ImageRecord>();
        foreach (var image in images)
        {
            if (group.Count == BatchSize || (group.Count > 0 && group[0].Size != image.Size))
            {
                yield return group;
                group = [];
            }
            group.Add(image);
        }
        if (group.Count > 0)
        {
            yield return group;
        }
    }
}
