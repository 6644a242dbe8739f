using static TorchSharp.torch;

namespace BoxTeacher.Teaching.PseudoMasks;

/// <summary>The teacher's masks for the boxes of a batch, on the mask grid. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Masks">[G, h, w] float32 in [0, 1], 0 outside the box; zeros for boxes without a mask. Soft if the teacher's are.</param>
/// <param name="Confidence">[G] float32: confidence of each mask, 0 for boxes without one.</param>
public sealed record PseudoMaskBatch(Tensor Masks, Tensor Confidence);
