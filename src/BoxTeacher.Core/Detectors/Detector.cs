using BoxTeacher.Losses;
using BoxTeacher.Structures;

using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// A detector: what it learns from labels, and what it finds. Its stages are methods of each class of its own, so that a method may stop
/// between them. Batch normalization follows the module's own mode.
/// </summary>
/// <param name="name">The module's name.</param>
public abstract class Detector(string name) : nn.Module(name)
{
    /// <summary>Where its weights are, and where its inputs must be.</summary>
    public Device Device => parameters().First().device;

    /// <summary>Whether it finds masks beside boxes.</summary>
    public abstract bool HasMasks { get; }

    /// <summary>The supervised losses of a view. The terms belong to the caller's dispose scope.</summary>
    /// <param name="view">Images with their truth.</param>
    /// <param name="step">Number of the step, and what it may draw from.</param>
    public abstract LossTerms Losses(View view, Step step);

    /// <summary>Detects instances, without gradients. The tensors belong to the caller's dispose scope.</summary>
    /// <param name="images">The images.</param>
    /// <param name="sizes">
    /// The size to give each image's boxes and masks in, which is its file's in an evaluation; null: the images' own. Probabilities are
    /// resized once, before a threshold cuts them.
    /// </param>
    /// <returns>For each image what was found, with scores.</returns>
    public abstract IReadOnlyList<Instances> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null);
}

/// <summary>
/// A detector whose masks can be taught from boxes: what BoxInst and BoxTeacher ask of one. See docs/another-detector.md.
/// </summary>
/// <param name="name">The module's name.</param>
public abstract class MaskDetector(string name) : Detector(name)
{
    /// <inheritdoc/>
    public override bool HasMasks => true;

    /// <summary>Input pixels per cell of the mask logits.</summary>
    public abstract int MaskStride { get; }

    /// <summary>As a teacher: boxes at once, masks on demand.</summary>
    /// <param name="images">[N, 3, H, W], normalized.</param>
    public abstract ITeacherOutputs Look(Tensor images);

    /// <summary>As a student: the losses of its boxes, and the masks that it gives true boxes.</summary>
    /// <param name="view">Images with their true boxes.</param>
    /// <param name="step">Number of the step, and what it may draw from.</param>
    public abstract StudentOutputs Learn(View view, Step step);
}

/// <summary>What a teacher has seen in a batch.</summary>
public interface ITeacherOutputs
{
    /// <summary>The detections of each image, best first, boxes in pixels of the teacher's input.</summary>
    IReadOnlyList<BoxCandidates> Candidates { get; }

    /// <summary>The masks of some of the candidates.</summary>
    /// <param name="chosen">Those of each image, a selection of <see cref="Candidates"/>.</param>
    /// <returns>[M, 1, h, w] foreground probabilities over the padded input, image after image, in the caller's dispose scope.</returns>
    Tensor MaskProbabilities(IReadOnlyList<BoxCandidates> chosen);
}

/// <summary>What a student has to learn by in a batch. Tensors belong to the caller's dispose scope.</summary>
/// <param name="BoxTerms">The losses of its boxes and classes.</param>
/// <param name="Masks">The masks of N instances.</param>
public sealed record StudentOutputs(IReadOnlyList<LossTerm> BoxTerms, StudentMasks Masks);

/// <summary>The masks that a student gives N instances of a batch. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Logits">
/// [N, h, w] mask logits over the padded input, one per <see cref="MaskDetector.MaskStride"/> pixels, with their gradient.
/// </param>
/// <param name="Probabilities">[N, h, w] sigmoid of the logits.</param>
/// <param name="Boxes">Box of each instance among those of the batch; instances of one box stand together.</param>
/// <param name="BoxIndex">The same as a tensor, [N] int64.</param>
public sealed record StudentMasks(Tensor Logits, Tensor Probabilities, int[] Boxes, Tensor BoxIndex)
{
    /// <summary>N.</summary>
    public int Count => Boxes.Length;

    /// <summary>Masks from their logits.</summary>
    /// <param name="logits">[N, h, w].</param>
    /// <param name="boxes">Box of each instance among those of the batch; instances of one box stand together.</param>
    public static StudentMasks Of(Tensor logits, int[] boxes) => new(
        logits, logits.sigmoid(), boxes, tensor(Array.ConvertAll(boxes, box => (long)box), [boxes.Length], device: logits.device));
}
