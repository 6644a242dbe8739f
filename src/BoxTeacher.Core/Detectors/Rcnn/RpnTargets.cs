using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>What the anchors of a batch learn. Tensors are on the network's device and belong to the caller's dispose scope.</summary>
/// <param name="Positives">[P] int64: the sampled positive anchors, image * (anchors of an image) + anchor, over all levels.</param>
/// <param name="Sampled">[S] int64: all sampled anchors, the positives of all images first.</param>
/// <param name="Deltas">[P, 4]: what the positives regress to.</param>
/// <param name="Normalizer">What both losses are divided by.</param>
public sealed record RpnTargets(Tensor Positives, Tensor Sampled, Tensor Deltas, double Normalizer);

/// <summary>What an image adds to the divisor of the losses of the region proposal network.</summary>
/// <param name="positives">Its sampled positives.</param>
/// <param name="negatives">Its sampled background.</param>
public delegate double RpnNormalizer(int positives, int negatives);

/// <summary>The normalizers of the published code.</summary>
public static class RpnNormalizers
{
    /// <summary>mmdetection: the sampled anchors; each image counts at least one of either kind.</summary>
    public static double Sampled(int positives, int negatives) => Math.Max(positives, 1) + Math.Max(negatives, 1);

    /// <summary>detectron2: a constant, 256 as published.</summary>
    public static RpnNormalizer Constant(int samples) => (_, _) => samples;
}

/// <summary>Which anchors learn, and what (Ren et al. 2015, section 3.1.2).</summary>
/// <param name="matcher">Which anchor belongs to which object.</param>
/// <param name="sampler">Chooses among the anchors.</param>
/// <param name="samples">Anchors per image; 256 as published.</param>
/// <param name="positiveShare">Largest share of positives; 0.5 as published, 0.25 in Unbiased Teacher.</param>
/// <param name="coder">Writes a target as a move of its anchor; null: deviations 1.</param>
/// <param name="normalizer">Divisor of the losses; null: mmdetection's.</param>
/// <param name="border">
/// Anchors that stick out of an image by as many pixels do not learn; null, as published: they do.
/// </param>
/// <param name="divisor">
/// An image's own padding: its sides become multiples of it, and anchors of a batch's further padding do not learn. 32 as published with
/// mmdetection; null, as detectron2: all anchors learn.
/// </param>
public sealed class RpnAssigner(
    Matcher matcher, SubsetSampler sampler, int samples = 256, double positiveShare = 0.5, BoxCoder? coder = null,
    RpnNormalizer? normalizer = null, double? border = null, int? divisor = 32)
{
    private readonly BoxCoder _coder = coder ?? BoxCoder.Proposals;
    private readonly RpnNormalizer _normalizer = normalizer ?? RpnNormalizers.Sampled;

    /// <summary>IoU from 0.7 on and below 0.3, and anchors of an object's best IoU if that is at least 0.3.</summary>
    public static Matcher PublishedMatcher { get; } = new(0.7, 0.3, LowQuality.Best(0.3));

    /// <summary>The same as detectron2 has it: an object's best anchors learn whatever their IoU is, from their own best object.</summary>
    public static Matcher Detectron2Matcher { get; } = new(0.7, 0.3, LowQuality.OwnBest);

    /// <summary>The targets of a batch.</summary>
    /// <param name="outputs">Of the batch.</param>
    /// <param name="anchors">The anchors that they belong to.</param>
    /// <param name="boxes">The objects of each image, [g, 4].</param>
    /// <param name="random">What may be drawn from.</param>
    /// <param name="sizes">Size of each image without padding; null: all cells belong to every image.</param>
    /// <param name="placeOf">By which number an image draws; null: its own.</param>
    public RpnTargets Assign(
        RpnOutputs outputs, Anchors anchors, IReadOnlyList<Tensor> boxes, RandomStream random, IReadOnlyList<ImageSize>? sizes = null,
        Func<int, int>? placeOf = null)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var all = cat([.. outputs.Anchors]);
        var (positives, negatives, deltas) = (new List<long>(), new List<long>(), new List<Tensor>());
        var divisorSum = 0.0;
        var matches = stack([.. boxes.Select((own, image) =>
        {
            var index = matcher.Match(all, own).Index;
            return sizes is not null && (divisor ?? border) is not null
                ? index.masked_fill_(Learning(outputs, anchors, all, sizes[image]).logical_not(), BoxMatches.Ignored)
                : index;
        })]);
        // All images in one copy.
        var known = HostValues.Longs(matches);
        var count = (int)all.size(0);
        for (var image = 0; image < boxes.Count; image++)
        {
            var own = random.Split((ulong)(placeOf?.Invoke(image) ?? image));
            var (chosen, rest) = sampler.Balanced(known.AsSpan(image * count, count), samples, positiveShare, own);
            var rows = DeviceValues.Of(chosen, all.device);
            deltas.Add(_coder.Encode(
                all.index_select(0, rows), boxes[image].to(all.dtype).index_select(0, matches[image].index_select(0, rows))));
            var first = (long)image * count;
            positives.AddRange(chosen.Select(anchor => first + anchor));
            negatives.AddRange(rest.Select(anchor => first + anchor));
            divisorSum += _normalizer(chosen.Length, rest.Length);
        }

        long[] sampled = [.. positives, .. negatives];
        var index = DeviceValues.Of(sampled, all.device);
        return new RpnTargets(
            index.narrow(0, 0, positives.Count).clone().MoveToOuterDisposeScope(),
            index.MoveToOuterDisposeScope(),
            cat(deltas).MoveToOuterDisposeScope(),
            divisorSum);
    }

    // [L] bool.
    private Tensor Learning(RpnOutputs outputs, Anchors anchors, Tensor all, ImageSize size)
    {
        var valid = divisor is { } multiple
            ? anchors.Valid(outputs.Shapes, ImageBatch.PaddedSizeOf([size], multiple), all.device)
            : ones([all.size(0)], @bool, all.device);
        return Anchors.Learning(all, valid, size, border);
    }
}

/// <summary>The losses of the region proposal network (Ren et al. 2015, equation 1).</summary>
/// <param name="beta">Of the smooth L1 loss of deltas; 0, as published with pyramids: L1.</param>
public sealed class RpnLoss(double beta = 0)
{
    /// <summary><c>loss_rpn_cls</c> and <c>loss_rpn_bbox</c>, both divided by <see cref="RpnTargets.Normalizer"/>.</summary>
    public IReadOnlyList<LossTerm> Terms(RpnOutputs outputs, RpnTargets targets)
    {
        using var scope = NewDisposeScope();
        var levels = Enumerable.Range(0, outputs.Anchors.Count).ToArray();
        var logits = cat([.. levels.Select(outputs.LogitsOf)], 1).view(-1).index_select(0, targets.Sampled);
        var deltas = cat([.. levels.Select(outputs.DeltasOf)], 1).view(-1, 4).index_select(0, targets.Positives);
        var objects = arange(0, targets.Sampled.size(0), int64, logits.device) < targets.Positives.size(0);
        return
        [
            new LossTerm("loss_rpn_cls", ObjectnessLoss.Sum(logits, objects), targets.Normalizer).MoveToOuterDisposeScope(),
            new LossTerm("loss_rpn_bbox", DeltaLoss.Sum(deltas, targets.Deltas, beta), targets.Normalizer).MoveToOuterDisposeScope(),
        ];
    }
}
