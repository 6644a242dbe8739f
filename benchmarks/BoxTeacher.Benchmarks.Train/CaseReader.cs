using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>Turns a case's tensors into a training batch.</summary>
internal static class CaseReader
{
    /// <summary>The batch; its tensors belong to the caller's dispose scope.</summary>
    public static Batch Batch(IReadOnlyDictionary<string, Tensor> tensors)
    {
        var (weak, strong) = (tensors["batch.weak"], tensors["batch.strong"]);
        var (count, side) = ((int)weak.size(0), (int)weak.size(2));
        ImageSize[] originals = [.. Enumerable.Repeat(new ImageSize(2 * side, 2 * side), count)];
        Homography[] maps = [.. originals.Select(original => Homography.Resize(original, new ImageSize(side, side)))];
        Instances[] truth = [.. Enumerable.Range(0, count)
            .Select(image => new Instances(tensors[$"batch.boxes.{image}"], tensors[$"batch.classes.{image}"]))];
        return new Batch(new ViewPair(
            new View(Normalized(weak), maps, originals, truth, weak.flip(1).contiguous()), new View(Normalized(strong), maps, originals, truth)));
    }

    /// <summary>BGR bytes as the networks want them.</summary>
    public static ImageBatch Normalized(Tensor pixels)
    {
        using var scope = NewDisposeScope();
        double[] mean = [.. PixelNormalization.CaffeBgr.Mean];
        var images = pixels.to(float32) - tensor(mean, dtype: float32).view(1, 3, 1, 1);
        return new ImageBatch(
            images.MoveToOuterDisposeScope(), [.. Enumerable.Repeat(new ImageSize((int)pixels.size(2), (int)pixels.size(3)), (int)pixels.size(0))]);
    }
}
