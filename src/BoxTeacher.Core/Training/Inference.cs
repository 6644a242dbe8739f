using BoxTeacher.Augmentation;
using BoxTeacher.Data;
using BoxTeacher.Detectors;
using BoxTeacher.Evaluation;
using BoxTeacher.Masks;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>Runs a detector over images: resized to the recipe's test size, results at the files' own size.</summary>
/// <param name="network">The detector; it is switched to evaluation while it runs and back afterwards.</param>
/// <param name="pixels">How it wants its pixels.</param>
/// <param name="shortEdge">Short side of the network's input, in pixels.</param>
/// <param name="maxSize">Limit of the long side, in pixels.</param>
public sealed class Inference(Detector network, PixelNormalization pixels, int shortEdge, int maxSize)
{
    private const int BatchSize = 8;

    /// <summary>With the pixels and sizes of a recipe.</summary>
    public Inference(Detector network, Recipe recipe)
        : this(network, recipe.Detector.Pixels, recipe.Augmentation.TestShortEdge, recipe.Augmentation.TestMaxSize)
    {
    }

    /// <summary>Detections of all images of a data set, by descending score within an image.</summary>
    public IReadOnlyList<DetectionResult> Detect(InstanceDataset dataset) =>
        [.. SameSize(dataset.Images).SelectMany(images => Detect([.. images.Select(image => (image.Id, ImageFile.Read(image.FileName)))]))];

    /// <summary>Detections of some images with their ids.</summary>
    public IReadOnlyList<DetectionResult> Detect(IReadOnlyList<(long Id, Image Image)> images)
    {
        var training = network.training;
        network.eval();
        try
        {
            using var scope = NewDisposeScope();
            using var guard = no_grad();
            var views = images.Select(item => GeometryAugmentation.Resize(item.Image, shortEdge, maxSize).Image).ToList();
            var batch = PixelPlanes.Batch(views, pixels, network.Device);
            var results = new List<DetectionResult>();
            var detections = network.Detect(batch, [.. images.Select(item => item.Image.Size)]);
            for (var i = 0; i < images.Count; i++)
            {
                Add(results, images[i], detections[i]);
            }
            return results;
        }
        finally
        {
            network.train(training);
        }
    }

    /// <summary>COCO's metrics of the detector on a data set.</summary>
    public EvaluationResult Evaluate(InstanceDataset dataset) => EvaluationResult.Of(dataset, Detect(dataset), network.HasMasks);

    private static void Add(List<DetectionResult> results, (long Id, Image Image) image, Instances found)
    {
        if (found.Count == 0)
        {
            return;
        }

        var (boxes, classes) = (HostValues.Floats(found.Boxes), HostValues.Longs(found.Classes));
        var scores =
            HostValues.Floats(found.Scores ?? throw new ArgumentException("a detector gives its detections scores", nameof(found)));
        using var masks = found.Masks?.cpu().contiguous();
        foreach (var i in Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]))
        {
            // One mask at a time: all of them may be more bytes than a span holds.
            using var pixels = masks?[i];
            results.Add(new DetectionResult(
                image.Id,
                (int)classes[i],
                scores[i],
                Box.FromCorners(boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]),
                pixels is null ? null : RunLengthMask.Encode(pixels.bytes, image.Image.Height, image.Image.Width)));
        }
    }

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
