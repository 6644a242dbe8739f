using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Losses;

/// <summary>The loss of each of M samples over C + 1 classes.</summary>
/// <param name="logits">[M, C + 1].</param>
/// <param name="labels">[M] int64.</param>
/// <returns>[M].</returns>
public delegate Tensor SoftmaxLoss(Tensor logits, Tensor labels);

/// <summary>Losses of one class among many, and their weighted sum.</summary>
public static class SoftmaxLosses
{
    /// <summary>Cross entropy, -ln p of the true class.</summary>
    public static Tensor CrossEntropy(Tensor logits, Tensor labels) => F.cross_entropy(logits, labels, reduction: nn.Reduction.None);

    /// <summary>
    /// (1 - p)^gamma * cross entropy: the focal loss of Unbiased Teacher (Liu et al., ICLR 2021), without a balance of classes.
    /// </summary>
    /// <param name="gamma">Focusing exponent; 1.5 as published.</param>
    public static SoftmaxLoss Focal(double gamma = 1.5) => (logits, labels) =>
    {
        using var scope = NewDisposeScope();
        var entropy = CrossEntropy(logits, labels);
        return ((1 - entropy.neg().exp()).pow(gamma) * entropy).MoveToOuterDisposeScope();
    };

    /// <summary>Sum of the weighted losses of the samples, 0-dim.</summary>
    /// <param name="loss">The loss of a sample.</param>
    /// <param name="logits">[M, C + 1].</param>
    /// <param name="labels">[M] int64.</param>
    /// <param name="weights">[M], without gradient; null: 1.</param>
    public static Tensor Sum(this SoftmaxLoss loss, Tensor logits, Tensor labels, Tensor? weights = null)
    {
        using var scope = NewDisposeScope();
        var each = loss(logits, labels);
        return (weights is null ? each : each * weights.detach()).sum().MoveToOuterDisposeScope();
    }
}

/// <summary>Losses of moves dx, dy, dw, dh (Girshick 2015, equation 3).</summary>
public static class DeltaLoss
{
    /// <summary>
    /// With d = |prediction - target|: d^2 / (2 beta) below beta, else d - beta / 2; of beta 0, |d|. Each element, of any shape.
    /// </summary>
    /// <param name="prediction">Any shape.</param>
    /// <param name="target">The same shape.</param>
    /// <param name="beta">At least 0; 0 is L1.</param>
    public static Tensor Elementwise(Tensor prediction, Tensor target, double beta = 0)
    {
        using var scope = NewDisposeScope();
        var distance = (prediction - target).abs();
        return (beta == 0 ? distance : where(distance < beta, distance * distance * 0.5 / beta, distance - 0.5 * beta))
            .MoveToOuterDisposeScope();
    }

    /// <summary>Sum of the weighted losses of all elements, 0-dim.</summary>
    /// <param name="prediction">Any shape.</param>
    /// <param name="target">The same shape.</param>
    /// <param name="beta">At least 0; 0 is L1.</param>
    /// <param name="weights">The same shape, without gradient; null: 1.</param>
    public static Tensor Sum(Tensor prediction, Tensor target, double beta = 0, Tensor? weights = null)
    {
        using var scope = NewDisposeScope();
        var each = Elementwise(prediction, target, beta);
        return (weights is null ? each : each * weights.detach()).sum().MoveToOuterDisposeScope();
    }
}

/// <summary>Object or not: binary cross entropy (Ren et al. 2015, equation 1).</summary>
public static class ObjectnessLoss
{
    /// <summary>Sum of the weighted losses of all elements, 0-dim.</summary>
    /// <param name="logits">Any shape.</param>
    /// <param name="objects">The same shape, bool or 0/1: whether it is an object.</param>
    /// <param name="weights">The same shape, without gradient; null: 1.</param>
    public static Tensor Sum(Tensor logits, Tensor objects, Tensor? weights = null)
    {
        using var scope = NewDisposeScope();
        var each = F.binary_cross_entropy_with_logits(logits, objects.to(logits.dtype), reduction: nn.Reduction.None);
        return (weights is null ? each : each * weights.detach()).sum().MoveToOuterDisposeScope();
    }
}
