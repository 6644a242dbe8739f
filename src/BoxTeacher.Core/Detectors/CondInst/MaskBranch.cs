using BoxTeacher.Backbones;
using BoxTeacher.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The bottom part of CondInst (Tian et al. 2020, section 3.3): the finest levels brought to one resolution and summed, a few
/// 3x3 convolutions, and a 1x1 convolution to the features that the dynamic mask head reads.
/// </summary>
public sealed class MaskBranch : nn.Module<IReadOnlyList<Tensor>, Tensor>
{
    private readonly ModuleList<Sequential> refine;
    private readonly Sequential tower;
    private readonly int[] _factors;

    /// <summary>A branch over the finest levels of a pyramid.</summary>
    /// <param name="levels">The levels it reads, finest first; the finest one gives the branch's stride.</param>
    /// <param name="channels">Width of its 3x3 convolutions; 128 as published.</param>
    /// <param name="convolutions">Depth of the tower; 4 as published.</param>
    /// <param name="outputs">Channels that come out; 16 in BoxTeacher, 8 in CondInst.</param>
    public MaskBranch(IReadOnlyList<FeatureLevel> levels, int channels = 128, int convolutions = 4, int outputs = 16)
        : base(nameof(MaskBranch))
    {
        refine = nn.ModuleList([.. levels.Select(level => ConvBlock(level.Channels, channels))]);
        var layers = new List<nn.Module<Tensor, Tensor>>();
        for (var i = 0; i < convolutions; i++)
        {
            layers.Add(ConvBlock(channels, channels));
        }

        layers.Add(nn.Conv2d(channels, outputs, 1));
        tower = nn.Sequential(layers);
        Stride = levels[0].Stride;
        Outputs = outputs;
        _factors = [.. levels.Select(level => level.Stride / Stride)];
        RegisterComponents();
    }

    /// <summary>Input pixels per cell of the features.</summary>
    public int Stride { get; }

    /// <summary>Channels of the features.</summary>
    public int Outputs { get; }

    /// <summary>Mask features [N,outputs,H/stride,W/stride] of a pyramid; levels beyond those it was made for are not read.</summary>
    public override Tensor forward(IReadOnlyList<Tensor> input)
    {
        using var scope = NewDisposeScope();
        var sum = refine[0].call(input[0]);
        for (var i = 1; i < _factors.Length; i++)
        {
            sum = sum + AlignedBilinear.Upsample(refine[i].call(input[i]), _factors[i]);
        }

        return tower.call(sum).MoveToOuterDisposeScope();
    }

    private static Sequential ConvBlock(int inputs, int outputs)
    {
        var convolution = nn.Conv2d(inputs, outputs, 3, 1, 1, bias: false);
        nn.init.kaiming_uniform_(convolution.weight, 1);
        return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace: true));
    }
}
