using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>What the sum of focal losses is divided by, before the floor of 1.</summary>
/// <param name="positives">Positive locations of the batch.</param>
/// <param name="locations">All locations of the batch.</param>
public delegate double FcosNormalizer(int positives, long locations);

/// <summary>The normalizers of the published code.</summary>
public static class FcosNormalizers
{
    /// <summary>The number of positive locations: what all BoxTeacher recipes use.</summary>
    public static double Positives(int positives, long locations) => positives;

    /// <summary>The number of locations.</summary>
    public static double Locations(int positives, long locations) => locations;

    /// <summary>A moving average of the number of positive locations; each batch moves it. It starts at 100.</summary>
    public static FcosNormalizer MovingPositives(double momentum = 0.9)
    {
        var average = 100.0;
        return (positives, _) => average = momentum * average + (1 - momentum) * positives;
    }
}

/// <summary>The losses of the FCOS head (Tian et al., ICCV 2019, eq. 2, with center-ness on the box branch).</summary>
/// <param name="location">Box loss of [P, 4] predicted and true distances, [P]; <see cref="LtrbLoss"/> has those of the papers.</param>
/// <param name="normalizer">Divisor of the class loss.</param>
/// <param name="alpha">Focal loss, weight of positives.</param>
/// <param name="gamma">Focal loss, focusing exponent.</param>
public sealed class FcosLoss(
    Func<Tensor, Tensor, Tensor> location, FcosNormalizer normalizer, double alpha = 0.25, double gamma = 2)
{
    /// <summary>GIoU, divided by the positives: the losses of CondInst, BoxInst and BoxTeacher.</summary>
    public static FcosLoss Published { get; } = new(LtrbLoss.GeneralizedIou, FcosNormalizers.Positives);

    /// <summary>
    /// Class, box and center-ness terms: <c>loss_fcos_cls</c>, <c>loss_fcos_loc</c> (weighted by center-ness) and
    /// <c>loss_fcos_ctr</c>.
    /// </summary>
    public IReadOnlyList<LossTerm> Terms(FcosOutputs outputs, FcosTargets targets)
    {
        using var scope = NewDisposeScope();
        var centerness = targets.Centerness.to(outputs.Ltrb.dtype);
        var box = location(outputs.LtrbAt(targets), targets.Ltrb.to(outputs.Ltrb.dtype));
        return Kept(
            Class(outputs, targets),
            new LossTerm("loss_fcos_loc", (box * centerness).sum(), centerness.sum(), Floor: 1e-6),
            new LossTerm("loss_fcos_ctr", Centerness.Sum(outputs.CenternessAt(targets), centerness), targets.Count));
    }

    /// <summary>
    /// The variant in which the center-ness branch learns the overlap of the predicted with the true box:
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
            new LossTerm("loss_fcos_iou", Centerness.Sum(outputs.CenternessAt(targets), overlap), targets.Count));
    }

    private LossTerm Class(FcosOutputs outputs, FcosTargets targets)
    {
        var (classes, locations) = (outputs.Logits.size(1), outputs.Logits.size(2));
        var elements = new long[targets.Count];
        for (var i = 0; i < elements.Length; i++)
        {
            elements[i] = (targets.Images[i] * classes + targets.Classes[i]) * locations + targets.Locations[i];
        }

        var sum = FocalLoss.Sum(outputs.Logits, DeviceValues.Of(elements, outputs.Logits.device), alpha, gamma);
        return new LossTerm("loss_fcos_cls", sum, normalizer(targets.Count, targets.ImageCount * locations));
    }

    private static IReadOnlyList<LossTerm> Kept(params LossTerm[] terms) => [.. terms.Select(term => term.MoveToOuterDisposeScope())];
}
