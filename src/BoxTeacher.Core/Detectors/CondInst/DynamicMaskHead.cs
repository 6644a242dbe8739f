using BoxTeacher.Backbones;
using BoxTeacher.Layers;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The mask head of CondInst (Tian et al. 2020, section 3.2): a small network of 1x1 convolutions per instance, whose numbers the
/// controller generates, over the mask features and the pixels' coordinates relative to the instance.
/// </summary>
/// <remarks>
/// Written as matrix products per image: the relative coordinates (location - pixel) / size are affine in the pixel, so the first layer of
/// all instances of an image is one product with the shared features and three rows x, y, 1. Nothing is copied per instance.
/// </remarks>
public sealed class DynamicMaskHead : nn.Module<Tensor, MaskInstances, Tensor>
{
    private readonly Tensor sizes_of_interest;
    private readonly Tensor _iter;
    private readonly MaskNetworkShape _shape;
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
        {
            throw new ArgumentException(
                $"The output stride {outputStride} does not divide the features' stride {featureStride}.", nameof(outputStride));
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(layers, 2);
        sizes_of_interest = tensor([.. sizesOfInterest]);
        _iter = zeros(1);
        _shape = new MaskNetworkShape(featureChannels, channels, layers, relativeCoordinates);
        (_featureStride, _outputStride) = (featureStride, outputStride);
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <summary>How many numbers describe one instance, K; 233 in BoxTeacher.</summary>
    public int ParameterCount => _shape.ParameterCount;

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
        {
            throw new ArgumentException(
                $"The head needs {ParameterCount} numbers per instance, not {input2.Parameters.size(1)}.", nameof(input2));
        }

        using var scope = NewDisposeScope();
        // Coordinates of pixels need more than 8 bits, and small differences of them decide.
        using var exact = Precision.Float32.On(input1.device);
        var (height, width) = (input1.size(2), input1.size(3));
        var shared = input1.Widened();
        var (layers, features) = (Layers(input2, shared), WithCoordinates(shared));
        var masks = new List<Tensor> { shared.new_zeros([0, height * width]) };
        foreach (var (image, start, count) in input2.Runs())
        {
            masks.Add(Evaluate(layers, features[image], start, count));
        }

        return AlignedBilinear.Upsample(cat(masks).view(-1, 1, height, width), _featureStride / _outputStride).MoveToOuterDisposeScope();
    }

    // One image: M instances of [channels, pixels] side by side.
    private static Tensor Evaluate(List<(Tensor Weight, Tensor? Bias)> layers, Tensor features, int start, int count)
    {
        var first = layers[0].Weight.narrow(0, start, count);
        var output = first.reshape(-1, first.size(2)).matmul(features).view(count, first.size(1), -1);
        foreach (var (weight, bias) in layers.Skip(1))
        {
            output = output.relu_();
            output = weight.narrow(0, start, count).bmm(output).add_(bias!.narrow(0, start, count));
        }
        return output.squeeze(1);
    }

    // The first layer has its bias and its coordinates inside the matrix.
    private List<(Tensor Weight, Tensor? Bias)> Layers(MaskInstances instances, Tensor features)
    {
        var (layers, parameters) = (new List<(Tensor, Tensor?)>(), instances.Parameters.Widened());
        for (var l = 0; l < _shape.Layers; l++)
        {
            var (rows, columns) = (_shape.Rows(l), _shape.Columns(l));
            var weight = parameters.narrow(1, _shape.WeightOffset(l), rows * columns).view(instances.Count, rows, columns);
            var bias = parameters.narrow(1, _shape.BiasOffset(l), rows).unsqueeze(2);
            layers.Add(l == 0 ? (FirstLayer(weight, bias, instances, features), null) : (weight, bias));
        }
        return layers;
    }

    // w_xy . (point - pixel) / size + w_f . features + b  =  [w_f, -w_xy/size, w_xy . point/size + b] . [features, pixel, 1]
    private Tensor FirstLayer(Tensor weight, Tensor bias, MaskInstances instances, Tensor features)
    {
        if (!_shape.RelativeCoordinates)
        {
            return cat([weight, bias], 2);
        }

        var levels = DeviceValues.Of(Array.ConvertAll(instances.Levels, level => (long)level), features.device);
        var scale = sizes_of_interest.index_select(0, levels).to(features.dtype).reciprocal().view(-1, 1, 1);
        var point = DeviceValues.Of(instances.Points, [instances.Count, 2, 1], features.device, features.dtype);
        var slope = weight.narrow(2, 0, 2) * scale;
        return cat([weight.narrow(2, 2, _shape.FeatureChannels), slope.neg(), slope.matmul(point) + bias], 2);
    }

