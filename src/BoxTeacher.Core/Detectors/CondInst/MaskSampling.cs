using BoxTeacher.Processes;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>Which positive locations of a batch get a mask in training.</summary>
/// <param name="features">The detector's view of the batch.</param>
/// <param name="targets">The positives.</param>
/// <param name="step">Number of the step, and what it may draw from.</param>
/// <returns>Rows of <paramref name="targets"/>, ordered by image and box.</returns>
public delegate int[] MaskSampler(CondInstFeatures features, FcosTargets targets, Step step);

/// <summary>The two rules of the published code.</summary>
public static class MaskSampling
{
    /// <summary>
    /// Per image a quota is shared equally by the boxes that have any positive; where a box has more, those of the highest class
    /// probability times center-ness stay (the option TOPK_PROPOSALS_PER_IM).
    /// </summary>
    /// <param name="perImage">Locations per image; 64 as published for BoxInst and BoxTeacher.</param>
    public static MaskSampler BestOfBoxes(int perImage) => (features, targets, _) =>
    {
        float[]? scores = null;
        var rows = new List<int>();
        foreach (var image in Enumerable.Range(0, targets.Count).GroupBy(row => targets.Images[row]))
        {
            var boxes = image.GroupBy(row => targets.BoxIndex[row]).OrderBy(box => box.Key).ToList();
            var quota = Math.Max(perImage / boxes.Count, 1);
            foreach (var box in boxes)
            {
                if (box.Count() > quota)
                {
                    scores ??= ScoresAt(features.Dense, targets);
                    rows.AddRange(box.OrderByDescending(row => scores[row]).Take(quota));
                }
                else
                {
                    rows.AddRange(box);
                }
            }
        }

        return [.. rows];
    };

    /// <summary>All of the batch, or where these are too many a random part of them (the option MAX_PROPOSALS).</summary>
    /// <param name="most">The most locations of a batch, at least 1; 500 in CondInst's own recipes.</param>
    public static MaskSampler AtMost(int most) => (_, targets, step) =>
    {
        // Rows go image after image; those of the processes before this one come first.
        var counts = step.Processes?.Gather([(double)targets.Count]).Select(count => (int)count[0]).ToArray() ?? [targets.Count];
        var first = counts.Take(step.Processes?.Rank ?? 0).Sum();
        int[] rows = [.. Enumerable.Range(0, counts.Sum())];
        if (rows.Length > most)
        {
            step.Random.Shuffle<int>(rows);
            rows = rows[..most];
        }

        return
        [
            .. rows.Select(row => row - first).Where(row => row >= 0 && row < targets.Count)
                .OrderBy(row => targets.BoxIndex[row]).ThenBy(row => row),
        ];
    };

    private static float[] ScoresAt(FcosOutputs dense, FcosTargets targets)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        return HostValues.Floats(dense.LogitsAt(targets).amax(1).sigmoid() * dense.CenternessAt(targets).sigmoid());
    }
}

/// <summary>Masks of images as a coarser grid sees them: every stride-th pixel from stride / 2 on.</summary>
public static class MaskTargets
{
    /// <summary>A view of masks [n, height, width]: the pixels at stride / 2 + k * stride.</summary>
    public static Tensor Samples(Tensor masks, int stride) => masks
        .slice(1, stride / 2, masks.size(1), stride)
        .slice(2, stride / 2, masks.size(2), stride);

    /// <summary>The true masks of a batch on the grid, image after image, 0 in the padding.</summary>
    /// <param name="view">Images with the masks of their truth.</param>
    /// <param name="stride">Pixels per cell.</param>
    /// <returns>[G, h, w] float32.</returns>
    /// <exception cref="InvalidDataException">An image with boxes has no masks.</exception>
    public static Tensor Of(View view, int stride)
    {
        using var scope = NewDisposeScope();
        var (size, images) = (view.Images.PaddedSize, view.Images.Images);
        var result = zeros(view.Truth.Sum(truth => truth.Count), size.Height / stride, size.Width / stride, float32, images.device);
        var first = 0;
        foreach (var (image, truth) in view.Truth.Index().Where(entry => entry.Item.Count > 0))
        {
            var masks = truth.Masks ?? throw new InvalidDataException(
                $"image {image} of the batch has boxes but no masks, and this method learns from masks");
            var samples = Samples(masks, stride);
            result.narrow(0, first, truth.Count).narrow(1, 0, samples.size(1)).narrow(2, 0, samples.size(2)).copy_(samples);
            first += truth.Count;
        }

        return result.MoveToOuterDisposeScope();
    }
}
