using BoxTeacher.Kernels;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Losses;

/// <summary>
/// Sigmoid focal loss (Lin et al., ICCV 2017, eq. 5): <c>alpha_t (1 - p_t)^gamma * BCE</c>, with
/// <c>p_t = p t + (1-p)(1-t)</c> and <c>alpha_t = alpha t + (1-alpha)(1-t)</c>.
/// </summary>
public static class FocalLoss
{
    /// <summary>The loss of each element, as a chain of differentiable operators.</summary>
    /// <param name="logits">Any shape.</param>
    /// <param name="targets">Same shape and dtype, values in [0, 1].</param>
    /// <param name="alpha">Weight of the positive class, in [0, 1].</param>
    /// <param name="gamma">Focusing exponent, at least 0.</param>
    public static Tensor Elementwise(Tensor logits, Tensor targets, double alpha = 0.25, double gamma = 2)
    {
        using var scope = NewDisposeScope();
        var p = logits.sigmoid();
        var bce = F.binary_cross_entropy_with_logits(logits, targets, reduction: nn.Reduction.None);
        var miss = p * (1 - targets) + (1 - p) * targets;
        var balance = alpha * targets + (1 - alpha) * (1 - targets);
        return (balance * bce * miss.pow(gamma)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The sum over all elements (0-dim) for 0/1 targets, without building them: every element counts as a negative,
    /// and the few positive ones are corrected. Value and gradient come from the closed form in one pass, so nothing
    /// but the gradient is stored.
    /// </summary>
    /// <param name="logits">Any shape.</param>
    /// <param name="positives">
    /// [K] int64: indices of the elements whose target is 1, in row-major order of <paramref name="logits"/>, each once.
    /// </param>
    /// <param name="alpha">Weight of the positive class, in [0, 1].</param>
    /// <param name="gamma">Focusing exponent, at least 0.</param>
    public static Tensor Sum(Tensor logits, Tensor positives, double alpha = 0.25, double gamma = 2)
    {
        using var scope = NewDisposeScope();
        Tensor value, gradient;
        using (no_grad())
        {
            var x = logits.detach().contiguous();
            value = Terms(x, -1, 1 - alpha, gamma, out gradient).sum();
            if (positives.numel() > 0)
            {
                var chosen = x.view(-1).index_select(0, positives);
                value += (Terms(chosen, 1, alpha, gamma, out var asPositive)
                          - Terms(chosen, -1, 1 - alpha, gamma, out var asNegative)).sum();
                gradient.view(-1).index_add_(0, positives, asPositive - asNegative, 1);
            }
        }

        return (logits.requires_grad && is_grad_enabled() ? KnownGradient.Attach(logits, value, gradient) : value)
            .MoveToOuterDisposeScope();
    }

    /// <summary>
    /// weight * m^gamma * softplus(-sign x), m = sigmoid(-sign x), and its derivative
    /// -sign * weight * m^gamma * (m + gamma (1-m) softplus(-sign x)).
    /// </summary>
    private static Tensor Terms(Tensor x, int sign, double weight, double gamma, out Tensor derivative)
    {
        var z = sign > 0 ? x.neg() : x;
        var miss = z.sigmoid();
        var bce = F.softplus(z, threshold: 40);
        var focus = miss.pow(gamma).mul_(weight);
        derivative = (1 - miss).mul_(bce).mul_(gamma).add_(miss).mul_(focus);
        if (sign > 0)
        {
            derivative.neg_();
        }

        return bce.mul_(focus);
    }
}
