using BoxTeacher.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Backbones;

/// <summary>
/// A residual network (He et al. 2016) with parameters named as in published detectors: <c>stem.conv1</c>,
/// <c>res2.0.conv1</c> to <c>res5.*</c>. Its outputs are the last stages.
/// </summary>
public sealed class ResNet : Backbone
{
    private readonly ResNetStem stem;
    private readonly Sequential[] _stages;
    private readonly int _firstOutput;

    /// <summary>A network of given parts.</summary>
    /// <param name="stem">Images to the first feature map.</param>
    /// <param name="stages">Four (or fewer) stages: their blocks, channels and strides relative to what comes before.</param>
    /// <param name="outputs">How many of the last stages are returned.</param>
    /// <param name="frozen">How many parts, the stem first, take no gradient.</param>
    public ResNet(ResNetStem stem, IReadOnlyList<Stage> stages, int outputs, int frozen) : base(nameof(ResNet))
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(outputs, stages.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frozen, stages.Count + 1);
        this.stem = stem;
        RegisterComponents();
        Stages = stages;
        _stages = [.. stages.Select(stage => nn.Sequential(stage.Blocks))];
        _firstOutput = stages.Count - outputs;
        var levels = new List<FeatureLevel>();
        var stride = stem.Stride;
        for (var i = 0; i < stages.Count; i++)
        {
            register_module($"res{i + 2}", _stages[i]);
            stride *= stages[i].Stride;
            if (i >= _firstOutput)
            {
                levels.Add(new FeatureLevel(stride, stages[i].Channels));
            }
        }
        Levels = levels;
        foreach (var part in new nn.Module[] { stem }.Concat(_stages).Take(frozen))
        {
            foreach (var parameter in part.parameters())
            {
                parameter.requires_grad = false;
            }
        }
    }

    /// <summary>One stage: blocks in order, the channels they end with, and the stride of the first.</summary>
    public sealed record Stage(IReadOnlyList<nn.Module<Tensor, Tensor>> Blocks, int Channels, int Stride);

    /// <inheritdoc/>
    public override IReadOnlyList<FeatureLevel> Levels { get; }

    /// <summary>From images to the first stage.</summary>
    internal ResNetStem Stem => stem;

    /// <summary>res2 and on.</summary>
    internal IReadOnlyList<Stage> Stages { get; }

    /// <summary>
    /// ResNet-50 or -101 with frozen batch normalization, as published configurations use it: outputs res3 to res5, or res2 to res5.
    /// </summary>
    /// <param name="depth">50 or 101.</param>
    /// <param name="strideInFirst">The stride of a stage sits in the first 1x1 convolution (MSRA weights), else in the 3x3.</param>
    /// <param name="frozen">Parts without gradient, the stem counting as the first; 2 as published.</param>
    /// <param name="stemChannels">64 as published.</param>
    /// <param name="channels">Output channels of res2, doubled by every stage; 256 as published.</param>
    /// <param name="width">Width of res2's 3x3 convolutions, doubled by every stage; 64 as published.</param>
    /// <param name="deformable">
    /// Which of res2 to res5 have modulated deformable 3x3 convolutions; null: none. Published with DCN: res3 to res5.
    /// </param>
    /// <param name="offsetGroups">Groups of channels with offsets of their own in the deformable stages; 1 as published.</param>
    /// <param name="outputs">How many of the last stages are returned: 3 for FCOS, 4 for R-CNN.</param>
    public static ResNet Bottleneck(
        int depth, bool strideInFirst = true, int frozen = 2, int stemChannels = 64, int channels = 256, int width = 64,
        IReadOnlyList<bool>? deformable = null, int offsetGroups = 1, int outputs = 3)
    {
        int[] blocks = depth switch
        {
            50 => [3, 4, 6, 3],
            101 => [3, 4, 23, 3],
            _ => throw new ArgumentOutOfRangeException(nameof(depth), depth, "A bottleneck ResNet has depth 50 or 101."),
        };
        var stages = new List<Stage>();
        var inputs = stemChannels;
        for (var i = 0; i < blocks.Length; i++)
        {
            var (wide, inner, stride) = (channels << i, width << i, i == 0 ? 1 : 2);
            var stage = new List<nn.Module<Tensor, Tensor>>();
            for (var b = 0; b < blocks[i]; b++)
            {
                var (from, step) = b == 0 ? (inputs, stride) : (wide, 1);
                stage.Add(deformable?[i] == true
                    ? new DeformableBottleneckBlock(from, inner, wide, step, strideInFirst, offsetGroups, Frozen)
                    : new BottleneckBlock(from, inner, wide, step, strideInFirst, Frozen));
            }
            stages.Add(new Stage(stage, wide, stride));
            inputs = wide;
        }
        return new ResNet(new ResNetStem(stemChannels, 7, pool: true, Frozen), stages, outputs, frozen);
    }

    /// <summary>
    /// A network of basic blocks with frozen batch normalization, such as ResNet-18: a stage's first block has its stride in the first 3x3
    /// convolution.
    /// </summary>
    /// <param name="blocks">Blocks of res2 to res5. ResNet-18: 2, 2, 2, 2; ResNet-34: 3, 4, 6, 3.</param>
    /// <param name="frozen">Parts without gradient, the stem counting as the first.</param>
    /// <param name="channels">Channels of stem and res2, doubled by every stage; 64 as published.</param>
    /// <param name="outputs">How many of the last stages are returned.</param>
    /// <remarks>
    /// Stem, pooling and 3x3 convolutions are padded by half a kernel on every side. Where a map's sides are even, a step of 2 leaves the
    /// last row and column of that padding unread; so weights that were trained without these (ONNX pads 3, 3, 2, 2 and 1, 1, 0, 0) see
    /// the same windows.
    /// </remarks>
    public static ResNet Basic(IReadOnlyList<int> blocks, int frozen = 2, int channels = 64, int outputs = 3)
    {
        var stages = new List<Stage>();
        var inputs = channels;
        for (var i = 0; i < blocks.Count; i++)
        {
            var (wide, stride) = (channels << i, i == 0 ? 1 : 2);
            var stage = new List<nn.Module<Tensor, Tensor>>();
            for (var b = 0; b < blocks[i]; b++)
            {
                var (from, step) = b == 0 ? (inputs, stride) : (wide, 1);
                stage.Add(new BasicBlock(from, wide, step, Frozen));
            }

            stages.Add(new Stage(stage, wide, stride));
            inputs = wide;
        }

        return new ResNet(new ResNetStem(channels, 7, pool: true, Frozen), stages, outputs, frozen);
    }

    /// <summary>
    /// A network small enough to be trained from scratch on a CPU: trainable batch normalization, a 3x3 stem without pooling,
    /// one basic block per stage, outputs at strides 4, 8, 16 and 32.
    /// </summary>
    /// <param name="stemChannels">Channels of the stem.</param>
    /// <param name="channels">Channels of the four stages; 32, 64, 96, 128 when null.</param>
    public static ResNet Small(int stemChannels = 16, IReadOnlyList<int>? channels = null)
    {
        channels ??= [32, 64, 96, 128];
        static nn.Module<Tensor, Tensor> Trained(long size) => nn.BatchNorm2d(size);
        var stages = new List<Stage>();
        var inputs = stemChannels;
        foreach (var outputs in channels)
        {
            stages.Add(new Stage([new BasicBlock(inputs, outputs, 2, Trained)], outputs, 2));
            inputs = outputs;
        }
        return new ResNet(new ResNetStem(stemChannels, 3, pool: false, Trained), stages, stages.Count, frozen: 0);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var outputs = new Tensor[Levels.Count];
        var features = stem.call(input);
        for (var i = 0; i < _stages.Length; i++)
        {
            features = _stages[i].call(features);
            if (i >= _firstOutput)
            {
                outputs[i - _firstOutput] = features.alias().MoveToOuterDisposeScope();
            }
        }
        return outputs;
    }

    private static FrozenBatchNorm2d Frozen(long size) => new(size);
}

