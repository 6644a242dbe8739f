using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// What a region proposal network says of a batch, level by level, finest first. Tensors belong to the caller's dispose scope.
/// </summary>
/// <param name="Logits">Each [N, A, h, w]: object or not, one logit per anchor.</param>
/// <param name="Deltas">Each [N, 4A, h, w]: dx, dy, dw, dh of an anchor stand together.</param>
/// <param name="Anchors">Each [h * w * A, 4], xyxy in pixels of the network's input; row, then column, then ratio.</param>
public sealed record RpnOutputs(IReadOnlyList<Tensor> Logits, IReadOnlyList<Tensor> Deltas, IReadOnlyList<Tensor> Anchors);

/// <summary>How many proposals are kept.</summary>
/// <param name="PerLevel">Of each level of an image, by score, before suppression.</param>
/// <param name="PerImage">Of each image afterwards.</param>
public readonly record struct ProposalLimits(int PerLevel, int PerImage);

/// <summary>What the anchors of a batch learn. Tensors are on the network's device and belong to the caller's dispose scope.</summary>
/// <param name="Positives">[P] int64: positive anchors, image * (anchors of an image) + anchor, over all levels.</param>
/// <param name="Sampled">[S] int64: the sampled anchors, positives first.</param>
/// <param name="Deltas">[P, 4]: what the positives regress to.</param>
public sealed record RpnTargets(Tensor Positives, Tensor Sampled, Tensor Deltas);
