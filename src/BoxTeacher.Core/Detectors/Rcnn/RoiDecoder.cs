using BoxTeacher.Layers;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// From class probabilities and moved boxes to detections: a threshold on the probability, non-maximum suppression per class, the best of
/// the image. Without gradients.
/// </summary>
/// <param name="scoreThreshold">Box and class pairs count when their probability exceeds it; 0.05 as published.</param>
/// <param name="nmsThreshold">A box goes when its IoU with a better one of its class exceeds it; 0.5 as published.</param>
/// <param name="perImage">Detections kept per image; 100 as published.</param>
public sealed class RoiDecoder(double scoreThreshold = 0.05, double nmsThreshold = 0.5, int perImage = 100)
{
    /// <summary>The detections of one image, best first.</summary>
    /// <param name="probabilities">[n, C + 1]; background is the last.</param>
    /// <param name="boxesOf">Boxes [k, 4] of k pairs, given their rows and classes, each [k] int64.</param>
    public Instances Decode(Tensor probabilities, Func<Tensor, Tensor, Tensor> boxesOf)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var foreground = probabilities.detach().narrow(1, 0, probabilities.size(1) - 1);
        var above = foreground > scoreThreshold;
        var pairs = HostValues.Places(above);
        var (rows, classes) = (pairs.select(1, 0), pairs.select(1, 1));
        var scores = foreground.reshape(-1).index_select(0, rows * foreground.size(1) + classes);
        var boxes = boxesOf(rows, classes);
        // In one copy; classes are below 2^24, which float32 holds.
        var known = HostValues.Floats(
            cat([boxes.to(float32), scores.to(float32).unsqueeze(1), classes.to(float32).unsqueeze(1)], 1)).Chunk(6).ToArray();
        float[] corners = [.. known.SelectMany(pair => pair[..4])];
        var kept = NonMaximumSuppression.ByClass(
            corners, Array.ConvertAll(known, pair => pair[4]), Array.ConvertAll(known, pair => (long)pair[5]), (float)nmsThreshold,
            perImage);
        long[] chosen = [.. kept.Take(perImage).Select(pair => (long)pair)];
        var index = DeviceValues.Of(chosen, probabilities.device);
        return new Instances(boxes, classes, scores).Select(index).MoveToOuterDisposeScope();
    }
}