/// <summary>The bottleneck block of ResNet-50 and deeper (He et al. 2016, figure 5): 1x1, 3x3, 1x1, and a shortcut.</summary>
public sealed class BottleneckBlock : nn.Module<Tensor, Tensor>
{
    private readonly ConvNorm? shortcut;
    private readonly ConvNorm conv1;
    private readonly ConvNorm conv2;
    private readonly ConvNorm conv3;

    /// <summary>A block; the shortcut is a 1x1 convolution where the number of channels changes, else the identity.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="width">Channels of the 3x3 convolution.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="stride">1 or 2.</param>
    /// <param name="strideInFirst">The stride sits in the first 1x1 convolution (MSRA weights) instead of the 3x3 one.</param>
    /// <param name="norm">Makes the normalization of the given number of channels.</param>
    public BottleneckBlock(int inputs, int width, int outputs, int stride, bool strideInFirst, Func<long, nn.Module<Tensor, Tensor>> norm)
        : base(nameof(BottleneckBlock))
    {
        if (inputs != outputs)
        {
            shortcut = new ConvNorm(inputs, outputs, 1, stride, norm);
        }

        conv1 = new ConvNorm(inputs, width, 1, strideInFirst ? stride : 1, norm);
        conv2 = new ConvNorm(width, width, 3, strideInFirst ? 1 : stride, norm);
        conv3 = new ConvNorm(width, outputs, 1, 1, norm);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = conv1.call(input).relu_();
        output = conv2.call(output).relu_();
        output = conv3.call(output);
        return output.add_(shortcut?.call(input) ?? input).relu_().MoveToOuterDisposeScope();
    }
}

/// <summary>The basic block of shallow ResNets: two 3x3 convolutions and a shortcut.</summary>
public sealed class BasicBlock : nn.Module<Tensor, Tensor>
{
    private readonly ConvNorm? shortcut;
    private readonly ConvNorm conv1;
    private readonly ConvNorm conv2;

