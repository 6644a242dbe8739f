using static TorchSharp.torch;

namespace BoxTeacher.Losses;

/// <summary>
/// Compares two masks through their shadows on the two axes, so that a box is enough of a target
/// (Tian et al., BoxInst, CVPR 2021, eq. 2-4). Masks are [N, H, W] in [0, 1]; each instance gives one number, [N].
/// </summary>
public static class ProjectionLoss
{
    /// <summary>
    /// Dice loss of the column maxima plus dice loss of the row maxima, in [0, 2]. In a tie the gradient goes to one
    /// of the maxima.
    /// </summary>
    /// <param name="probabilities">[N, H, W].</param>
    /// <param name="boxMasks">[N, H, W]; or [G, H, W] with <paramref name="boxOfInstance"/>.</param>
    /// <param name="boxOfInstance">[N] int64: which mask each instance is held to; null: its own.</param>
    /// <param name="eps">Keeps empty masks finite.</param>
    public static Tensor Max(Tensor probabilities, Tensor boxMasks, Tensor? boxOfInstance = null, double eps = 1e-5) =>
        Shadows(probabilities, boxMasks, boxOfInstance, eps, (mask, axis) => mask.max(axis).values);

    /// <summary>
    /// The same with means for maxima, which sees the mask's area as well. The published code's <c>loss_avg</c>
    /// holds pseudo masks to it.
    /// </summary>
    /// <param name="probabilities">[N, H, W].</param>
    /// <param name="masks">[N, H, W]; or [G, H, W] with <paramref name="boxOfInstance"/>.</param>
    /// <param name="boxOfInstance">[N] int64: which mask each instance is held to; null: its own.</param>
    /// <param name="eps">Keeps empty masks finite.</param>
    public static Tensor Mean(Tensor probabilities, Tensor masks, Tensor? boxOfInstance = null, double eps = 1e-5) =>
        Shadows(probabilities, masks, boxOfInstance, eps, (mask, axis) => mask.mean([axis]));

    private static Tensor Shadows(Tensor mask, Tensor target, Tensor? index, double eps, Func<Tensor, long, Tensor> project)
    {
        using var scope = NewDisposeScope();
        return (Compare(-2) + Compare(-1)).MoveToOuterDisposeScope();

        Tensor Compare(long axis)
        {
            var shadow = project(target, axis);
            return DiceLoss.PerInstance(project(mask, axis), index is null ? shadow : shadow.index_select(0, index), eps);
        }
    }
}
