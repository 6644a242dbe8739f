using BoxTeacher.Layers;
using BoxTeacher.Structures;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The mask head of CondInst (Tian et al. 2020, section 3.2): a small network of 1x1 convolutions per instance, whose numbers the
/// controller generates, over the mask features and the pixels' coordinates relative to the instance.
/// </summary>
/// <remarks>
/// Written as matrix products per image. The relative coordinates (location - pixel) / size are affine in the pixel, so the first
/// layer of all instances of an image is one product with the shared features and three rows x, y, 1. Nothing is copied per instance.
/// </remarks>
public sealed class DynamicMaskHead : nn.Module<Tensor, MaskInstances, Tensor>
{
    private readonly Tensor sizes_of_interest;
    private readonly Tensor _iter;
    private readonly int _inputs;
    private readonly int _channels;
    private readonly int _layers;
    private readonly bool _relativeCoordinates;
    private readonly int _featureStride;
    private readonly int _outputStride;

    /// <summary>A head of given shape.</summary>
    /// <param name="sizesOfInterest">Per level, the length in pixels that relative coordinates are divided by.</param>
    /// <param name="featureChannels">Channels of the mask features.</param>
    /// <param name="featureStride">Stride of the mask features.</param>
    /// <param name="outputStride">Stride of the logits; divides the features' stride.</param>
    /// <param name="channels">Width of the hidden layers; 8 as published.</param>
    /// <param name="layers">Number of layers, at least 2; 3 as published.</param>
    /// <param name="relativeCoordinates">Whether the first layer sees where a pixel lies relative to the instance.</param>
    public DynamicMaskHead(IReadOnlyList<long> sizesOfInterest, int featureChannels = 16, int featureStride = 8, int outputStride = 4,
        int channels = 8, int layers = 3, bool relativeCoordinates = true) : base(nameof(DynamicMaskHead))
    {
        if (featureStride % outputStride != 0)
            throw new ArgumentException($"The output stride {outputStride} does not divide the features' stride {featureStride}.", nameof(outputStride));
        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 2);
        sizes_of_interest = tensor([.. sizesOfInterest]);
        _iter = zeros(1);
        _relativeCoordinates = relativeCoordinates;
        _inputs = featureChannels + (relativeCoordinates ? 2 : 0);
        (_channels, _layers, _featureStride, _outputStride) = (channels, layers, featureStride, outputStride);
        ParameterCount = channels * (_inputs + 1) + (layers - 2) * channels * (channels + 1) + channels + 1;
        RegisterComponents();
    }

    /// <summary>How many numbers describe one instance, K; 233 in BoxTeacher.</summary>
    public int ParameterCount { get; }

    /// <summary>Stride of the logits.</summary>
    public int OutputStride => _outputStride;

    /// <summary>
    /// Training steps seen, for the warm-ups of the pseudo-label losses; kept in the weights (<c>_iter</c>) as published checkpoints do.
    /// </summary>
    public long Steps
    {
        get => (long)_iter.cpu().item<float>();
        set => _iter.fill_((float)value);
    }

    /// <summary>Mask logits of instances.</summary>
    /// <param name="input1">Mask features [N,C,h,w].</param>
    /// <param name="input2">M instances with K parameters each: all weights, row-major out x in, then all biases.</param>
    /// <returns>[M,1,h*f,w*f] with f = feature stride / output stride.</returns>
    public override Tensor forward(Tensor input1, MaskInstances input2)
    {
        if (input2.Parameters.size(1) != ParameterCount)
            throw new ArgumentException($"The head needs {ParameterCount} numbers per instance, not {input2.Parameters.size(1)}.", nameof(input2));
        using var scope = NewDisposeScope();
        var (height, width) = (input1.size(2), input1.size(3));
        var layers = Layers(input2, input1);
        var features = WithCoordinates(input1);
        var masks = new List<Tensor>();
        for (var start = 0; start < input2.Count;)
        {
            var image = input2.Images[start];
            var end = start;
            while (end < input2.Count && input2.Images[end] == image)
                end++;
            masks.Add(Evaluate(layers, features[image], start, end - start));
            start = end;
        }
        var logits = masks.Count == 0 ? input1.new_zeros([0, height * width]) : cat(masks);
        return AlignedBilinear.Upsample(logits.view(-1, 1, height, width), _featureStride / _outputStride).MoveToOuterDisposeScope();
    }

    // One image: M instances of [channels, pixels] side by side.
    private static Tensor Evaluate(List<(Tensor Weight, Tensor? Bias)> layers, Tensor features, int start, int count)
    {
        var first = layers[0].Weight.narrow(0, start, count);
        var output = first.reshape(-1, first.size(2)).matmul(features).view(count, first.size(1), -1);
        foreach (var (weight, bias) in layers.Skip(1))
        {
            output = output.relu_();
            output = bias!.narrow(0, start, count).baddbmm(weight.narrow(0, start, count), output);
        }
        return output.squeeze(1);
    }

    // The first layer has its bias and its coordinates inside the matrix.
    private List<(Tensor Weight, Tensor? Bias)> Layers(MaskInstances instances, Tensor features)
    {
        var (parameters, count) = (instances.Parameters, instances.Count);
        var weights = new List<Tensor>();
        var biases = new List<Tensor>();
        var offset = 0L;
        for (var l = 0; l < _layers; l++)
        {
            var (rows, columns) = (l == _layers - 1 ? 1 : _channels, l == 0 ? _inputs : _channels);
            weights.Add(parameters.narrow(1, offset, rows * columns).view(count, rows, columns));
            offset += rows * columns;
        }
        for (var l = 0; l < _layers; l++)
        {
            var rows = l == _layers - 1 ? 1 : _channels;
            biases.Add(parameters.narrow(1, offset, rows).unsqueeze(2));
            offset += rows;
        }
        var layers = new List<(Tensor, Tensor?)> { (FirstLayer(weights[0], biases[0], instances, features), null) };
        for (var l = 1; l < _layers; l++)
            layers.Add((weights[l], biases[l]));
        return layers;
    }

    // w_xy . (point - pixel) / size + w_f . features + b  =  [w_f, -w_xy/size, w_xy . point/size + b] . [features, pixel, 1]
    private Tensor FirstLayer(Tensor weight, Tensor bias, MaskInstances instances, Tensor features)
    {
        if (!_relativeCoordinates)
            return cat([weight, bias], 2);
        var sizes = HostValues.Longs(sizes_of_interest);
        var scales = Array.ConvertAll(instances.Levels, level => 1f / sizes[level]);
        var scale = tensor(scales, [instances.Count, 1, 1], features.dtype, features.device);
        var point = tensor(instances.Points, [instances.Count, 2, 1], features.dtype, features.device);
        var slope = weight.narrow(2, 0, 2) * scale;
        return cat([weight.narrow(2, 2, _inputs - 2), slope.neg(), slope.matmul(point) + bias], 2);
    }

    // [N,C,h,w] as [N,C+3,h*w]: features, pixel x, pixel y, 1; without relative coordinates only features and 1.
    private Tensor WithCoordinates(Tensor features)
    {
        var (count, height, width) = (features.size(0), features.size(2), features.size(3));
        var rows = new List<Tensor>();
        if (_relativeCoordinates)
        {
            var x = (arange(width, dtype: features.dtype, device: features.device) * _featureStride + _featureStride / 2).view(1, width).expand(height, width);
            var y = (arange(height, dtype: features.dtype, device: features.device) * _featureStride + _featureStride / 2).view(height, 1).expand(height, width);
            rows.AddRange([x, y]);
        }
        rows.Add(ones(height, width, features.dtype, features.device));
        var constants = stack(rows).view(1, rows.Count, height * width).expand(count, -1, -1);
        return cat([features.flatten(2), constants], 1);
    }
}
