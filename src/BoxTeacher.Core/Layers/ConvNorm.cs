using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Layers;

/// <summary>
/// A convolution that carries its own normalization, named as the published checkpoints name it:
/// <c>weight</c> and <c>norm.*</c>.
/// </summary>
public sealed class ConvNorm : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly nn.Module<Tensor, Tensor> norm;
    private readonly long[] _stride;
    private readonly long[] _padding;

    /// <summary>A square convolution without bias, followed by a normalization; "same" padding for odd kernels.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the kernel.</param>
    /// <param name="stride">Step in both directions.</param>
    /// <param name="norm">Makes the normalization of the given number of channels.</param>
    /// <remarks>The weight is initialized as Kaiming-normal by fan-out, which is what ResNets are trained from.</remarks>
    public ConvNorm(long inputs, long outputs, int kernel, int stride, Func<long, nn.Module<Tensor, Tensor>> norm) : base(nameof(ConvNorm))
    {
        weight = nn.Parameter(empty(outputs, inputs, kernel, kernel));
        nn.init.kaiming_normal_(weight, 0, nn.init.FanInOut.FanOut, nn.init.NonlinearityType.ReLU);
        this.norm = norm(outputs);
        _stride = [stride, stride];
        _padding = [kernel / 2, kernel / 2];
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <summary>The kernel, [outputs, inputs, kernel, kernel].</summary>
    public Parameter Weight => weight;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return norm.call(F.conv2d(input, weight, null, _stride, _padding)).MoveToOuterDisposeScope();
    }
}