    // [N,C,h,w] as [N,C+3,h*w]: features, pixel x, pixel y, 1; without relative coordinates only features and 1.
    private Tensor WithCoordinates(Tensor features)
    {
        var (count, height, width) = (features.size(0), features.size(2), features.size(3));
        var rows = new List<Tensor>();
        if (_shape.RelativeCoordinates)
        {
            Tensor Pixels(long cells) =>
                arange(cells, dtype: features.dtype, device: features.device) * _featureStride + _featureStride / 2;
            var x = Pixels(width).view(1, width).expand(height, width);
            var y = Pixels(height).view(height, 1).expand(height, width);
            rows.AddRange([x, y]);
        }
        rows.Add(ones(height, width, features.dtype, features.device));
        var constants = stack(rows).view(1, rows.Count, height * width).expand(count, -1, -1);
        return cat([features.flatten(2), constants], 1);
    }
}

/// <summary>
/// The instances whose masks are computed, ordered by image: where each sits and the numbers that were generated for it.
/// The parameters belong to the dispose scope in which they were made.
/// </summary>
public sealed record MaskInstances
{
    /// <summary>Instances of a batch.</summary>
    /// <param name="images">Image of each, ascending.</param>
    /// <param name="levels">Pyramid level of each.</param>
    /// <param name="points">Their locations: 2M numbers, x and y in input pixels.</param>
    /// <param name="parameters">[M,K], from the controller.</param>
    /// <param name="boxIndex">In training, the index of each one's box among the boxes of the whole batch; empty otherwise.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the images are not ascending.</exception>
    public MaskInstances(int[] images, int[] levels, float[] points, Tensor parameters, int[]? boxIndex = null)
    {
        if (levels.Length != images.Length || points.Length != 2 * images.Length || parameters.size(0) != images.Length)
        {
            throw new ArgumentException($"{images.Length} instances need as many levels, points and rows of parameters.");
        }

        for (var i = 1; i < images.Length; i++)
        {
            if (images[i] < images[i - 1])
            {
                throw new ArgumentException("Instances must be ordered by image.", nameof(images));
            }
        }

        (Images, Levels, Points, Parameters, BoxIndex) = (images, levels, points, parameters, boxIndex ?? []);
    }

    /// <summary>Number of instances, M.</summary>
    public int Count => Images.Length;

    /// <summary>Image of each instance, ascending.</summary>
    public int[] Images { get; }

    /// <summary>Pyramid level of each instance.</summary>
    public int[] Levels { get; }

    /// <summary>x and y of each instance, in input pixels.</summary>
    public float[] Points { get; }

    /// <summary>In training the box of each instance, counted over the whole batch.</summary>
    public int[] BoxIndex { get; }

    /// <summary>Generated numbers [M,K].</summary>
    public Tensor Parameters { get; }

    /// <summary>The instances of each image that has any: where they begin, and how many there are.</summary>
    public IEnumerable<(int Image, int Start, int Count)> Runs()
    {
        for (var (start, end) = (0, 0); start < Count; start = end)
        {
            while (end < Count && Images[end] == Images[start])
            {
                end++;
            }

            yield return (Images[start], start, end - start);
        }
    }
}

/// <summary>
/// Shape of the network that is generated per instance, and where its numbers stand in one row of K: the weights of all layers,
/// each row-major out x in, then the biases of all layers.
/// </summary>
/// <param name="FeatureChannels">Channels of the mask features.</param>
/// <param name="Channels">Width of the hidden layers.</param>
/// <param name="Layers">Number of layers, at least 2; the last has one row.</param>
/// <param name="RelativeCoordinates">Whether the first layer also reads x and y, before the features.</param>
internal sealed record MaskNetworkShape(int FeatureChannels, int Channels, int Layers, bool RelativeCoordinates)
{
    /// <summary>Coordinates that the first layer reads, 0 or 2.</summary>
    public int Coordinates => RelativeCoordinates ? 2 : 0;

    /// <summary>K.</summary>
    public int ParameterCount => BiasOffset(Layers - 1) + 1;

    /// <summary>Outputs of a layer.</summary>
    public int Rows(int layer) => layer == Layers - 1 ? 1 : Channels;

    /// <summary>Inputs of a layer.</summary>
    public int Columns(int layer) => layer == 0 ? Coordinates + FeatureChannels : Channels;

    /// <summary>Where a layer's weights begin.</summary>
    public int WeightOffset(int layer) => layer == 0 ? 0 : Channels * (Columns(0) + (layer - 1) * Channels);

    /// <summary>Where a layer's biases begin.</summary>
    public int BiasOffset(int layer) => WeightOffset(Layers - 1) + Channels + layer * Channels;
}

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

        layers.Add(new Convolution2d(channels, outputs, 1));
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
        var convolution = new Convolution2d(inputs, outputs, 3, hasBias: false);
        nn.init.kaiming_uniform_(convolution.Weight, 1);
        return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace: true));
    }
}
