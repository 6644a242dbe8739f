using BoxTeacher.Losses;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests;

/// <summary>Dice, projection and their relatives against the published implementation, values and gradients.</summary>
public sealed class MaskLossGoldenTests
{
    private const string Case = "boxteacher/a_mask_losses";

    private static readonly Dictionary<string, Func<Tensor, Tensor, GoldenInstance, Tensor>> Losses = new()
    {
        ["dice"] = (x, t, instance) => DiceLoss.PerInstance(x, t, instance.Number("eps")),
        ["projection"] = (x, t, instance) => ProjectionLoss.Max(x.squeeze(1), t.squeeze(1), eps: instance.Number("eps")),
        ["avg_projection"] = (x, t, instance) => ProjectionLoss.Mean(x.squeeze(1), t.squeeze(1), eps: instance.Number("eps")),
        ["noisy_dice"] = (x, t, instance) => DiceLoss.Noisy(x, t, instance.Number("beta"), instance.Number("eps")),
        ["tversky"] = (x, t, instance) =>
            DiceLoss.Tversky(x, t, instance.Number("tversky_fn"), instance.Number("tversky_fp"), instance.Number("eps")),
    };

    [GoldenFact(Case + ".json")]
    public void Losses_agree_in_values_and_gradients()
    {
        var checks = 0;
        foreach (var instance in GoldenCase.Load(Case).Instances.Where(instance => instance.Has("in.target")))
        {
            foreach (var (name, loss) in Losses)
            {
                checks += Check(instance, name, loss, "", float32, 1e-5, 1e-5);
                checks += Check(instance, name, loss, "@f64", float64, 1e-12, 1e-9);
            }
        }

        Assert.True(checks > 0);
    }

    [Fact]
    public void No_instance_gives_no_loss()
    {
        using var scope = NewDisposeScope();
        var none = zeros(0, 4, 5);
        Assert.All(
            [DiceLoss.PerInstance(none, none), DiceLoss.Noisy(none, none), DiceLoss.Tversky(none, none), ProjectionLoss.Max(none, none), ProjectionLoss.Mean(none, none)],
            loss => Assert.Equal([0L], loss.shape));
    }

    private static int Check(
        GoldenInstance instance, string name, Func<Tensor, Tensor, GoldenInstance, Tensor> loss, string suffix, ScalarType dtype, double absolute, double relative)
    {
        if (!instance.Has($"out.{name}{suffix}"))
        {
            return 0;
        }

        using var scope = NewDisposeScope();
        var fromScores = instance.Attributes.TryGetProperty("use_scores", out var flag) && flag.GetBoolean();
        var input = instance[fromScores ? "in.scores" : "in.logits"].to(dtype).requires_grad_();
        var value = loss(fromScores ? input : input.sigmoid(), instance["in.target"].to(dtype), instance);
        GoldenAssert.Close(instance[$"out.{name}{suffix}"], value, absolute, relative, $"{instance} {name}{suffix}");
        (value * instance["in.upstream"].to(dtype)).sum().backward();
        GoldenAssert.Close(instance[$"grad.{name}{suffix}"], input.grad!, absolute, relative, $"{instance} gradient of {name}{suffix}");
        return 1;
    }
}
