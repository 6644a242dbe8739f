using static TorchSharp.torch;

namespace BoxTeacher.Losses;

/// <summary>
/// Overlap losses of probabilities x against targets t, both [N, ...] in [0, 1]; each instance gives one number, [N].
/// All take N = 0.
/// </summary>
public static class DiceLoss
{
    /// <summary>
    /// <c>D = 1 - 2 sum(x t) / (sum x^2 + sum t^2 + eps)</c> (Milletari et al., V-Net, eq. 3). In [0, 1]; an instance
    /// that is empty in both has loss 1.
    /// </summary>
    public static Tensor PerInstance(Tensor probabilities, Tensor targets, double eps = 1e-5)
    {
        using var scope = NewDisposeScope();
        var (x, t) = (probabilities.flatten(1), targets.flatten(1));
        var overlap = (x * t).sum(1);
        return (1 - 2 * overlap / (x.square().sum(1) + t.square().sum(1) + eps)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>sum |x - t|^beta / (sum x^2 + sum t^2 + eps)</c> (Wang et al., "A noise-robust framework", TMI 2020). Part of
    /// the published code without a use in its recipes.
    /// </summary>
    public static Tensor Noisy(Tensor probabilities, Tensor targets, double beta = 1.5, double eps = 1e-5)
    {
        using var scope = NewDisposeScope();
        var (x, t) = (probabilities.flatten(1), targets.flatten(1));
        var miss = (x - t).abs().pow(beta).sum(1);
        return (miss / (x.square().sum(1) + t.square().sum(1) + eps)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>1 - (tp + eps) / (tp + wn fn + wp fp + eps)</c> with soft counts (Salehi et al., MLMI 2017). Part of the
    /// published code without a use in its recipes.
    /// </summary>
    public static Tensor Tversky(
        Tensor probabilities, Tensor targets, double missed = 0.7, double invented = 0.3, double eps = 1e-5)
    {
        using var scope = NewDisposeScope();
        var (x, t) = (probabilities.flatten(1), targets.flatten(1));
        var hit = (x * t).sum(1);
        var falseNegative = ((1 - x) * t).sum(1);
        var falsePositive = (x * (1 - t)).sum(1);
        return (1 - (hit + eps) / (hit + missed * falseNegative + invented * falsePositive + eps)).MoveToOuterDisposeScope();
    }
}
