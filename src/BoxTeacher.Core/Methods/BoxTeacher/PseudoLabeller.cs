using BoxTeacher.Detectors;
using BoxTeacher.Structures;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Methods;

/// <summary>The teacher's masks for the boxes of a batch, on the mask grid. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Masks">[G, h, w] float32 in [0, 1], 0 outside the box; zeros for boxes without a mask. Soft if the teacher's are.</param>
/// <param name="Confidence">[G] float32: confidence of each mask, 0 for boxes without one.</param>
public sealed record PseudoMasks(Tensor Masks, Tensor Confidence)
{
    /// <summary>The confidences in managed memory, where they were made there; null: whoever wants them copies them.</summary>
    public float[]? OnHost { get; init; }
}

/// <summary>
/// The size that a published teacher sees images in: the short side as given, unless the long side became too long.
/// </summary>
/// <param name="ShortSide">Wanted short side in pixels; 800 in all published recipes.</param>
/// <param name="LongSide">Largest long side in pixels; 1333 in all published recipes.</param>
public sealed record TeacherSize(int ShortSide = 800, int LongSide = 1333)
{
    /// <summary>
    /// Resizes the images of a batch, without their padding, bilinearly (corners not aligned, no antialias), and pads
    /// them anew.
    /// </summary>
    /// <param name="batch">Normalized images.</param>
    /// <param name="divisor">The padded sides become multiples of it.</param>
    public ImageBatch Resize(ImageBatch batch, int divisor = 32)
    {
        using var scope = NewDisposeScope();
        Tensor[] images = [.. batch.Sizes.Select((size, image) => Resize(batch.Images.narrow(0, image, 1), size))];
        return ImageBatch.Collate(images, divisor).MoveToOuterDisposeScope();
    }

    private Tensor Resize(Tensor padded, ImageSize size)
    {
        var image = padded.narrow(2, 0, size.Height).narrow(3, 0, size.Width);
        var target = size.Resized(ShortSide, LongSide);
        return target == size
            ? image[0]
            : F.interpolate(image, [target.Height, target.Width], mode: InterpolationMode.Bilinear, align_corners: false)[0];
    }
}

