using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The boxes of a batch that the second stage learns from, and what each is to learn: M of all images, image after image, in an image
/// positives first. Tensors belong to the caller's dispose scope.
/// </summary>
/// <param name="Boxes">For each image [m, 4], xyxy in pixels of the network's input.</param>
/// <param name="Labels">[M] int64: class, or the number of classes for background.</param>
/// <param name="BoxIndex">[M] int64: row of the box's object among its image's truth; -1 for background.</param>
/// <param name="Deltas">[M, 4]: what a positive regresses to; 0 for background.</param>
public sealed record RoiSamples(IReadOnlyList<Tensor> Boxes, Tensor Labels, Tensor BoxIndex, Tensor Deltas)
{
    /// <summary>M.</summary>
    public int Count => (int)Labels.size(0);
}

/// <summary>What the box head says of M boxes. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Logits">[M, C + 1]; background is the last.</param>
/// <param name="Deltas">[M, 4C] of each class, or [M, 4] of all classes alike.</param>
public sealed record BoxOutputs(Tensor Logits, Tensor Deltas);
