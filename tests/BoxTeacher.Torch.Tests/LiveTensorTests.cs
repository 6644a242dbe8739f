using BoxTeacher.Torch.Tests.Nn;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests;

/// <summary>Tests that count the tensors of the whole process run while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

[Collection(Alone.Name)]
public sealed class LiveTensorTests
{
    public LiveTensorTests()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [Fact]
    public void Two_thousand_training_steps_leave_no_tensor_behind()
    {
        manual_seed(0);
        using var model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 1));
        using var sgd = optim.SGD(model.parameters(), .01, momentum: .9);
        using var adam = optim.AdamW(model.parameters(), .001);
        void Step()
        {
            using var step = NewDisposeScope();
            sgd.zero_grad();
            model.call(randn(4, 1, 4, 4)).square().mean().backward();
            nn.utils.clip_grad_norm_(model.parameters(), 1);
            sgd.step();
            adam.step();
        }
        Step();
        var live = Tensor.TotalCount;
        for (var k = 0; k < 2000; k++) {
            Step();
        }
        Assert.Equal(live, Tensor.TotalCount);
    }

    [Fact]
    public void A_step_outside_any_scope_leaves_only_what_its_caller_holds()
    {
        using var model = nn.Linear(4, 4);
        using var x = ones(2, 4);
        foreach (var type in new[] { ScalarType.Float32, ScalarType.Float64 }) {
            model.to(type);
            x.requires_grad = false;
            using var input = x.to(type);
            using var sgd = optim.SGD(model.parameters(), .01, momentum: .9, weight_decay: .1, nesterov: true);
            using var adam = optim.Adam(model.parameters(), .01, weight_decay: .1, amsgrad: true);
            using (var loss = Sum(model.call(input))) {
                loss.backward();
            }
            sgd.step();
            adam.step();
            var live = Tensor.TotalCount;
            sgd.step();
            adam.step();
            sgd.zero_grad();
            Assert.Equal(live, Tensor.TotalCount);
        }
    }

    private static Tensor Sum(Tensor t)
    {
        using (t) {
            return t.sum();
        }
    }

    [Fact]
    public void A_sequence_disposes_what_passes_between_its_modules()
    {
        Tensor? between = null;
        var first = nn.Identity();
        first.register_forward_hook((_, _, y) => between = y);
        using var sequence = nn.Sequential(first, nn.ReLU(), nn.Identity());
        using var x = ones(2);
        var live = Tensor.TotalCount;
        var y = sequence.call(x);
        Assert.Equal(live + 1, Tensor.TotalCount);
        Assert.True(between!.IsInvalid);
        y.Is(1, 1);
        y.Dispose();
        using var empty = nn.Sequential();
        empty.call(x).Dispose();
        Assert.False(x.IsInvalid);
    }
}