/// <summary>
/// Runs a teacher on the weak views and gives the true boxes its masks (BoxTeacher, section 3). Boxes are matched
/// before masks are made: a prediction that overlaps no true box enough can never be assigned, so it gets no mask.
/// </summary>
/// <param name="assignment">Which prediction a box gets.</param>
/// <param name="confidence">How far its mask is trusted.</param>
/// <param name="iouThreshold">
/// The teacher makes masks for predictions that overlap some box by so much, inclusive, and for no others.
/// </param>
/// <param name="maskThreshold">Foreground probability of a pseudo mask; null keeps masks soft.</param>
/// <param name="teacherSize">Size that the teacher sees images in; null: the batch's.</param>
public sealed class PseudoLabeller(
    PseudoMaskAssignment assignment, ConfidenceScore confidence, double iouThreshold = 0.5, double? maskThreshold = 0.5,
    TeacherSize? teacherSize = null)
{
    // Masks are resized to the image a few at a time, so that they stay in the cache.
    private const long PixelsAtOnce = 1 << 19;

    /// <summary>Pseudo masks of a batch. Gradients are off; batch normalization follows the teacher's own mode.</summary>
    /// <param name="look">Shows the teacher images [N, 3, H, W]; see <see cref="MaskDetector.Look"/>.</param>
    /// <param name="weak">The weak views, normalized.</param>
    /// <param name="grid">The boxes of the batch, on the mask grid.</param>
    public PseudoMasks Label(Func<Tensor, ITeacherOutputs> look, ImageBatch weak, MaskGrid grid)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var input = teacherSize?.Resize(weak) ?? weak;
        var labels = Label(look(input.Images), input.Sizes, weak.Sizes, grid);
        labels.Masks.MoveToOuterDisposeScope();
        labels.Confidence.MoveToOuterDisposeScope();
        return labels;
    }

    /// <summary>Pseudo masks from what a teacher has seen already.</summary>
    /// <param name="outputs">What it has seen.</param>
    /// <param name="seen">Sizes in which it saw the images.</param>
    /// <param name="sizes">Sizes of the weak views, in whose pixels the boxes are.</param>
    /// <param name="grid">The boxes of the batch, on the mask grid.</param>
    public PseudoMasks Label(ITeacherOutputs outputs, IReadOnlyList<ImageSize> seen, IReadOnlyList<ImageSize> sizes, MaskGrid grid)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var matched = outputs.Candidates
            .Select((candidates, image) => Match(candidates, seen[image], sizes[image], grid.BoxesOf(image)))
            .ToArray();
        var probabilities = outputs.MaskProbabilities([.. matched.Select(match => match.Candidates)]);

        var masks = zeros_like(grid.BoxMasks);
        var labels = new List<Labels>();
        var first = 0;
        foreach (var (image, match) in matched.Index().Where(entry => entry.Item.Rows.Length > 0))
        {
            var coarse = probabilities.narrow(0, first, match.Rows.Length);
            labels.Add(Masks(image, match, coarse, seen[image], sizes[image], grid));
            first += match.Rows.Length;
        }

        var trust = new float[grid.Count];
        if (first > 0)
        {
            // Ranks of all images, then their confidences, in one copy.
            var values = HostValues.Floats(cat([.. labels.SelectMany(own => own.Ranks), .. labels.SelectMany(own => own.Trusts)]));
            var (ranks, trusts) = (values[..first], PartCheck.Confidences(values[first..]));
            var row = 0;
            foreach (var own in labels)
            {
                var end = row + own.Match.Rows.Length;
                Assign(own, ranks[row..end], trusts[row..end], grid.FirstBoxOf(own.Image), masks, trust);
                row = end;
            }
        }

        return new PseudoMasks(
            masks.mul_(grid.BoxMasks).MoveToOuterDisposeScope(),
            DeviceValues.Of(trust, [trust.Length], masks.device).MoveToOuterDisposeScope()) { OnHost = trust };
    }

    private Matched Match(BoxCandidates candidates, ImageSize network, ImageSize image, ReadOnlySpan<float> truth)
    {
        var (boxes, kept) = candidates.Rescaled(network, image);
        var count = truth.Length / 4;
        var rows = new List<int>();
        var overlaps = new List<float>();
        for (var row = 0; row < kept.Length; row++)
        {
            var start = overlaps.Count;
            for (var box = 0; box < count; box++)
            {
                overlaps.Add(Box.IoU(boxes.AsSpan(4 * row, 4), truth.Slice(4 * box, 4)));
            }

            if (overlaps.Skip(start).Any(overlap => overlap >= iouThreshold))
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

    private Labels Masks(int image, Matched match, Tensor coarse, ImageSize network, ImageSize size, MaskGrid grid)
    {
        using var scope = NewDisposeScope();
        var count = match.Rows.Length;
        var boxes = DeviceValues.Of(match.Boxes, [count, 4], coarse.device);
        var scores = DeviceValues.Of(match.Candidates.Scores, [count], coarse.device);
        var sampled = zeros([count, grid.Height, grid.Width], device: coarse.device);
        var ranks = new List<Tensor>();
        var trusts = new List<Tensor>();
        var step = (int)long.Clamp(PixelsAtOnce / long.Max(size.Area, network.Area), 1, count);
        for (var start = 0; start < count; start += step)
        {
            using var chunk = NewDisposeScope();
            var length = int.Min(step, count - start);
            var soft = MaskPostprocess.Resize(coarse.narrow(0, start, length), network, size, grid.Stride);
            var predicted = new TeacherMasks(boxes.narrow(0, start, length), scores.narrow(0, start, length), soft, maskThreshold);
            ranks.Add(predicted.DetectionScores().MoveToOuterDisposeScope());
            trusts.Add(PartCheck.OnePerMask(confidence(predicted), length).MoveToOuterDisposeScope());
            var samples = predicted.Cut(MaskTargets.Samples(soft, grid.Stride));
            sampled.narrow(0, start, length).narrow(1, 0, samples.size(1)).narrow(2, 0, samples.size(2)).copy_(samples);
        }

        return new Labels(
            image, match, sampled.MoveToOuterDisposeScope(), [.. ranks.Select(part => part.MoveToOuterDisposeScope())],
            [.. trusts.Select(part => part.MoveToOuterDisposeScope())]);
    }

    private void Assign(Labels labels, float[] ranks, float[] confidences, int firstBox, Tensor masks, float[] trust)
    {
        var predictions = labels.Match.Rows.Select((row, i) => new RankedPrediction(row, ranks[i])).ToArray();
        var rowOfBox = assignment(predictions, labels.Match.Iou);
        for (var box = 0; box < rowOfBox.Length; box++)
        {
            if (rowOfBox[box] is var row and >= 0)
            {
                masks[firstBox + box].copy_(labels.Masks[row]);
                trust[firstBox + box] = confidences[row];
            }
        }
    }

    /// <summary>Predictions of one image that overlap some true box: Rows count within the image's detections.</summary>
    private sealed record Matched(BoxCandidates Candidates, float[] Boxes, int[] Rows, float[,] Iou);

    /// <summary>Their masks on the mask grid, detection scores and confidences.</summary>
    private sealed record Labels(int Image, Matched Match, Tensor Masks, Tensor[] Ranks, Tensor[] Trusts);
}

/// <summary>A prediction as the assignment sees it.</summary>
/// <param name="Index">Position in the teacher's complete list of detections, best detection score first.</param>
/// <param name="Score">Score with the mask's quality in it, in [0, 1].</param>
public readonly record struct RankedPrediction(int Index, float Score);

/// <summary>Gives each box of an image at most one of the teacher's predictions.</summary>
/// <param name="predictions">n predictions in any order.</param>
/// <param name="iou">[n, g] overlaps of predicted boxes (rows) with true boxes (columns).</param>
/// <returns>For each of the g boxes the row of its prediction, or -1.</returns>
public delegate int[] PseudoMaskAssignment(IReadOnlyList<RankedPrediction> predictions, float[,] iou);

/// <summary>
/// The assignments of the paper and of its code. Predictions choose in descending score; each takes the box that overlaps it most among
/// those still free. Classes are not compared; of equally overlapping boxes the last is taken.
/// </summary>
public static class Assignment
{
    /// <summary>As in the paper: a box that has a prediction keeps it.</summary>
    /// <param name="iouThreshold">Least overlap, inclusive.</param>
    /// <param name="scoreThreshold">Least score, inclusive.</param>
    public static PseudoMaskAssignment OneToOne(double iouThreshold = 0.5, double scoreThreshold = 0) =>
        (predictions, iou) => Greedy(predictions, iou, iouThreshold, scoreThreshold, _ => true);

    /// <summary>
    /// As in the published code, where a box held by the teacher's very first detection (index 0) still counts as free
    /// and goes to a weaker one that wants it.
    /// </summary>
    /// <param name="iouThreshold">Least overlap, inclusive.</param>
    /// <param name="scoreThreshold">Least score, inclusive.</param>
    public static PseudoMaskAssignment Published(double iouThreshold = 0.5, double scoreThreshold = 0) =>
        (predictions, iou) => Greedy(predictions, iou, iouThreshold, scoreThreshold, prediction => prediction.Index > 0);

    private static int[] Greedy(
        IReadOnlyList<RankedPrediction> predictions, float[,] iou,
        double iouThreshold, double scoreThreshold, Func<RankedPrediction, bool> holds)
    {
        var rowOfBox = new int[iou.GetLength(1)];
        Array.Fill(rowOfBox, -1);
        foreach (var row in Enumerable.Range(0, predictions.Count)
                     .Where(row => predictions[row].Score >= scoreThreshold)
                     .OrderByDescending(row => predictions[row].Score))
        {
            if (BestFreeBox(row) is var box and >= 0)
            {
                rowOfBox[box] = row;
            }
        }

        return rowOfBox;

        int BestFreeBox(int row)
        {
            var (best, overlap) = (-1, iouThreshold);
            for (var box = 0; box < rowOfBox.Length; box++)
            {
                var isTaken = rowOfBox[box] >= 0 && holds(predictions[rowOfBox[box]]);
                if (!isTaken && iou[row, box] >= overlap)
                {
                    (best, overlap) = (box, iou[row, box]);
                }
            }

            return best;
        }
    }
}
