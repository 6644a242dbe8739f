using System.Numerics;
using BoxTeacher.Layers;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Backbones;

/// <summary>
/// A feature pyramid (Lin et al. 2017): 1x1 lateral and 3x3 output convolutions with bias, nearest enlargement by two on the way
/// down, sums. Named <c>bottom_up</c>, <c>fpn_lateral3</c>, <c>fpn_output3</c>, ... with 3 for stride 8.
/// </summary>
public sealed class FeaturePyramid : Backbone
{
    private readonly Backbone bottom_up;
    private readonly PyramidTop? top_block;
    private readonly Convolution2d[] _lateral;
    private readonly Convolution2d[] _output;

    /// <summary>A pyramid over all outputs of a backbone.</summary>
    /// <param name="bottomUp">The backbone.</param>
    /// <param name="channels">Channels of every level.</param>
    /// <param name="top">Makes coarser levels from the last one; null: there are none.</param>
    public FeaturePyramid(Backbone bottomUp, int channels = 256, PyramidTop? top = null) : base(nameof(FeaturePyramid))
    {
        bottom_up = bottomUp;
        top_block = top;
        RegisterComponents();
        var levels = new List<FeatureLevel>();
        _lateral = new Convolution2d[bottomUp.Levels.Count];
        _output = new Convolution2d[bottomUp.Levels.Count];
        for (var i = 0; i < _lateral.Length; i++)
        {
            var (stride, inputs) = bottomUp.Levels[i];
            var stage = BitOperations.Log2((uint)stride);
            register_module($"fpn_lateral{stage}", _lateral[i] = XavierConv(inputs, channels, 1, 1));
            register_module($"fpn_output{stage}", _output[i] = XavierConv(channels, channels, 3, 1));
            levels.Add(new FeatureLevel(stride, channels));
        }
        for (var i = 0; i < (top?.Count ?? 0); i++)
        {
            levels.Add(new FeatureLevel(2 * levels[^1].Stride, channels));
        }
        Levels = levels;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<FeatureLevel> Levels { get; }

    /// <summary>The backbone below the pyramid.</summary>
    public Backbone BottomUp => bottom_up;

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var stages = bottom_up.call(input);
        var levels = new List<Tensor>();
        Tensor? above = null;
        for (var i = stages.Count - 1; i >= 0; i--)
        {
            var level = _lateral[i].call(stages[i]);
            if (above is not null)
            {
                level.add_(F.interpolate(above, [level.size(2), level.size(3)], mode: InterpolationMode.Nearest));
            }

            above = level;
            levels.Insert(0, _output[i].call(level));
        }
        if (top_block is not null)
        {
            levels.AddRange(top_block.call(levels[^1]));
        }
        foreach (var level in levels)
        {
            level.MoveToOuterDisposeScope();
        }

        return levels;
    }

    internal static Convolution2d XavierConv(int inputs, int outputs, int kernel, int stride)
    {
        var convolution = new Convolution2d(inputs, outputs, kernel, stride);
        nn.init.kaiming_uniform_(convolution.Weight, 1);
        nn.init.zeros_(convolution.Bias!);
        return convolution;
    }
}

/// <summary>The levels that a pyramid has above its finest ones, made from the last of them.</summary>
/// <param name="name">The module's name.</param>
public abstract class PyramidTop(string name) : nn.Module<Tensor, IReadOnlyList<Tensor>>(name)
{
    /// <summary>How many levels it adds, each of half the resolution of the one before.</summary>
    public abstract int Count { get; }
}

/// <summary>The two coarsest levels of FCOS: P6 = conv(P5), P7 = conv(ReLU(P6)), both 3x3 of stride 2.</summary>
public sealed class ConvolutionTop : PyramidTop
{
    private readonly Convolution2d p6;
    private readonly Convolution2d p7;

    /// <summary>The two convolutions.</summary>
    /// <param name="channels">Channels of the pyramid.</param>
    public ConvolutionTop(int channels) : base(nameof(ConvolutionTop))
    {
        p6 = FeaturePyramid.XavierConv(channels, channels, 3, 2);
        p7 = FeaturePyramid.XavierConv(channels, channels, 3, 2);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override int Count => 2;

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> forward(Tensor input)
    {
        var sixth = p6.call(input);
        using var active = sixth.relu();
        return [sixth, p7.call(active)];
    }
}

/// <summary>The coarsest level of Faster R-CNN (Lin et al. 2017, footnote 1): every second pixel of P5 in both directions.</summary>
public sealed class SubsampledTop() : PyramidTop(nameof(SubsampledTop))
{
    /// <inheritdoc/>
    public override int Count => 1;

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var every = input.slice(2, 0, input.size(2), 2).slice(3, 0, input.size(3), 2);
        return [every.contiguous().MoveToOuterDisposeScope()];
    }
}

/// <summary>One feature map of a backbone.</summary>
/// <param name="Stride">Input pixels per cell, a power of two.</param>
/// <param name="Channels">Number of channels.</param>
public readonly record struct FeatureLevel(int Stride, int Channels);

/// <summary>
/// A network from images [N,3,H,W] (H and W multiples of its coarsest needs, normally of 32) to feature maps
/// [N,channels,H/stride,W/stride], finest first. A feature pyramid is a backbone over another backbone.
/// </summary>
/// <param name="name">The module's name.</param>
public abstract class Backbone(string name) : nn.Module<Tensor, IReadOnlyList<Tensor>>(name)
{
    /// <summary>What comes out, in the order of the output.</summary>
    public abstract IReadOnlyList<FeatureLevel> Levels { get; }
}
