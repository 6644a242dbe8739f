using BoxTeacher.Layers;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>How many proposals are kept.</summary>
/// <param name="PerLevel">Of each level of an image, by score, before suppression.</param>
/// <param name="PerImage">Of each image afterwards.</param>
public readonly record struct ProposalLimits(int PerLevel, int PerImage);

/// <summary>The proposals of one image, best first. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Boxes">[n, 4], xyxy in pixels of the network's input, clipped to the image without its padding.</param>
/// <param name="Scores">[n] in [0, 1].</param>
public sealed record Proposals(Tensor Boxes, Tensor Scores)
{
    /// <summary>Hands the tensors to the dispose scope outside the current one.</summary>
    public Proposals MoveToOuterDisposeScope()
    {
        Boxes.MoveToOuterDisposeScope();
        Scores.MoveToOuterDisposeScope();
        return this;
    }
}

/// <summary>
/// From anchors to proposals: the best of each level, moved and clipped, those without area left out, non-maximum suppression, the best of
/// the image. Without gradients.
/// </summary>
/// <param name="coder">Reads a move; null: deviations 1.</param>
/// <param name="nmsThreshold">A box goes when its IoU with a better one exceeds it; 0.7 as published.</param>
/// <param name="acrossLevels">Whether boxes of one level suppress those of another; as published they do not.</param>
/// <param name="smallestSide">Boxes with a side of at most as many pixels are left out; 0 as published.</param>
public sealed class ProposalSelector(
    BoxCoder? coder = null, double nmsThreshold = 0.7, bool acrossLevels = false, double smallestSide = 0)
{
    private readonly BoxCoder _coder = coder ?? BoxCoder.Proposals;

    /// <summary>The proposals of each image.</summary>
    /// <param name="outputs">Of the batch.</param>
    /// <param name="sizes">Size of each image without padding.</param>
    /// <param name="limits">How many are kept.</param>
    public IReadOnlyList<Proposals> Select(RpnOutputs outputs, IReadOnlyList<ImageSize> sizes, ProposalLimits limits)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var byLevel = Enumerable.Range(0, outputs.Anchors.Count).Select(level => Best(outputs, level, limits.PerLevel)).ToArray();
        var scores = cat([.. byLevel.Select(level => level.Scores)], 1);
        var boxes = cat([.. byLevel.Select(level => level.Boxes)], 1);
        boxes = stack([.. sizes.Select((size, image) => Instances.Clip(boxes[image], size))]);
        long[] levels = [.. byLevel.Index().SelectMany(level => Enumerable.Repeat(
            acrossLevels ? 0L : level.Index, (int)level.Item.Scores.size(1)))];
        // All images in one copy.
        var known = HostValues.Floats(cat([boxes, scores.unsqueeze(2).to(boxes.dtype)], 2));
        var count = levels.Length;
        return [.. sizes.Select((_, image) =>
        {
            var kept = Suppress(known.AsSpan(5 * count * image, 5 * count), levels, limits.PerImage);
            var index = DeviceValues.Of(kept, boxes.device);
            return new Proposals(boxes[image].index_select(0, index), scores[image].index_select(0, index)).MoveToOuterDisposeScope();
        })];
    }

    // [N, k] scores and [N, k, 4] boxes of a level, best first.
    private (Tensor Scores, Tensor Boxes) Best(RpnOutputs outputs, int level, int limit)
    {
        var logits = outputs.LogitsOf(level).detach();
        var kept = Math.Min(limit, logits.size(1));
        var (scores, anchors) = logits.sigmoid().topk((int)kept, 1);
        var deltas = outputs.DeltasOf(level).detach().gather(1, anchors.unsqueeze(2).expand(-1, -1, 4));
        var boxes = outputs.Anchors[level].index_select(0, anchors.view(-1));
        return (scores, _coder.Decode(boxes, deltas.view(-1, 4)).view(outputs.Images, kept, 4));
    }

    // Rows of the proposals of an image, best first, of which four corners and the score are known. Boxes without area are left out before
    // the others suppress each other.
    private long[] Suppress(ReadOnlySpan<float> known, long[] levels, int limit)
    {
        var rows = new List<int>(levels.Length);
        for (var i = 0; i < levels.Length; i++)
        {
            var box = known.Slice(5 * i, 4);
            if (box[2] - box[0] > smallestSide && box[3] - box[1] > smallestSide)
            {
                rows.Add(i);
            }
        }

        var (places, values, groups) = (new float[4 * rows.Count], new float[rows.Count], new long[rows.Count]);
        for (var i = 0; i < values.Length; i++)
        {
            (values[i], groups[i]) = (known[5 * rows[i] + 4], levels[rows[i]]);
            known.Slice(5 * rows[i], 4).CopyTo(places.AsSpan(4 * i));
        }

        var kept = NonMaximumSuppression.ByClass(places, values, groups, (float)nmsThreshold, limit);
        return [.. kept.Take(limit).Select(place => (long)rows[place])];
    }
}
