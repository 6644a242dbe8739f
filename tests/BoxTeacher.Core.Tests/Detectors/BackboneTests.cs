using BoxTeacher.Backbones;
using BoxTeacher.Layers;
using BoxTeacher.Structures;
using Xunit;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Detectors;

public sealed class BackboneTests
{
    public static TheoryData<string, long, long, int[]> Published => new()
    {
        // Parameters, those of them that learn, channels of the outputs.
        { "R50", 23_454_912, 23_232_512, [512, 1024, 2048] },
        { "R101", 42_394_816, 42_172_416, [512, 1024, 2048] },
        { "R101-DCN", 44_324_074, 44_101_674, [512, 1024, 2048] },
        { "Swin-B", 86_744_760, 86_208_240, [256, 512, 1024] },
    };

    [Theory]
    [MemberData(nameof(Published))]
    public void Published_backbones_have_their_size(string name, long parameters, long learning, int[] channels)
    {
        using var backbone = Create(name);
        Assert.Equal(parameters, backbone.parameters().Sum(parameter => parameter.numel()));
        Assert.Equal(learning, backbone.parameters().Where(parameter => parameter.requires_grad).Sum(parameter => parameter.numel()));
        Assert.Equal(channels.Zip([8, 16, 32], (count, stride) => new FeatureLevel(stride, count)), backbone.Levels);
    }

    private static Backbone Create(string name) => name switch
    {
        "R50" => ResNet.Bottleneck(50),
        "R101" => ResNet.Bottleneck(101),
        "R101-DCN" => ResNet.Bottleneck(101, strideInFirst: false, deformable: [false, true, true, true]),
        _ => SwinTransformer.Base(),
    };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_stride_of_a_stage_sits_in_either_convolution(bool first)
    {
        using var scope = NewDisposeScope();
        static nn.Module<Tensor, Tensor> Norm(long channels) => new FrozenBatchNorm2d(channels);
        using var block = new BottleneckBlock(4, 2, 8, stride: 2, strideInFirst: first, Norm);
        // Only the pixel in row 1, column 1 differs: a strided 1x1 convolution skips it, a strided 3x3 one does not.
        var input = zeros(1, 4, 4, 4);
        var moved = input.clone();
        moved[0, TensorIndex.Colon, 1, 1] = 1;
        foreach (var (_, parameter) in block.named_parameters())
            nn.init.ones_(parameter);
        Assert.Equal(first, block.call(input).Equals(block.call(moved)));
    }

    [Fact]
    public void Swin_pads_and_crops_any_size()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(1);
        using var swin = new SwinTransformer(8, [2, 2], [2, 4], window: 3, outputs: 2, frozen: 0);
        var outputs = swin.call(randn(2, 3, 37, 50));
        Assert.Equal([2, 8, 10, 13], outputs[0].shape);
        Assert.Equal([2, 16, 5, 7], outputs[1].shape);
        outputs[1].sum().backward();
        Assert.All(swin.named_parameters().Where(entry => entry.name is not ("norm0.weight" or "norm0.bias")), entry => Assert.NotNull(entry.parameter.grad));
    }

    [Fact]
    public void Shifted_windows_see_their_neighbors_and_nothing_across_the_edge()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(2);
        const int Side = 4;
        var windows = new Windows(Side);
        var mask = windows.ShiftMask(2 * Side, 3 * Side, Side / 2, zeros(1));
        Assert.Equal([6, Side * Side, Side * Side], mask.shape);
        var row = arange(2 * Side).view(-1, 1).expand(-1, 3 * Side).roll((-Side / 2, -Side / 2), (0, 1));
        var column = arange(3 * Side).view(1, -1).expand(2 * Side, -1).roll((-Side / 2, -Side / 2), (0, 1));
        // Two cells of a window belong together if they were less than a window apart before the map was rolled.
        Tensor Near(Tensor place)
        {
            var cut = windows.Cut(place.view(1, 2 * Side, 3 * Side, 1)).squeeze(2);
            return (cut.unsqueeze(1) - cut.unsqueeze(2)).abs() < Side;
        }
        Assert.True(mask.eq(0).Equals(Near(row).logical_and(Near(column))));
        Assert.True(mask.eq(0).logical_or(mask.eq(-100)).all().item<bool>());
    }

    [Fact]
    public void Cutting_and_joining_windows_gives_the_map_back()
    {
        using var scope = NewDisposeScope();
        var map = rand(2, 6, 9, 5);
        var windows = new Windows(3);
        var cut = windows.Cut(map);
        Assert.Equal([12, 9, 5], cut.shape);
        Assert.True(map[1, 3, 7].Equals(cut[6 + 3 + 2, 1]));
        Assert.True(map.Equals(windows.Join(cut, 6, 9)));
    }

    [Fact]
    public void Dropped_paths_keep_their_mean_and_vanish_in_evaluation()
    {
        using var scope = NewDisposeScope();
        using var drop = new DropPath(0.25, new RandomStream(4));
        var input = ones(4000, 2, 3);
        var output = drop.call(input);
        Assert.True(output.eq(0).logical_or(output.eq((Tensor)(1f / 0.75f))).all().item<bool>());
        Assert.True(output.Equals(output[TensorIndex.Colon, 0, 0].view(-1, 1, 1).expand(-1, 2, 3)));
        Assert.Equal(1, output.mean().item<float>(), 0.03f);
        drop.eval();
        Assert.True(input.Equals(drop.call(input)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DropPath(1));
    }

    [Fact]
    public void Frozen_parts_of_swin_take_no_gradient()
    {
        using var swin = new SwinTransformer(8, [2, 2], [2, 4], window: 3, outputs: 1, frozen: 2);
        Assert.All(swin.named_parameters(), entry => Assert.Equal(
            !entry.name.StartsWith("patch_embed.", StringComparison.Ordinal) && !entry.name.StartsWith("layers.0.", StringComparison.Ordinal),
            entry.parameter.requires_grad));
    }
}
