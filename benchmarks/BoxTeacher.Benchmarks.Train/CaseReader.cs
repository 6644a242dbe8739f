using BoxTeacher.Data;
using BoxTeacher.Structures;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>Turns a case's tensors into a training batch.</summary>
internal static class CaseReader
{
    public static TrainingBatch Batch(IReadOnlyDictionary<string, Tensor> tensors)
    {
        using var scope = NewDisposeScope();
        var (weak, strong) = (tensors["batch.weak"], tensors["batch.strong"]);
        var (count, side) = ((int)weak.size(0), (int)weak.size(2));
        return new TrainingBatch(
            Normalized(weak),
            Normalized(strong),
            weak.flip(1).contiguous(),
            [.. Enumerable.Range(0, count).Select(image => new BoxTargets(tensors[$"batch.boxes.{image}"], tensors[$"batch.classes.{image}"]))],
            [.. Enumerable.Range(0, count).Select(image => new ImageRecord(image, "", 2 * side, 2 * side, []))]);
    }

    /// <summary>BGR bytes as the networks want them.</summary>
    public static ImageBatch Normalized(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        double[] mean = [.. PixelNormalization.CaffeBgr.Mean];
        var images = pixels.to(float32) - tensor(mean, dtype: float32).view(1, 3, 1, 1);
        return new ImageBatch(images, [.. Enumerable.Repeat(new ImageSize((int)pixels.size(2), (int)pixels.size(3)), (int)pixels.size(0))]);
    }
}