    /// <summary>A block; the shortcut is a 1x1 convolution where channels or resolution change, else the identity.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="stride">1 or 2.</param>
    /// <param name="norm">Makes the normalization of the given number of channels.</param>
    public BasicBlock(int inputs, int outputs, int stride, Func<long, nn.Module<Tensor, Tensor>> norm) : base(nameof(BasicBlock))
    {
        if (inputs != outputs || stride != 1)
        {
            shortcut = new ConvNorm(inputs, outputs, 1, stride, norm);
        }

        conv1 = new ConvNorm(inputs, outputs, 3, stride, norm);
        conv2 = new ConvNorm(outputs, outputs, 3, 1, norm);
        RegisterComponents();
    }

    /// <summary>The first 3x3 convolution, which has the stride.</summary>
    internal ConvNorm First => conv1;

    /// <summary>The second 3x3 convolution.</summary>
    internal ConvNorm Second => conv2;

    /// <summary>The 1x1 convolution beside both; null: the identity.</summary>
    internal ConvNorm? Shortcut => shortcut;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = conv2.call(conv1.call(input).relu_());
        return output.add_(shortcut?.call(input) ?? input).relu_().MoveToOuterDisposeScope();
    }
}

/// <summary>The entry of a ResNet: one convolution of stride 2, ReLU, and in large nets a 3x3 max pooling of stride 2.</summary>
public sealed class ResNetStem : nn.Module<Tensor, Tensor>
{
    /// <summary>Side of the pooling's window.</summary>
    internal const int PoolKernel = 3;

    /// <summary>Step of the pooling.</summary>
    internal const int PoolStride = 2;

    private readonly ConvNorm conv1;
    private readonly bool _pool;

    /// <summary>A stem over three color channels.</summary>
    /// <param name="channels">Output channels.</param>
    /// <param name="kernel">7 as published, 3 for small images.</param>
    /// <param name="pool">Whether max pooling brings the stride to 4.</param>
    /// <param name="norm">Makes the normalization of the given number of channels.</param>
    public ResNetStem(int channels, int kernel, bool pool, Func<long, nn.Module<Tensor, Tensor>> norm) : base(nameof(ResNetStem))
    {
        conv1 = new ConvNorm(3, channels, kernel, 2, norm);
        Stride = pool ? 2 * PoolStride : 2;
        _pool = pool;
        RegisterComponents();
    }

    /// <summary>Input pixels per cell of the output, 2 or 4.</summary>
    public int Stride { get; }

    /// <summary>The convolution.</summary>
    internal ConvNorm Convolution => conv1;

    /// <summary>Whether it ends with a max pooling.</summary>
    internal bool Pools => _pool;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = conv1.call(input).relu_();
        if (_pool)
        {
            output = nn.functional.max_pool2d(output, PoolKernel, PoolStride, PoolKernel / 2);
        }

        return output.MoveToOuterDisposeScope();
    }
}

/// <summary>
/// A <see cref="BottleneckBlock"/> whose 3x3 convolution is modulated deformable (Zhu et al. 2019). <c>conv2_offset</c> predicts from
/// its input where the taps go and how much they count; it starts at zero, that is undisplaced taps that count one half.
/// </summary>
public sealed class DeformableBottleneckBlock : nn.Module<Tensor, Tensor>
{
    private readonly ConvNorm? shortcut;
    private readonly ConvNorm conv1;
    private readonly Convolution2d conv2_offset;
    private readonly DeformableConvNorm conv2;
    private readonly ConvNorm conv3;

    /// <summary>A block; the shortcut is a 1x1 convolution where the number of channels changes, else the identity.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="width">Channels of the 3x3 convolution.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="stride">1 or 2.</param>
    /// <param name="strideInFirst">The stride sits in the first 1x1 convolution instead of the 3x3 one (published: false).</param>
    /// <param name="offsetGroups">Groups of channels with offsets of their own; 1 as published.</param>
    /// <param name="norm">Makes the normalization of the given number of channels.</param>
    public DeformableBottleneckBlock(int inputs, int width, int outputs, int stride, bool strideInFirst, int offsetGroups,
        Func<long, nn.Module<Tensor, Tensor>> norm) : base(nameof(DeformableBottleneckBlock))
    {
        var (first, second) = strideInFirst ? (stride, 1) : (1, stride);
        if (inputs != outputs)
        {
            shortcut = new ConvNorm(inputs, outputs, 1, stride, norm);
        }

        conv1 = new ConvNorm(inputs, width, 1, first, norm);
        conv2_offset = new Convolution2d(width, DeformableConvNorm.MotionChannels(3, offsetGroups), 3, second);
        nn.init.zeros_(conv2_offset.Weight);
        nn.init.zeros_(conv2_offset.Bias!);
        conv2 = new DeformableConvNorm(width, width, 3, second, offsetGroups, norm);
        conv3 = new ConvNorm(width, outputs, 1, 1, norm);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = conv1.call(input).relu_();
        output = conv2.call(output, conv2_offset.call(output)).relu_();
        output = conv3.call(output);
        return output.add_(shortcut?.call(input) ?? input).relu_().MoveToOuterDisposeScope();
    }
}
