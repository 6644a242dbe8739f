using BoxTeacher.Layers;

using static TorchSharp.torch;

namespace BoxTeacher.Backbones;

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
        Stride = pool ? 4 : 2;
        _pool = pool;
        RegisterComponents();
    }

    /// <summary>Input pixels per cell of the output, 2 or 4.</summary>
    public int Stride { get; }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var output = conv1.call(input).relu_();
        if (_pool)
        {
            output = nn.functional.max_pool2d(output, 3, 2, 1);
        }

        return output.MoveToOuterDisposeScope();
    }
}
