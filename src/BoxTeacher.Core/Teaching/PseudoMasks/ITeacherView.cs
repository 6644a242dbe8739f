using BoxTeacher.Detectors;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.PseudoMasks;

/// <summary>
/// What a teacher has seen in a batch: boxes at once, masks on demand. All that pseudo-labelling asks of a detector; see
/// docs/another-detector.md.
/// </summary>
public interface ITeacherView
{
    /// <summary>The detections of each image, best first, boxes in pixels of the teacher's input.</summary>
    IReadOnlyList<FcosCandidates> Candidates { get; }

    /// <summary>Input pixels per cell of a mask.</summary>
    int MaskStride { get; }

    /// <summary>The masks of some of the candidates.</summary>
    /// <param name="chosen">Those of each image, a selection of <see cref="Candidates"/>.</param>
    /// <returns>[M, 1, h, w] foreground probabilities over the padded input, image after image, in the caller's dispose scope.</returns>
    Tensor MaskProbabilities(IReadOnlyList<FcosCandidates> chosen);
}

/// <summary>A CondInst as a teacher.</summary>
/// <param name="network">The detector.</param>
/// <param name="features">Its view of the batch.</param>
public sealed class CondInstView(CondInst network, CondInstFeatures features) : ITeacherView
{
    /// <inheritdoc />
    public IReadOnlyList<FcosCandidates> Candidates { get; } = network.Candidates(features);

    /// <inheritdoc />
    public int MaskStride => network.MaskHead.OutputStride;

    /// <inheritdoc />
    public Tensor MaskProbabilities(IReadOnlyList<FcosCandidates> chosen)
    {
        using var scope = NewDisposeScope();
        return network.MaskLogits(features, network.InstancesOf(features, chosen)).sigmoid().MoveToOuterDisposeScope();
    }
}
