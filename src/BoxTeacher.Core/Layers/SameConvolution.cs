using BoxTeacher.Kernels;
using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Layers;

/// <summary>
/// Convolutions of square, odd kernels with "same" padding: y = x * w + b. On a CPU the result of many channels has them last in memory; in
/// float32 a 1x1 kernel is a product of matrices then, and a 3x3 kernel of stride 1 goes by Winograd's minimal filtering if that pays.
/// </summary>
public static class SameConvolution
{
    /// <summary>One map.</summary>
    /// <param name="input">[N,C,H,W].</param>
    /// <param name="weight">[O,C,k,k], k odd.</param>
    /// <param name="bias">[O], or null.</param>
    /// <param name="stride">Step in both directions.</param>
    /// <returns>[N,O,H/stride,W/stride], rounded up.</returns>
    public static Tensor Apply(Tensor input, Tensor weight, Tensor? bias = null, long stride = 1) =>
        Apply([input], weight, bias, stride)[0];

    /// <summary>One kernel over several maps, for instance the levels of a pyramid.</summary>
    /// <param name="maps">Each [N,C,H,W].</param>
    /// <param name="weight">[O,C,k,k], k odd.</param>
    /// <param name="bias">[O], or null.</param>
    /// <param name="stride">Step in both directions.</param>
    /// <returns>Each [N,O,H/stride,W/stride], rounded up.</returns>
    public static IReadOnlyList<Tensor> Apply(IReadOnlyList<Tensor> maps, Tensor weight, Tensor? bias = null, long stride = 1)
    {
        using var scope = NewDisposeScope();
        var padding = weight.size(2) / 2;
        if (!FusedKernels.PrefersChannelsLast(maps, weight))
        {
            return [.. maps.Select(map => Plain(map).MoveToOuterDisposeScope())];
        }

        Tensor[] last = [.. maps.Select(ChannelsLast.Of)];
        var results = FusedKernels.Convolve(last, weight, bias, stride)?.Select(ChannelsLast.Back)
            ?? last.Select(map => Plain(ChannelsLast.Back(map)));
        return [.. results.Select(result => result.MoveToOuterDisposeScope())];

        // With steps over a map of one column only the kernel's middle column meets pixels. Told so, the library reads no memory that
        // nobody wrote, as its weights' gradient in bfloat16 does (libtorch 2.10).
        Tensor Plain(Tensor map) => stride > 1 && map.size(3) == 1
            ? F.conv2d(map, weight.narrow(3, padding, 1), bias, [stride, 1], [padding, 0])
            : F.conv2d(map, weight, bias, [stride, stride], [padding, padding]);
    }

    /// <summary>A kernel and, where it is wanted, a bias as PyTorch's <c>Conv2d</c> draws them.</summary>
    internal static (Parameter Weight, Parameter? Bias) Draw(long inputs, long outputs, int kernel, bool hasBias)
    {
        var bound = 1 / Math.Sqrt(inputs * kernel * kernel);
        return (Of(outputs, inputs, kernel, kernel), hasBias ? Of(outputs) : null);

        Parameter Of(params long[] sizes)
        {
            var drawn = nn.Parameter(empty(sizes));
            nn.init.uniform_(drawn, -bound, bound);
            return drawn;
        }
    }
}

/// <summary>A convolution with a square, odd kernel, a bias where it is wanted, and "same" padding.</summary>
public sealed class Convolution2d : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter? bias;
    private readonly long _stride;

    /// <summary>Weights and biases as PyTorch's <c>Conv2d</c> draws them.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the kernel, odd.</param>
    /// <param name="stride">Step in both directions.</param>
    /// <param name="hasBias">Whether it adds a bias.</param>
    public Convolution2d(long inputs, long outputs, int kernel, int stride = 1, bool hasBias = true) : base(nameof(Convolution2d))
    {
        (weight, bias) = SameConvolution.Draw(inputs, outputs, kernel, hasBias);
        _stride = stride;
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <summary>[outputs, inputs, kernel, kernel].</summary>
    public Parameter Weight => weight;

    /// <summary>[outputs], or null.</summary>
    public Parameter? Bias => bias;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => SameConvolution.Apply(input, weight, bias, _stride);
}

/// <summary>One convolution for all levels of a pyramid: of stride 1, with a bias and "same" padding.</summary>
public sealed class PyramidConvolution : nn.Module<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>>
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    /// <summary>Weights and biases as PyTorch's <c>Conv2d</c> draws them.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the kernel, odd.</param>
    public PyramidConvolution(long inputs, long outputs, int kernel) : base(nameof(PyramidConvolution))
    {
        (weight, var shift) = SameConvolution.Draw(inputs, outputs, kernel, hasBias: true);
        bias = shift!;
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <summary>[outputs, inputs, kernel, kernel].</summary>
    public Parameter Weight => weight;

    /// <summary>[outputs].</summary>
    public Parameter Bias => bias;

    /// <inheritdoc/>
    public override IReadOnlyList<Tensor> forward(IReadOnlyList<Tensor> input) => SameConvolution.Apply(input, weight, bias);
}
