using BoxTeacher.Layers;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>The object of each of A boxes. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Index">[A] int64: row of the object, <see cref="Background"/> or <see cref="Ignored"/>.</param>
/// <param name="Overlaps">[A]: largest IoU with an object; 0 where there are none, -1 in an ignored region.</param>
public sealed record BoxMatches(Tensor Index, Tensor Overlaps)
{
    /// <summary>Index of a box that belongs to no object.</summary>
    public const long Background = -1;

    /// <summary>Index of a box that is neither object nor background.</summary>
    public const long Ignored = -2;
}

/// <summary>Boxes that objects take although they overlap too little.</summary>
/// <param name="overlaps">[G, A] IoU of each object with each box; there is at least one of both.</param>
/// <param name="nearest">[A] int64: the object that overlaps each box most.</param>
/// <returns>[A] int64: row of the object that takes the box, -1 where none does.</returns>
public delegate Tensor LowQualityRule(Tensor overlaps, Tensor nearest);

/// <summary>The rules of the published code.</summary>
public static class LowQuality
{
    /// <summary>
    /// mmdetection's: each object whose best IoU reaches the minimum takes all boxes of exactly that IoU; a later object takes over from an
    /// earlier one.
    /// </summary>
    /// <param name="minimum">Smallest best IoU; 0.3 as published.</param>
    public static LowQualityRule Best(double minimum) => (overlaps, _) =>
    {
        using var scope = NewDisposeScope();
        var best = overlaps.amax([1], keepdim: true);
        var taken = (overlaps == best).logical_and_(best >= minimum);
        var rows = arange(1, overlaps.size(0) + 1, int64, overlaps.device).unsqueeze(1);
        return (taken.to(int64).mul_(rows).amax([0]) - 1).MoveToOuterDisposeScope();
    };

    /// <summary>detectron2's: boxes of an object's best IoU, however small, go to the object that overlaps them most themselves.</summary>
    public static Tensor OwnBest(Tensor overlaps, Tensor nearest)
    {
        using var scope = NewDisposeScope();
        var taken = (overlaps == overlaps.amax([1], keepdim: true)).any(0);
        return where(taken, nearest, full_like(nearest, -1)).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Assigns boxes to the objects of an image by IoU: mmdetection's <c>MaxIoUAssigner</c>, detectron2's <c>Matcher</c>. Below
/// <paramref name="negative"/> a box is background, from <paramref name="positive"/> on it belongs to the object that it overlaps most (the
/// first of equals), between the two it is ignored; then the rule of low quality applies.
/// </summary>
/// <param name="positive">Smallest IoU of an object's boxes, reached by equality.</param>
/// <param name="negative">IoU below which a box is background.</param>
/// <param name="lowQuality">Boxes that objects take below the threshold; null: none.</param>
/// <param name="ignoredShare">
/// A box with more than this share of its area in one ignored region is ignored; null: such regions do not matter.
/// </param>
public sealed class Matcher(double positive, double negative, LowQualityRule? lowQuality = null, double? ignoredShare = null)
{
    /// <summary>The matches of one image.</summary>
    /// <param name="boxes">[A, 4], xyxy.</param>
    /// <param name="objects">[G, 4], xyxy.</param>
    /// <param name="ignored">[I, 4]: regions of which nothing is known, as a crowd's; null: none.</param>
    public BoxMatches Match(Tensor boxes, Tensor objects, Tensor? ignored = null)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var count = boxes.size(0);
        if (objects.size(0) == 0 || count == 0)
        {
            return Kept(
                full([count], BoxMatches.Background, int64, boxes.device), zeros([count], boxes.dtype, boxes.device));
        }

        var overlaps = BoxOverlaps.Iou(objects.to(boxes.dtype), boxes);
        if (ignoredShare is { } share && ignored is not null && ignored.size(0) > 0)
        {
            var inside = (BoxOverlaps.Iof(boxes, ignored.to(boxes.dtype)).amax([1]) > share).unsqueeze(0);
            overlaps = overlaps.masked_fill_(inside, -1);
        }

        var (index, best) = Match(overlaps);
        return Kept(index, best);
    }

    /// <summary>The matches of boxes whose overlaps with the objects are known.</summary>
    /// <param name="overlaps">[G, A] IoU, at least one of both; -1 in an ignored region.</param>
    public BoxMatches Match(Tensor overlaps)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var (best, nearest) = overlaps.max(0);
        var index = full_like(nearest, BoxMatches.Ignored);
        index.masked_fill_((best >= 0).logical_and_(best < negative), BoxMatches.Background);
        index = where(best >= positive, nearest, index);
        if (lowQuality is not null)
        {
            var taker = lowQuality(overlaps, nearest);
            index = where(taker >= 0, taker, index);
        }

        return Kept(index, best);
    }

    private static BoxMatches Kept(Tensor index, Tensor overlaps) =>
        new(index.MoveToOuterDisposeScope(), overlaps.MoveToOuterDisposeScope());
}
