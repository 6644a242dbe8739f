using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Masks;
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

    /// <summary>
    /// The buffers that training may move: all but those of frozen batch normalization. What a detector keeps in further modules is
    /// among them.
    /// </summary>
    public IEnumerable<Tensor> Statistics =>
        ((IEnumerable<nn.Module>)[this, .. modules()]).Where(module => module is not FrozenBatchNorm2d)
            .SelectMany(module => module.buffers(recurse: false)).Distinct(ReferenceEqualityComparer.Instance).Cast<Tensor>();

    /// <summary>The supervised losses of a view. The terms belong to the caller's dispose scope.</summary>
    /// <param name="view">Images with their truth.</param>
    /// <param name="step">Number of the step, and what it may draw from.</param>
    public abstract LossTerms Losses(View view, Step step);

    /// <summary>Takes note of the steps of training that are done, where the weights keep such a count.</summary>
    public virtual void CountSteps(long done)
    {
    }

    /// <summary>Detects instances, without gradients.</summary>
    /// <param name="images">The images.</param>
    /// <param name="sizes">
    /// The size to give each image's boxes and masks in, which is its file's in an evaluation; null: the images' own. Probabilities are
    /// resized once, before a threshold cuts them.
    /// </param>
    /// <returns>For each image what was found, in any order.</returns>
    public abstract IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null);
}

/// <summary>One detected object: plain values. A mask is about a byte per run, where a tensor of it is a byte per pixel.</summary>
/// <param name="Class">0-based.</param>
/// <param name="Score">What boxes are ranked by, in [0, 1].</param>
/// <param name="Box">In pixels of the size that was asked for.</param>
/// <param name="Mask">Of that size; null from a detector of boxes alone.</param>
public sealed record Detection(int Class, double Score, Box Box, RunLengthMask? Mask)
{
    /// <summary>
    /// What masks are ranked by; the score unless a detector judges its masks apart. Then it may leave [0, 1]: CenterMask multiplies the
    /// score by a predicted IoU that nothing squashes.
    /// </summary>
    public double MaskScore { get; init; } = Score;
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
        logits, logits.sigmoid(), boxes, DeviceValues.Of(Array.ConvertAll(boxes, box => (long)box), logits.device));
}

/// <summary>Detections of one image before their masks, best first, as managed values.</summary>
/// <param name="Boxes">4n numbers, xyxy in pixels of the network input, not clipped.</param>
/// <param name="Scores">n scores in [0, 1], descending.</param>
/// <param name="Classes">n 0-based classes.</param>
/// <param name="Locations">Where the detector made each of the n: its own to use, a location of a grid or a row of proposals.</param>
public sealed record BoxCandidates(float[] Boxes, float[] Scores, long[] Classes, int[] Locations)
{
    /// <summary>n.</summary>
    public int Count => Scores.Length;

    /// <summary>The detections of the given rows, in that order.</summary>
    public BoxCandidates Select(ReadOnlySpan<int> rows)
    {
        var selected = new BoxCandidates(new float[4 * rows.Length], new float[rows.Length], new long[rows.Length], new int[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            Boxes.AsSpan(4 * rows[i], 4).CopyTo(selected.Boxes.AsSpan(4 * i));
            (selected.Scores[i], selected.Classes[i], selected.Locations[i]) = (Scores[rows[i]], Classes[rows[i]], Locations[rows[i]]);
        }

        return selected;
    }

    /// <summary>The boxes in an image of another size, scaled and clipped.</summary>
    /// <param name="network">Size of the input image without padding.</param>
    /// <param name="output">Size to give boxes in.</param>
    /// <returns>Four numbers for each of those whose box keeps an area, and their rows.</returns>
    public (float[] Boxes, int[] Rows) Rescaled(ImageSize network, ImageSize output)
    {
        var scaleX = (float)((double)output.Width / network.Width);
        var scaleY = (float)((double)output.Height / network.Height);
        var boxes = new List<float>();
        var rows = new List<int>();
        for (var i = 0; i < Count; i++)
        {
            var box = Boxes.AsSpan(4 * i, 4);
            var (x1, x2) = (Math.Clamp(box[0] * scaleX, 0, output.Width), Math.Clamp(box[2] * scaleX, 0, output.Width));
            var (y1, y2) = (Math.Clamp(box[1] * scaleY, 0, output.Height), Math.Clamp(box[3] * scaleY, 0, output.Height));
            if (x2 - x1 > 0 && y2 - y1 > 0)
            {
                boxes.AddRange([x1, y1, x2, y2]);
                rows.Add(i);
            }
        }

        return ([.. boxes], [.. rows]);
    }
}
