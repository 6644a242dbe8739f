using BoxTeacher.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>What the sum of focal losses is divided by.</summary>
public interface IFcosNormaliser
{
    /// <summary>The divisor of a batch, before the floor of 1.</summary>
    /// <param name="positives">Positive locations of the batch.</param>
    /// <param name="locations">All locations of the batch.</param>
    double Divisor(int positives, long locations);
}

/// <summary>The normalisers of the published code.</summary>
public static class FcosNormaliser
{
    /// <summary>The number of positive locations: what all BoxTeacher recipes use.</summary>
    public static IFcosNormaliser Positives { get; } = new Function((positives, _) => positives);

    /// <summary>The number of locations.</summary>
    public static IFcosNormaliser Locations { get; } = new Function((_, locations) => locations);

    /// <summary>A moving average of the number of positive locations; each batch moves it. It starts at 100.</summary>
    public static IFcosNormaliser MovingPositives(double momentum = 0.9)
    {
        var average = 100.0;
        return new Function((positives, _) => average = momentum * average + (1 - momentum) * positives);
    }

    private sealed class Function(Func<int, long, double> divisor) : IFcosNormaliser
    {
        public double Divisor(int positives, long locations) => divisor(positives, locations);
    }
}

/// <summary>The losses of the FCOS head (Tian et al., ICCV 2019, eq. 2, with centre-ness on the box branch).</summary>
/// <param name="location">Box loss of [P, 4] predicted and true distances, [P]; <see cref="LtrbLoss"/> has those of the papers.</param>
/// <param name="normaliser">Divisor of the class loss.</param>
/// <param name="alpha">Focal loss, weight of positives.</param>
/// <param name="gamma">Focal loss, focusing exponent.</param>
public sealed class FcosLoss(
    Func<Tensor, Tensor, Tensor> location, IFcosNormaliser normaliser, double alpha = 0.25, double gamma = 2)
{
    /// <summary>GIoU, divided by the positives: the losses of CondInst, BoxInst and BoxTeacher.</summary>
    public static FcosLoss Published { get; } = new(LtrbLoss.GeneralizedIou, FcosNormaliser.Positives);

    /// <summary>
    /// Class, box and centre-ness terms: <c>loss_fcos_cls</c>, <c>loss_fcos_loc</c> (weighted by centre-ness) and
    /// <c>loss_fcos_ctr</c>.
    /// </summary>
    public IReadOnlyList<LossTerm> Terms(FcosOutputs outputs, FcosTargets targets)
    {
        using var scope = NewDisposeScope();
        var centreness = targets.Centreness.to(outputs.Ltrb.dtype);
        var box = location(outputs.LtrbAt(targets), targets.Ltrb.to(outputs.Ltrb.dtype));
        return Kept(
            Class(outputs, targets),
            new LossTerm("loss_fcos_loc", (box * centreness).sum(), centreness.sum(), Floor: 1e-6),
            new LossTerm("loss_fcos_ctr", Centreness.Sum(outputs.CentrenessAt(targets), centreness), targets.Count));
    }

    /// <summary>
    /// The variant in which the centre-ness branch learns the overlap of the predicted with the true box:
    /// <c>loss_fcos_cls</c>, <c>loss_fcos_loc</c> (unweighted) and <c>loss_fcos_iou</c>.
    /// </summary>
    public IReadOnlyList<LossTerm> TermsWithIouQuality(FcosOutputs outputs, FcosTargets targets)
    {
        using var scope = NewDisposeScope();
        var (predicted, truth) = (outputs.LtrbAt(targets), targets.Ltrb.to(outputs.Ltrb.dtype));
        var overlap = LtrbLoss.Overlap(predicted, truth).Iou.detach();
        return Kept(
            Class(outputs, targets),
            new LossTerm("loss_fcos_loc", location(predicted, truth).sum(), targets.Count),
            new LossTerm("loss_fcos_iou", Centreness.Sum(outputs.CentrenessAt(targets), overlap), targets.Count));
    }

    private LossTerm Class(FcosOutputs outputs, FcosTargets targets)
    {
        var (classes, locations) = (outputs.Logits.size(1), outputs.Logits.size(2));
        var elements = new long[targets.Count];
        for (var i = 0; i < elements.Length; i++)
        {
            elements[i] = (targets.Images[i] * classes + targets.Classes[i]) * locations + targets.Locations[i];
        }

        var sum = FocalLoss.Sum(outputs.Logits, tensor(elements, device: outputs.Logits.device), alpha, gamma);
        return new LossTerm("loss_fcos_cls", sum, normaliser.Divisor(targets.Count, targets.ImageCount * locations));
    }

    private static IReadOnlyList<LossTerm> Kept(params LossTerm[] terms) => [.. terms.Select(term => term.MoveToOuterDisposeScope())];
}
