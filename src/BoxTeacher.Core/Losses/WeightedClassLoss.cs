using static TorchSharp.torch;

namespace BoxTeacher.Losses;

/// <summary>The class losses of M sampled boxes, and how far each is trusted.</summary>
/// <param name="Losses">[M] the loss of each box alone, with its gradient.</param>
/// <param name="Weights">[M] in [0, 1], no gradient: 1 for foreground, the reliability for background.</param>
/// <param name="IsForeground">[M] bool.</param>
public sealed record WeightedSamples(Tensor Losses, Tensor Weights, Tensor IsForeground)
{
    /// <summary>
    /// Adds numbers without gradient over all samples of a batch, from those over the samples here, which may be a share of them. To be
    /// called once for all that is needed.
    /// </summary>
    public Func<Tensor, Tensor> Sum { get; init; } = own => own.detach();

    /// <summary>The losses of boxes by their logits.</summary>
    /// <param name="loss">The loss of a box.</param>
    /// <param name="logits">[M, C + 1]; background is the last class.</param>
    /// <param name="labels">[M] int64.</param>
    /// <param name="weights">[M] in [0, 1].</param>
    public static WeightedSamples Of(SoftmaxLoss loss, Tensor logits, Tensor labels, Tensor weights) =>
        new(loss(logits, labels), weights.detach(), labels != logits.size(1) - 1);
}

/// <summary>How the class losses of weighted boxes become one term, named loss_cls.</summary>
public delegate LossTerm WeightedClassLoss(WeightedSamples samples);

/// <summary>The three tellings of Soft Teacher's class loss; L is the loss of a box and w its weight.</summary>
public static class ClassLosses
{
    private const string Name = "loss_cls";

    // Below any sum of reliabilities that is not 0.
    private const double Tiny = 1e-12;

    /// <summary>
    /// The authors' code: sum(w L) / max(sum(w), 1) over foreground and background alike, so that background, of which there is more,
    /// usually dominates.
    /// </summary>
    public static LossTerm OverWeights(WeightedSamples samples) =>
        new(Name, (samples.Weights * samples.Losses).sum(), samples.Weights.sum());

    /// <summary>
    /// mmdetection 3: sum(w L) / max(#(w &gt; 0), 1) * M / max(sum(w), 1); that of the authors wherever no weight is 0.
    /// </summary>
    public static LossTerm OverCountAndWeights(WeightedSamples samples)
    {
        var weighty = (samples.Weights > 0).to(samples.Losses.dtype);
        var counts = samples.Sum(stack([weighty.sum(), ones_like(weighty).sum()]));
        return new(Name, (samples.Weights * samples.Losses).sum() * counts[1] / counts[0].clamp(min: 1), samples.Weights.sum());
    }

    /// <summary>
    /// The paper, eq. 4 and 5: the mean over foreground, and over background the mean weighted by the reliabilities' shares of their sum;
    /// both count the same. A side without boxes, or without any reliability, adds 0.
    /// </summary>
    public static LossTerm OfTwoMeans(WeightedSamples samples)
    {
        var foreground = samples.IsForeground.to(samples.Losses.dtype);
        var (certain, doubtful) = (foreground, samples.Weights * (1 - foreground));
        var count = ones_like(foreground).sum();
        var all = samples.Sum(stack([certain.sum(), doubtful.sum(), count]));
        var means = (certain * samples.Losses).sum() / all[0].clamp(min: 1)
            + (doubtful * samples.Losses).sum() / all[1].clamp(min: Tiny);
        // 1, to which those of a batch's shares add up.
        return new(Name, means, count / all[2].clamp(min: 1));
    }
}
