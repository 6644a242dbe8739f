using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.optim;
using static TorchSharp.torch.optim.lr_scheduler;

namespace BoxTeacher.Torch.Tests.Optim;

/// <summary>Learning rates of PyTorch 1.13.1, epoch by epoch.</summary>
public sealed class SchedulerTests
{
    private static void Gives(Func<Optimizer, LRScheduler> make, params double[] expected)
    {
        using var parameter = nn.Parameter(zeros(1));
        using var optimizer = optim.SGD([parameter], .1, momentum: .9);
        var scheduler = make(optimizer);
        foreach (var rate in expected) {
            Assert.Equal(rate, optimizer.ParamGroups.Single().LearningRate, 1e-8);
            Assert.Equal(rate, scheduler.get_last_lr().Single(), 1e-8);
            scheduler.step();
        }
    }

    [Fact] public void Step() => Gives(o => StepLR(o, 3, .5), .1, .1, .1, .05, .05, .05, .025);
    [Fact] public void Milestones() => Gives(o => MultiStepLR(o, [2, 5, 5, 9], .5), .1, .1, .05, .05, .05, .0125, .0125, .0125, .0125, .00625);
    [Fact] public void Exponential() => Gives(o => ExponentialLR(o, .9), .1, .09, .081, .0729, .06561);
    [Fact] public void Lambda() => Gives(o => LambdaLR(o, e => 1.0 / (e + 1)), .1, .05, .03333333, .025, .02);
    [Fact] public void Multiplicative() => Gives(o => MultiplicativeLR(o, _ => .95), .1, .095, .09025, .0857375);
    [Fact] public void Constant() => Gives(o => ConstantLR(o, .5, 4), .05, .05, .05, .05, .1, .1);
    [Fact] public void Linear() => Gives(o => LinearLR(o, .25, 1, 5), .025, .04, .055, .07, .085, .1, .1);
    [Fact] public void Cosine() => Gives(o => CosineAnnealingLR(o, 5, .01), .1, .09140576, .06890576, .04109424, .01859424, .01, .01859424, .04109424, .06890576, .09140576, .1, .09140576);
    [Fact] public void Polynomial() => Gives(o => PolynomialLR(o, 6, 2), .1, .06944444, .04444444, .025, .01111111, .00277778, 0, 0);
    [Fact] public void One_cycle() => Gives(o => OneCycleLR(o, .4, 12), .016, .13991586, .35171406, .39776617, .37320519, .32469826, .2589516, .18505484, .1132244, .05339101, .01382679);
    [Fact] public void One_cycle_in_three_phases() => Gives(o => OneCycleLR(o, .4, 12, three_phase: true, anneal_strategy: impl.OneCycleLR.AnnealStrategy.Linear), .016, .16369231, .31138462, .34092308, .19323077, .04553846, .01379332, .01103498, .00827663, .00551829, .00275994);
    [Fact] public void Cyclic() => Gives(o => CyclicLR(o, .1, .5, 3, 4), .1, .23333333, .36666667, .5, .4, .3, .2, .1, .23333333);
    [Fact] public void Cyclic_halving() => Gives(o => CyclicLR(o, .1, .5, 2, mode: impl.CyclicLR.Mode.Triangular2), .1, .3, .5, .3, .1, .2, .3, .2, .1, .15, .2, .15);
    [Fact] public void Cyclic_decaying() => Gives(o => CyclicLR(o, .1, .5, 2, mode: impl.CyclicLR.Mode.ExpRange, gamma: .9), .1, .28, .424, .2458, .1, .218098, .3125764, .19565938);
    [Fact] public void In_sequence() => Gives(o => SequentialLR(o, [ConstantLR(o, .1, 2), ExponentialLR(o, .9)], [3]), .01, .01, .1, .1, .09, .081, .0729);
    [Fact] public void Warm_up_then_cosine() => Gives(o => SequentialLR(o, [LinearLR(o, .25, 1, 3), CosineAnnealingLR(o, 6)], [3]), .025, .05, .075, .1, .09330127, .075, .05, .025, .00669873, 0);
    [Fact] public void Chained() => Gives(o => ChainedLR([ConstantLR(o, .1, 2), ExponentialLR(o, .9)]), .01, .009, .081, .0729);

    [Fact]
    public void Plateau()
    {
        using var parameter = nn.Parameter(zeros(1));
        using var optimizer = optim.SGD([parameter], .1);
        var scheduler = ReduceLROnPlateau(optimizer, factor: .5, patience: 1, cooldown: 1);
        double[] metric = [1, .9, .9, .9, .9, .9, .9, .9, .5, .5, .5, .5];
        double[] expected = [.1, .1, .1, .1, .05, .05, .05, .025, .025, .025, .025, .0125];
        foreach (var (m, rate) in metric.Zip(expected)) {
            Assert.Equal(rate, optimizer.ParamGroups.Single().LearningRate, 1e-12);
            scheduler.step(m);
        }
        Assert.Throws<InvalidOperationException>(() => scheduler.step());
    }

    [Fact]
    public void A_cycle_moves_the_momentum_the_other_way()
    {
        using var parameter = nn.Parameter(zeros(1));
        using var optimizer = optim.SGD([parameter], .1, momentum: .5);
        var scheduler = CyclicLR(optimizer, .1, .5, 2);
        var group = (IMomentum)optimizer.ParamGroups.Single();
        Assert.Equal(.9, group.Momentum, 12);
        scheduler.step();
        Assert.Equal(.85, group.Momentum, 12);
    }

    [Fact]
    public void An_epoch_can_be_named()
    {
        using var parameter = nn.Parameter(zeros(1));
        using var optimizer = optim.SGD([parameter], .1);
        var scheduler = MultiStepLR(optimizer, [2, 4], .1);
        scheduler.step(5);
        Assert.Equal(.001, optimizer.ParamGroups.Single().LearningRate, 12);
    }
}
