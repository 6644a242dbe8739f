using BoxTeacher.Layers;
using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Detectors;

/// <summary>
/// Predicts how well masks cover their objects (Huang et al., Mask Scoring R-CNN 2019, section 3.2): features of a box and the mask beside
/// them, four 3x3 convolutions of which the last has stride 2, two hidden layers, one IoU per class. Not squashed: it may lie outside of
/// 0..1. Named as in CenterMask2's checkpoints: <c>maskiou_fcn1</c>, ..., <c>maskiou_fc1</c>, <c>maskiou_fc2</c>, <c>maskiou</c>.
/// </summary>
public sealed class MaskIouHead : nn.Module<MaskIouInput, Tensor>
{
    private readonly Convolution2d[] _convolutions;
    private readonly Linear maskiou_fc1;
    private readonly Linear maskiou_fc2;
    private readonly Linear maskiou;

    /// <summary>Kaiming-normal by fan-out, the last layer N(0, 0.01); biases 0.</summary>
    /// <param name="inputs">Channels of the features.</param>
    /// <param name="classes">C.</param>
    /// <param name="convolutions">4 as published.</param>
    /// <param name="channels">256 as published.</param>
    /// <param name="hidden">Width of the two hidden layers; 1024 as published.</param>
    /// <param name="pooled">Bins per side of the features; 14 as published.</param>
    public MaskIouHead(int inputs, int classes, int convolutions = 4, int channels = 256, int hidden = 1024, int pooled = 14)
        : base(nameof(MaskIouHead))
    {
        var side = (pooled + 1) / 2;
        maskiou_fc1 = Start(nn.Linear(channels * side * side, hidden));
        maskiou_fc2 = Start(nn.Linear(hidden, hidden));
        maskiou = nn.Linear(hidden, classes);
        nn.init.normal_(maskiou.weight, 0, 0.01);
        nn.init.zeros_(maskiou.bias!);
        RegisterComponents();
        _convolutions = new Convolution2d[convolutions];
        for (var i = 0; i < convolutions; i++)
        {
            var convolution = new Convolution2d(i == 0 ? inputs + 1 : channels, channels, 3, i == convolutions - 1 ? 2 : 1);
            nn.init.kaiming_normal_(convolution.Weight, 0, nn.init.FanInOut.FanOut, nn.init.NonlinearityType.ReLU);
            nn.init.zeros_(convolution.Bias!);
            register_module($"maskiou_fcn{i + 1}", _convolutions[i] = convolution);
        }
    }

    /// <inheritdoc/>
    /// <returns>[M, C].</returns>
    public override Tensor forward(MaskIouInput input)
    {
        using var scope = NewDisposeScope();
        var output = cat([input.Features, F.max_pool2d(input.Masks.unsqueeze(1), 2, 2)], 1);
        foreach (var convolution in _convolutions)
        {
            output = convolution.call(output).relu_();
        }

        output = maskiou_fc2.call(maskiou_fc1.call(output.flatten(1)).relu_()).relu_();
        return maskiou.call(output).Widened().MoveToOuterDisposeScope();
    }

    /// <summary>The predicted IoU of each mask's own class, [M].</summary>
    /// <param name="iou">[M, C].</param>
    /// <param name="classes">[M] int64.</param>
    public static Tensor OwnClass(Tensor iou, Tensor classes)
    {
        using var scope = NewDisposeScope();
        return iou.gather(1, classes.unsqueeze(1)).squeeze(1).MoveToOuterDisposeScope();
    }

    private static Linear Start(Linear layer)
    {
        nn.init.kaiming_normal_(layer.weight, 0, nn.init.FanInOut.FanOut, nn.init.NonlinearityType.ReLU);
        nn.init.zeros_(layer.bias!);
        return layer;
    }
}

/// <summary>What a mask's IoU is predicted from.</summary>
/// <param name="Features">[M, channels, s, s] of the boxes.</param>
/// <param name="Masks">[M, 2s, 2s] over the boxes, in [0, 1]; gradients flow back into them.</param>
public readonly record struct MaskIouInput(Tensor Features, Tensor Masks);
