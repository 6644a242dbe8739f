using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.Methods;

/// <summary>The masks that a student has drawn for N instances of a batch. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Logits">[N, h, w] mask logits on the grid of the <see cref="Targets.MaskScene"/>, with their gradient.</param>
/// <param name="Probabilities">[N, h, w] sigmoid of the logits.</param>
/// <param name="Boxes">Box of each instance among those of the batch; instances of one box stand together.</param>
/// <param name="BoxIndex">The same as a tensor, [N] int64.</param>
public sealed record StudentMasks(Tensor Logits, Tensor Probabilities, int[] Boxes, Tensor BoxIndex)
{
    /// <summary>Masks from their logits.</summary>
    /// <param name="logits">[N, h, w].</param>
    /// <param name="boxes">Box of each instance among those of the batch; instances of one box stand together.</param>
    public static StudentMasks Of(Tensor logits, int[] boxes) => new(
        logits, logits.sigmoid(), boxes, tensor(Array.ConvertAll(boxes, box => (long)box), [boxes.Length], device: logits.device));

    /// <summary>N.</summary>
    public int Count => Boxes.Length;
}
