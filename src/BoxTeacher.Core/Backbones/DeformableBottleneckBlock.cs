using BoxTeacher.Layers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Backbones;

/// <summary>
/// A <see cref="BottleneckBlock"/> whose 3x3 convolution is modulated deformable (Zhu et al. 2019). <c>conv2_offset</c> predicts from
/// its input where the taps go and how much they count; it starts at zero, that is undisplaced taps that count one half.
/// </summary>
public sealed class DeformableBottleneckBlock : nn.Module<Tensor, Tensor>
{
    private readonly ConvNorm? shortcut;
    private readonly ConvNorm conv1;
    private readonly Conv2d conv2_offset;
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
        conv2_offset = nn.Conv2d(width, DeformableConvNorm.MotionChannels(3, offsetGroups), 3, second, 1);
        nn.init.zeros_(conv2_offset.weight);
        nn.init.zeros_(conv2_offset.bias!);
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
