using TorchSharp;
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
    public static Tensor Max(Tensor probabilities, Tensor boxMasks, double eps = 1e-5) =>
        Shadows(probabilities, boxMasks, eps, (mask, axis) => mask.max(axis).values);

    /// <summary>
    /// The same with means for maxima, which sees the mask's area as well. The published code's <c>loss_avg</c>
    /// holds pseudo masks to it.
    /// </summary>
    public static Tensor Mean(Tensor probabilities, Tensor masks, double eps = 1e-5) =>
        Shadows(probabilities, masks, eps, (mask, axis) => mask.mean([axis]));

    private static Tensor Shadows(Tensor mask, Tensor target, double eps, Func<Tensor, long, Tensor> project)
    {
        using var scope = NewDisposeScope();
        var loss = DiceLoss.PerInstance(project(mask, -2), project(target, -2), eps)
                   + DiceLoss.PerInstance(project(mask, -1), project(target, -1), eps);
        return loss.MoveToOuterDisposeScope();
    }
}
