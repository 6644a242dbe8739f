using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Torch;
using BoxTeacher.Structures;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Detectors;

/// <summary>
/// The mask branch of Mask R-CNN (He et al. 2017, section 3): 3x3 convolutions, an enlargement by two, one mask per class. With attention
/// before the enlargement it is CenterMask's SAG-Mask (Lee and Park 2020, section 3.2). Parameters are named as in the published
/// checkpoints: <c>mask_fcn1</c>, ..., <c>spatialAtt</c>, <c>deconv</c>, <c>predictor</c>.
/// </summary>
public sealed class RoiMaskHead : nn.Module<Tensor, Tensor>
{
    private readonly Convolution2d[] _convolutions;
    private readonly SpatialAttention? spatialAtt;
    private readonly ConvTranspose2d deconv;
    private readonly Convolution2d predictor;

    /// <summary>Kaiming-normal by fan-out throughout, the last layer N(0, 0.001); biases 0.</summary>
    /// <param name="inputs">Channels of the features.</param>
    /// <param name="classes">C.</param>
    /// <param name="convolutions">4 as published.</param>
    /// <param name="channels">256 as published.</param>
    /// <param name="pooled">Bins per side of the features; 14 as published.</param>
    /// <param name="attention">Weighs the features before they are enlarged; null: there is none.</param>
    public RoiMaskHead(
        int inputs, int classes, int convolutions = 4, int channels = 256, int pooled = 14, SpatialAttention? attention = null)
        : base(nameof(RoiMaskHead))
    {
        (Classes, Pooled) = (classes, pooled);
        spatialAtt = attention;
        deconv = nn.ConvTranspose2d(channels, channels, 2, stride: 2);
        predictor = new Convolution2d(channels, classes, 1);
        Start(deconv.weight, deconv.bias!);
        nn.init.normal_(predictor.Weight, 0, 0.001);
        nn.init.zeros_(predictor.Bias!);
        RegisterComponents();
        _convolutions = new Convolution2d[convolutions];
        for (var i = 0; i < convolutions; i++)
        {
            _convolutions[i] = new Convolution2d(i == 0 ? inputs : channels, channels, 3);
            Start(_convolutions[i].Weight, _convolutions[i].Bias!);
            register_module($"mask_fcn{i + 1}", _convolutions[i]);
        }
    }

    /// <summary>C.</summary>
    public int Classes { get; }

    /// <summary>Bins per side of the features.</summary>
    public int Pooled { get; }

    /// <summary>Cells per side of the masks, s; 28 as published.</summary>
    public int Size => 2 * Pooled;

    /// <summary>Mask logits [M, C, 2s, 2s] of features [M, inputs, s, s], s = <see cref="Pooled"/>.</summary>
    public override Tensor forward(Tensor features)
    {
        using var scope = NewDisposeScope();
        var output = features;
        foreach (var convolution in _convolutions)
        {
            output = convolution.call(output).relu_();
        }

        output = spatialAtt?.call(output) ?? output;
        return predictor.call(deconv.call(output).relu_()).Widened().MoveToOuterDisposeScope();
    }

    /// <summary>The logits of each box's own class, [M, s, s].</summary>
    /// <param name="logits">[M, C, s, s]; with one class alone all boxes share it.</param>
    /// <param name="classes">[M] int64.</param>
    public static Tensor OwnClass(Tensor logits, Tensor classes)
    {
        using var scope = NewDisposeScope();
        var (boxes, count) = (logits.size(0), logits.size(1));
        var own = arange(boxes, device: logits.device) * count;
        return logits.flatten(0, 1).index_select(0, count == 1 ? own : own + classes).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// What the boxes learn: the part of their object's mask that lies in the box, by RoIAlign of the bitmap, at least one half of a cell
    /// (detectron2's <c>BitMasks.crop_and_resize</c>).
    /// </summary>
    /// <param name="masks">[g, h, w] of an image's objects: bool, 0/1 or probabilities.</param>
    /// <param name="boxes">[p, 4], xyxy in pixels of the masks.</param>
    /// <param name="boxIndex">[p] int64: the object of each box.</param>
    /// <param name="size">Cells per side, <see cref="Size"/> of the head.</param>
    /// <returns>[p, size, size], 0 or 1 in the boxes' type.</returns>
    public static Tensor Targets(Tensor masks, Tensor boxes, Tensor boxIndex, int size) =>
        Targets(masks, boxes, HostValues.Boxes(boxes, boxIndex), size);

    /// <summary>The same with the boxes and their objects on the host too.</summary>
    internal static Tensor Targets(Tensor masks, Tensor boxes, (float[] Boxes, long[] Objects) known, int size)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var bins = RoiAlign.Bins(masks.to(boxes.dtype).unsqueeze(1), boxes, known, new RoiGrid(size, 1, SamplingRatio: 0, Aligned: true));
        return bins.squeeze(1).ge(0.5).to(boxes.dtype).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>loss_mask</c>: the mean over positive boxes and cells of the binary cross entropy of the own class (He et al. 2017, section 3).
    /// </summary>
    /// <param name="logits">[p, C, s, s] of positive boxes; p may be 0.</param>
    /// <param name="targets">[p, s, s].</param>
    /// <param name="classes">[p] int64.</param>
    public static LossTerm Loss(Tensor logits, Tensor targets, Tensor classes) => OwnLoss(OwnClass(logits, classes), targets);

    /// <summary>The same of the own classes' logits.</summary>
    /// <param name="logits">[p, s, s]; p may be 0.</param>
    /// <param name="targets">[p, s, s].</param>
    /// <param name="weights">
    /// [p], without gradient, of each box's loss; the mean is over all boxes whatever their weights. Null: 1.
    /// </param>
    public static LossTerm OwnLoss(Tensor logits, Tensor targets, Tensor? weights = null)
    {
        using var scope = NewDisposeScope();
        var sum = weights is null
            ? F.binary_cross_entropy_with_logits(logits, targets, reduction: nn.Reduction.Sum)
            : F.binary_cross_entropy_with_logits(logits, targets, weights.view(-1, 1, 1).to(logits.dtype), nn.Reduction.Sum);
        return new LossTerm("loss_mask", sum, targets.numel()).MoveToOuterDisposeScope();
    }

    private static void Start(Tensor weight, Tensor bias)
    {
        nn.init.kaiming_normal_(weight, 0, nn.init.FanInOut.FanOut, nn.init.NonlinearityType.ReLU);
        nn.init.zeros_(bias);
    }
}
