using BoxTeacher.Structures;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>The detected instances of one image, in pixels of the size they were asked for. Owns its tensors.</summary>
public sealed class Detections : IDisposable
{
    internal Detections(ImageSize size, Tensor boxes, Tensor classes, Tensor fcosScores, Tensor maskQuality, Tensor masks, int[] rows)
    {
        Size = size;
        Boxes = boxes.DetachFromDisposeScope();
        Classes = classes.DetachFromDisposeScope();
        FcosScores = fcosScores.DetachFromDisposeScope();
        MaskQuality = maskQuality.DetachFromDisposeScope();
        Scores = (fcosScores * maskQuality).sqrt_().DetachFromDisposeScope();
        Masks = masks.DetachFromDisposeScope();
        Rows = rows;
    }

    /// <summary>Height and width that boxes and masks refer to.</summary>
    public ImageSize Size { get; }

    /// <summary>Number of instances.</summary>
    public int Count => Rows.Count;

    /// <summary>Boxes [n,4], xyxy, clipped to the image.</summary>
    public Tensor Boxes { get; }

    /// <summary>Zero-based classes [n], int64.</summary>
    public Tensor Classes { get; }

    /// <summary>sqrt(class probability * centre-ness) [n].</summary>
    public Tensor FcosScores { get; }

    /// <summary>Mean probability of the mask's foreground pixels [n], in [0,1]; 0 for an empty mask.</summary>
    public Tensor MaskQuality { get; }

    /// <summary>sqrt(fcos score * mask quality) [n]: what detections are ranked by. They are not sorted anew.</summary>
    public Tensor Scores { get; }

    /// <summary>Masks [n,H,W]: bool, or probabilities when no threshold was given.</summary>
    public Tensor Masks { get; }

    /// <summary>For each instance its row among the candidates it comes from; candidates with an empty box are gone.</summary>
    public IReadOnlyList<int> Rows { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in (Tensor[])[Boxes, Classes, FcosScores, MaskQuality, Scores, Masks])
            tensor.Dispose();
    }
}
