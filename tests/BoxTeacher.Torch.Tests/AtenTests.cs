using System.Runtime.InteropServices;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Torch.Tests;

public class AtenTests
{
    [Fact]
    public void Any_operator_can_be_called_by_name()
    {
        using var scope = NewDisposeScope();
        var a = tensor([1f, 2f]);
        Assert.Equal([3f, 6f], Aten.CallTensor("add", "Tensor", a, a, 2).data<float>().ToArray());
        Assert.Equal(2, ((Tensor[])Aten.Call("split", "Tensor", a, 1)[0]!).Length);
        Assert.Equal(2, Aten.Call("max", "dim", a, 0).Length);
        Assert.Equal(true, Aten.Call("equal", "", a, a)[0]);
        Assert.Equal([2f], Aten.CallTensor("index", "Tensor", a, (Tensor[])[tensor([1L])]).data<float>().ToArray());
        Assert.StartsWith("aten::add.Tensor(Tensor self", Aten.Schema("add", "Tensor"), StringComparison.Ordinal);
        Assert.True(Aten.Has("aten::add", "Tensor"));
        Assert.False(Aten.Has("add", "NoSuchOverload"));
    }

    [Fact]
    public void Arguments_that_do_not_fit_are_refused()
    {
        using var scope = NewDisposeScope();
        var a = ones(2);
        Assert.Throws<ExternalException>(() => Aten.Call("no_such_operator"));
        Assert.Contains("other", Assert.Throws<ExternalException>(() => Aten.Call("add", "Tensor", a, "text")).Message, StringComparison.Ordinal);
        Assert.Contains("self", Assert.Throws<ExternalException>(() => Aten.Call("add", "Tensor")).Message, StringComparison.Ordinal);
        Assert.Contains("takes 3 arguments", Assert.Throws<ExternalException>(() => Aten.Call("add", "Tensor", a, a, 1, 2)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Aten.Call("add", "Tensor", a, DateTime.Now));
    }

    [Fact]
    public void Many_tensors_change_in_one_call()
    {
        using var scope = NewDisposeScope();
        Tensor[] targets = [zeros(3, requires_grad: true), zeros(2, 2)];
        Tensor[] others = [ones(3), ones(2, 2)];
        Foreach.add_(targets, others, 2);
        Foreach.mul_(targets, 3);
        Assert.All(targets, t => Assert.Equal(6f, t.reshape(-1)[0].ToSingle()));
        Foreach.ema_(targets, others, 0.5);
        Assert.All(targets, t => Assert.Equal(3.5f, t.reshape(-1)[0].ToSingle()));
        Assert.Equal(7.0, Foreach.norm(targets)[1].ToDouble(), 5);
        Foreach.zero_(targets);
        Assert.All(targets, t => Assert.Equal(0f, t.sum().ToSingle()));
        Assert.Throws<ArgumentException>(() => Foreach.add_(targets, [others[0]]));
    }

    [Fact]
    public void A_moving_average_works_for_tensors_of_any_layout_and_type()
    {
        using var scope = NewDisposeScope();
        Tensor[] targets = [zeros(2, 3).T, zeros(2, dtype: float64)];
        Tensor[] sources = [ones(3, 2), ones(2)];
        Foreach.ema_(targets, sources, 0.75);
        Assert.All(targets, t => Assert.True(t.allclose(t.full_like(0.25))));
    }

    [Fact]
    public void Channels_last_changes_strides_and_no_values()
    {
        using var scope = NewDisposeScope();
        var x = randn(2, 3, 4, 5);
        var y = MemoryFormats.ChannelsLast(x);
        Assert.True(MemoryFormats.IsChannelsLast(y));
        Assert.False(MemoryFormats.IsChannelsLast(x));
        Assert.Equal([60, 1, 15, 3], y.stride());
        Assert.True(x.Equals(y));
        var weight = randn(8, 3, 3, 3, requires_grad: true);
        var before = weight.detach().clone();
        MemoryFormats.ChannelsLast([weight]);
        Assert.True(MemoryFormats.IsChannelsLast(weight));
        Assert.True(before.Equals(weight.detach()));
        Assert.True(weight.is_leaf && weight.requires_grad);
    }
}
