using TorchSharp;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace BoxTeacher.Torch.Tests.Nn;

public sealed class InitTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Tensor _t = empty(2, 3);

    public InitTests() => manual_seed(3);

    public void Dispose() => _scope.Dispose();

    [Fact] public void Truncated_normal() => init.trunc_normal_(_t, std: .5).Is(-1.3139801f, -0.6251517f, -0.2827659f, -0.9635403f, -0.0356039f, -0.7767823f);
    [Fact] public void Orthogonal() => init.orthogonal_(_t).Is(0.9714502f, 0.2114365f, 0.1076066f, 0.0756497f, 0.1538235f, -0.9851981f);
    [Fact] public void Xavier_normal() => init.xavier_normal_(_t).Is(0.5080364f, 0.1105743f, 0.0562747f, -0.3881494f, 0.0292083f, -0.8653631f);

    [Fact]
    public void Kaiming_normal() => init.kaiming_normal_(_t, mode: init.FanInOut.FanOut, nonlinearity: init.NonlinearityType.ReLU)
        .Is(0.8032761f, 0.1748334f, 0.0889781f, -0.613718f, 0.0461824f, -1.3682592f);

    [Fact]
    public void Sparse_columns_have_their_share_of_zeros()
    {
        var t = init.sparse_(empty(4, 3), 0.5);
        Assert.Equal(6, t.Values().Count(v => v == 0));
    }

    [Fact]
    public void Constants_and_identities()
    {
        init.constant_(_t, 2.5).Is(2.5f, 2.5f, 2.5f, 2.5f, 2.5f, 2.5f);
        init.eye_(_t).Is(1, 0, 0, 0, 1, 0);
        init.zeros_(_t).Is(0, 0, 0, 0, 0, 0);
        init.ones_(_t).Is(1, 1, 1, 1, 1, 1);
        init.dirac_(empty(2, 2, 3)).Is(0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0);
    }

    [Fact]
    public void Nothing_is_recorded_for_gradients()
    {
        var p = Parameter(empty(2, 2));
        init.kaiming_uniform_(p, Math.Sqrt(5));
        Assert.True(p.is_leaf);
        Assert.Equal(Math.Sqrt(2.0 / 6), init.calculate_gain(init.NonlinearityType.LeakyReLU, Math.Sqrt(5)), 12);
        Assert.Equal((18L, 27L), init.CalculateFanInAndFanOut(empty(3, 2, 3, 3)));
        Assert.Throws<ArgumentException>(() => init.kaiming_uniform_(empty(3)));
    }
}
