using BoxTeacher.Data;
using BoxTeacher.Detectors;
using BoxTeacher.Evaluation;
using BoxTeacher.Structures;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>Runs a detector over images: resized to the recipe's test size, results at the files' own size.</summary>
/// <param name="network">The detector; it is switched to evaluation while it runs and back afterwards.</param>
/// <param name="pixels">How it wants its pixels.</param>
/// <param name="shortEdge">Short side of the network's input, in pixels.</param>
/// <param name="maxSize">Limit of the long side, in pixels.</param>
public sealed class Inference(CondInst network, PixelNormalization pixels, int shortEdge, int maxSize)
{
    private const int BatchSize = 8;

    /// <summary>With the pixels and sizes of a recipe.</summary>
    public Inference(CondInst network, Recipe recipe)
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
            using var batch = PixelPlanes.Batch(views, pixels);
            var results = new List<DetectionResult>();
            var detections = network.Detect(batch, [.. images.Select(item => item.Image.Size)]);
            for (var i = 0; i < images.Count; i++)
            {
                using var found = detections[i];
                Add(results, images[i].Id, found);
            }
            return results;
        }
        finally
        {
            network.train(training);
        }
    }

    /// <summary>COCO box and mask metrics of detections.</summary>
    public static (CocoSummary Box, CocoSummary Mask) Evaluate(InstanceDataset truth, IReadOnlyList<DetectionResult> detections) =>
        (CocoEvaluator.Evaluate(truth, detections, IouType.Box), CocoEvaluator.Evaluate(truth, detections, IouType.Mask));

    private static void Add(List<DetectionResult> results, long image, Detections found)
    {
        if (found.Count == 0)
        {
            return;
        }
        var boxes = HostValues.Floats(found.Boxes);
        var scores = HostValues.Floats(found.Scores);
        var classes = HostValues.Longs(found.Classes);
        using var masks = found.Masks.cpu().contiguous();
        foreach (var i in Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]))
        {
            var box = Box.FromCorners(boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]);
            // One at a time: all of them may be more bytes than a span holds.
            using var pixels = masks[i];
            var mask = RunLengthMask.Encode(pixels.bytes, found.Size.Height, found.Size.Width);
            results.Add(new DetectionResult(image, (int)classes[i], scores[i], box, mask));
        }
    }

    /// <summary>Neighbours of one size share a batch: padding, which could change a result, never depends on the neighbours.</summary>
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
