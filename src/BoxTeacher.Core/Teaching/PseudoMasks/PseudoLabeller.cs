using System.Globalization;
using BoxTeacher.Detectors;
using BoxTeacher.Layers;
using BoxTeacher.Structures;
using BoxTeacher.Teaching.Targets;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.PseudoMasks;

/// <summary>
/// Runs a teacher on the weak views and gives the true boxes its masks (BoxTeacher, section 3). Boxes are matched
/// before masks are drawn: a prediction that overlaps no true box enough can never be assigned, so it gets no mask.
/// </summary>
/// <param name="assignment">Which prediction a box gets.</param>
/// <param name="confidence">How far its mask is trusted.</param>
/// <param name="maskThreshold">Foreground probability of a pseudo mask; null keeps masks soft.</param>
/// <param name="testSize">Size that the teacher sees images in; null: the batch's.</param>
public sealed class PseudoLabeller(
    IPseudoMaskAssignment assignment, IConfidenceScore confidence, double? maskThreshold = 0.5, TestSize? testSize = null)
{
    // Masks are drawn at image size a few at a time, so that they stay in the cache.
    private const long PixelsAtOnce = 1 << 19;

    /// <summary>Pseudo masks of a batch. Gradients are off; batch normalisation follows the teacher's own mode.</summary>
    /// <param name="teacher">The teacher.</param>
    /// <param name="weak">The weak views, normalised.</param>
    /// <param name="scene">The boxes of the batch, on the mask grid.</param>
    public PseudoMaskBatch Label(CondInst teacher, ImageBatch weak, MaskScene scene) =>
        Label(images => new CondInstView(teacher, teacher.Extract(images)), weak, scene);

    /// <summary>Pseudo masks of a batch by any teacher. Gradients are off.</summary>
    /// <param name="look">Shows the teacher images [N, 3, H, W].</param>
    /// <param name="weak">The weak views, normalised.</param>
    /// <param name="scene">The boxes of the batch, on the mask grid.</param>
    public PseudoMaskBatch Label(Func<Tensor, ITeacherView> look, ImageBatch weak, MaskScene scene)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        using var resized = testSize?.Resize(weak);
        var input = resized ?? weak;
        var labels = Label(look(input.Images), input.Sizes, weak.Sizes, scene);
        labels.Masks.MoveToOuterDisposeScope();
        labels.Confidence.MoveToOuterDisposeScope();
        return labels;
    }

    /// <summary>Pseudo masks from what a teacher has seen already.</summary>
    /// <param name="view">Its view of the batch.</param>
    /// <param name="seen">Sizes in which it saw the images.</param>
    /// <param name="sizes">Sizes of the weak views, in whose pixels the boxes are.</param>
    /// <param name="scene">The boxes of the batch, on the mask grid.</param>
    public PseudoMaskBatch Label(ITeacherView view, IReadOnlyList<ImageSize> seen, IReadOnlyList<ImageSize> sizes, MaskScene scene)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var matched = view.Candidates
            .Select((candidates, image) => Match(candidates, seen[image], sizes[image], scene.BoxesOf(image)))
            .ToArray();
        var probabilities = view.MaskProbabilities([.. matched.Select(match => match.Candidates)]);

        var masks = zeros_like(scene.BoxMasks);
        var trust = zeros([scene.Count], device: masks.device);
        var first = 0;
        for (var image = 0; image < matched.Length; image++)
        {
            var match = matched[image];
            if (match.Rows.Length > 0)
            {
                var coarse = probabilities.narrow(0, first, match.Rows.Length);
                var drawn = Draw(match, coarse, seen[image], sizes[image], view.MaskStride, scene);
                Assign(match, drawn, scene.FirstBoxOf(image), masks, trust);
                first += match.Rows.Length;
            }
        }

        return new PseudoMaskBatch(
            masks.mul_(scene.BoxMasks).MoveToOuterDisposeScope(), trust.MoveToOuterDisposeScope());
    }

    private Matched Match(FcosCandidates candidates, ImageSize network, ImageSize image, ReadOnlySpan<float> truth)
    {
        var (boxes, kept) = MaskPostprocess.Rescale(candidates, network, image);
        var count = truth.Length / 4;
        var rows = new List<int>();
        var overlaps = new List<float>();
        for (var row = 0; row < kept.Length; row++)
        {
            var start = overlaps.Count;
            for (var box = 0; box < count; box++)
            {
                overlaps.Add(Boxes.Iou(boxes.AsSpan(4 * row, 4), truth.Slice(4 * box, 4)));
            }

            if (overlaps.Skip(start).Any(overlap => overlap >= assignment.IouThreshold))
            {
                rows.Add(row);
            }
            else
            {
                overlaps.RemoveRange(start, count);
            }
        }

        var iou = new float[rows.Count, count];
        Buffer.BlockCopy(overlaps.ToArray(), 0, iou, 0, sizeof(float) * overlaps.Count);
        return new Matched(
            candidates.Select([.. rows.Select(row => kept[row])]),
            [.. rows.SelectMany(row => boxes[(4 * row)..(4 * row + 4)])],
            [.. rows],
            iou);
    }

    private Drawn Draw(Matched match, Tensor coarse, ImageSize network, ImageSize image, int maskStride, MaskScene scene)
    {
        using var scope = NewDisposeScope();
        var count = match.Rows.Length;
        var boxes = tensor(match.Boxes, [count, 4], device: coarse.device);
        var scores = tensor(match.Candidates.Scores, [count], device: coarse.device);
        var sampled = zeros([count, scene.Height, scene.Width], device: coarse.device);
        var ranks = new List<Tensor>();
        var trusts = new List<Tensor>();
        var step = (int)long.Clamp(PixelsAtOnce / long.Max(image.Area, network.Area), 1, count);
        for (var start = 0; start < count; start += step)
        {
            using var chunk = NewDisposeScope();
            var length = int.Min(step, count - start);
            var soft = MaskPostprocess.Resize(coarse.narrow(0, start, length), network, image, maskStride);
            var predicted = new TeacherMasks(boxes.narrow(0, start, length), scores.narrow(0, start, length), soft, maskThreshold);
            ranks.Add(predicted.DetectionScores().MoveToOuterDisposeScope());
            trusts.Add(OfMasks(length, confidence.Confidence(predicted)).MoveToOuterDisposeScope());
            var samples = predicted.Cut(scene.GridSamples(soft));
            sampled.narrow(0, start, length).narrow(1, 0, samples.size(1)).narrow(2, 0, samples.size(2)).copy_(samples);
        }

        return new Drawn(sampled.MoveToOuterDisposeScope(), HostValues.Floats(cat(ranks)), Checked(HostValues.Floats(cat(trusts))));
    }

    /// <summary>One number a mask; a score of one's own may return anything.</summary>
    private static Tensor OfMasks(int count, Tensor confidences) => confidences.dim() == 1 && confidences.size(0) == count
        ? confidences
        : throw new ArgumentException($"a confidence score returned [{string.Join(", ", confidences.shape)}] for {count} masks; it returns one number a mask, [{count}]");

    /// <summary>Confidences on the host, where they are needed anyway, all in [0, 1].</summary>
    private static float[] Checked(float[] confidences)
    {
        foreach (var value in confidences)
        {
            // Means of ones may round to a little more.
            if (value is not (>= 0 and <= 1.00001f))
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"a confidence score returned {value}; confidences are in [0, 1]"));
            }
        }
        return confidences;
    }

    private void Assign(Matched match, Drawn drawn, int firstBox, Tensor masks, Tensor trust)
    {
        var predictions = match.Rows.Select((row, i) => new RankedPrediction(row, drawn.Scores[i])).ToArray();
        var rowOfBox = assignment.Assign(predictions, match.Iou);
        for (var box = 0; box < rowOfBox.Length; box++)
        {
            if (rowOfBox[box] is var row and >= 0)
            {
                masks[firstBox + box].copy_(drawn.Masks[row]);
                trust[firstBox + box].fill_(drawn.Confidence[row]);
            }
        }
    }

    /// <summary>Predictions of one image that overlap some true box: Rows count within the image's detections.</summary>
    private sealed record Matched(FcosCandidates Candidates, float[] Boxes, int[] Rows, float[,] Iou);

    /// <summary>Their masks on the mask grid, detection scores and confidences.</summary>
    private sealed record Drawn(Tensor Masks, float[] Scores, float[] Confidence);
}
