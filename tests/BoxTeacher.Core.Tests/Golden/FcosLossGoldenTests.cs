using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>The losses of the FCOS head against the published implementation, values and gradients.</summary>
public sealed class FcosLossGoldenTests
{
    private const string Case = "boxteacher/f2_fcos_losses";

    private static readonly int[] Strides = [8, 16, 32, 64, 128];

    [GoldenFact(Case + ".json")]
    public void Focal_loss_agrees()
    {
        foreach (var instance in Of("focal"))
        {
            using var scope = NewDisposeScope();
            var (alpha, gamma) = (instance.Number("alpha"), instance.Number("gamma"));
            var targets = instance["in.t"];

            var x = instance["in.x"].requires_grad_();
            var elements = FocalLoss.Elementwise(x, targets, alpha, gamma);
            GoldenAssert.Close(instance["out.focal_none"], elements, 1e-5, 1e-5, $"{instance} elements");
            elements.sum().backward();
            GoldenAssert.Close(instance["grad.x"], x.grad!, 1e-5, 1e-5, $"{instance} gradient");

            var y = instance["in.x"].requires_grad_();
            var sum = FocalLoss.Sum(y, targets.view(-1).nonzero().view(-1), alpha, gamma);
            GoldenAssert.Close(instance["out.focal_sum"], sum, 1e-5, 1e-5, $"{instance} sum");
            sum.backward();
            GoldenAssert.Close(instance["grad.x"], y.grad!, 1e-5, 1e-5, $"{instance} closed-form gradient");
        }
    }

    [GoldenFact(Case + ".json")]
    public void Overlap_losses_agree()
    {
        foreach (var instance in Of("iou_loss"))
        {
            Check(instance, "", float32, 2e-5, 1e-5);
            Check(instance, "@f64", float64, 1e-12, 1e-9);
        }

        static void Check(GoldenInstance instance, string suffix, ScalarType dtype, double absolute, double relative)
        {
            using var scope = NewDisposeScope();
            var prediction = instance["in.pred"].to(dtype).requires_grad_();
            var target = instance["in.target"].to(dtype);
            var (iou, giou) = LtrbLoss.Overlap(prediction, target);
            GoldenAssert.Close(instance["out.ious" + suffix], iou, absolute, relative, $"{instance} IoU{suffix}");
            GoldenAssert.Close(instance["out.gious" + suffix], giou, absolute, relative, $"{instance} GIoU{suffix}");
            var loss = LocationLoss(instance.Attributes.GetProperty("type").GetString())(prediction, target);
            GoldenAssert.Close(instance["out.loss_unweighted" + suffix], loss.sum(), absolute, relative, $"{instance} sum{suffix}");
            var weighted = (loss * instance["in.weight"].to(dtype)).sum();
            GoldenAssert.Close(instance["out.loss_weighted" + suffix], weighted, absolute, relative, $"{instance} weighted sum{suffix}");
            weighted.backward();
            GoldenAssert.Close(instance["grad.pred" + suffix], prediction.grad!, absolute, relative, $"{instance} gradient{suffix}");
        }
    }

    [GoldenFact(Case + ".json")]
    public void Head_losses_agree()
    {
        foreach (var instance in Of("fcos_losses"))
        {
            using var scope = NewDisposeScope();
            var levels = Enumerable.Range(0, Strides.Length).Where(l => instance.Has($"in.logits_{l}")).ToArray();
            Tensor[] Inputs(string name) => [.. levels.Select(l => instance[$"in.{name}_{l}"].requires_grad_())];
            var (logits, distances, centerness) = (Inputs("logits"), Inputs("reg"), Inputs("ctr"));
            var grid = new LocationGrid([.. levels.Select(l => (Strides[l], (int)logits[l].size(2), (int)logits[l].size(3)))]);
            Tensor Dense(Tensor[] maps) => cat([.. maps.Select(map => map.flatten(2))], 2);
            var outputs = new FcosOutputs(Dense(logits), Dense(distances), Dense(centerness).squeeze(1), [], grid);

            var truth = Enumerable.Range(0, (int)logits[0].size(0))
                .Select(i => new Instances(instance[$"in.boxes_{i}"], instance[$"in.classes_{i}"])).ToList();
            var targets = new FcosAssigner(FcosAssigner.PublishedRanges).Assign(grid, truth, CPU);

            var loss = new FcosLoss(
                LocationLoss(instance.Attributes.GetProperty("loc_loss").GetString()),
                instance.Attributes.GetProperty("normalizer").GetString() switch
                {
                    "fg" => FcosNormalizers.Positives,
                    "moving_fg" => FcosNormalizers.MovingPositives(),
                    "all" => FcosNormalizers.Locations,
                    var other => throw new InvalidDataException($"Unknown normalizer {other}."),
                },
                instance.Number("alpha"), instance.Number("gamma"));
            var terms = new LossTerms(instance.Attributes.GetProperty("quality").GetString() == "iou"
                ? loss.TermsWithIouQuality(outputs, targets)
                : loss.Terms(outputs, targets));
            foreach (var term in terms)
            {
                GoldenAssert.Close(instance[$"out.{term.Name}"], term.Value(), 1e-5, 1e-5, $"{instance} {term.Name}");
            }

            terms.Total().backward();
            foreach (var l in levels)
            {
                Gradient($"logits_{l}", logits[l]);
                Gradient($"reg_{l}", distances[l]);
                Gradient($"ctr_{l}", centerness[l]);
            }

            void Gradient(string name, Tensor input)
            {
                if (instance.Has("grad." + name))
                {
                    GoldenAssert.Close(instance["grad." + name], input.grad ?? zeros_like(input), 1e-5, 1e-5, $"{instance} gradient of {name}");
                }
            }
        }
    }

    private static Func<Tensor, Tensor, Tensor> LocationLoss(string? name) => name switch
    {
        "iou" => LtrbLoss.NegativeLogIou,
        "linear_iou" => LtrbLoss.LinearIou,
        "giou" => LtrbLoss.GeneralizedIou,
        _ => throw new InvalidDataException($"Unknown box loss {name}."),
    };

    private static IEnumerable<GoldenInstance> Of(string function) => GoldenCase.Load(Case).Instances
        .Where(instance => instance.Attributes.GetProperty("fn").GetString() == function);
}
