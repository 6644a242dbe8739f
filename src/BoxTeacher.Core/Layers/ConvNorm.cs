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
    private readonly long _stride;

    /// <summary>A square, odd convolution without bias and with "same" padding, followed by a normalization.</summary>
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
        _stride = stride;
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <summary>The kernel, [outputs, inputs, kernel, kernel].</summary>
    public Parameter Weight => weight;

    /// <summary>Step in both directions.</summary>
    internal long Stride => _stride;

    /// <summary>What follows the convolution.</summary>
    internal nn.Module<Tensor, Tensor> Norm => norm;

    /// <inheritdoc/>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        if (is_grad_enabled() || norm is not FrozenBatchNorm2d frozen)
        {
            return norm.call(SameConvolution.Apply(input, weight, null, _stride)).MoveToOuterDisposeScope();
        }

        // A teacher's: (w * x) s + b = (s w) * x + b, without another pass over the map.
        var (scale, shift) = frozen.Affine();
        return SameConvolution.Apply(input, weight * scale.view(-1, 1, 1, 1), shift, _stride).MoveToOuterDisposeScope();
    }
}

/// <summary>One learned factor; FCOS has one per pyramid level (FCOS, section 3.2).</summary>
public sealed class Scale : nn.Module<Tensor, Tensor>
{
    private readonly Parameter scale;

    /// <summary>A factor that starts at <paramref name="initial"/>.</summary>
    public Scale(double initial = 1) : base(nameof(Scale))
    {
        scale = nn.Parameter(ones(1) * initial);
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) => input * scale;
}

/// <summary>
/// <see cref="DeformableConvolution"/> with its weight and its normalization, named as the published checkpoints name it:
/// <c>weight</c> and <c>norm.*</c>. What moves the taps comes from outside.
/// </summary>
public sealed class DeformableConvNorm : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly nn.Module<Tensor, Tensor> norm;
    private readonly int _groups;
    private readonly int _stride;

    /// <summary>A square convolution without bias and with "same" padding, followed by a normalization.</summary>
    /// <param name="inputs">Input channels.</param>
    /// <param name="outputs">Output channels.</param>
    /// <param name="kernel">Side of the kernel, odd.</param>
    /// <param name="stride">Step in both directions.</param>
    /// <param name="groups">Groups of input channels that have offsets of their own.</param>
    /// <param name="norm">Makes the normalization of the given number of channels.</param>
    public DeformableConvNorm(long inputs, long outputs, int kernel, int stride, int groups, Func<long, nn.Module<Tensor, Tensor>> norm)
        : base(nameof(DeformableConvNorm))
    {
        weight = nn.Parameter(empty(outputs, inputs, kernel, kernel));
        nn.init.kaiming_normal_(weight, 0, nn.init.FanInOut.FanOut, nn.init.NonlinearityType.ReLU);
        this.norm = norm(outputs);
        (_groups, _stride) = (groups, stride);
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <summary>How many numbers per output pixel move and weight the taps: 27 for one group and a 3x3 kernel.</summary>
    /// <param name="kernel">Side of the kernel.</param>
    /// <param name="groups">Groups of input channels.</param>
    public static int MotionChannels(int kernel, int groups) => 3 * groups * kernel * kernel;

    /// <summary>The convolution, normalized.</summary>
    /// <param name="input">[N,inputs,H,W].</param>
    /// <param name="motion">[N,<see cref="MotionChannels"/>,h,w]: offsets (two thirds), then logits of the factors.</param>
    /// <returns>[N,outputs,h,w].</returns>
    public override Tensor forward(Tensor input, Tensor motion)
    {
        using var scope = NewDisposeScope();
        var side = (int)weight.size(2);
        var taps = _groups * side * side;
        var (offset, mask) = (motion.narrow(1, 0, 2 * taps), motion.narrow(1, 2 * taps, taps).sigmoid());
        return norm.call(DeformableConvolution.Apply(input, offset, mask, weight, null, _stride, side / 2)).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// Batch normalization whose statistics and affine parameters are constants (buffers): y = x * scale + shift with
/// scale = weight / sqrt(running_var + eps), shift = bias - running_mean * scale.
/// </summary>
public sealed class FrozenBatchNorm2d : nn.Module<Tensor, Tensor>
{
    private readonly Tensor weight;
    private readonly Tensor bias;
    private readonly Tensor running_mean;
    private readonly Tensor running_var;
    private readonly double _eps;

    /// <summary>The identity until weights are loaded.</summary>
    /// <param name="channels">Number of channels.</param>
    /// <param name="eps">Added to the variance.</param>
    public FrozenBatchNorm2d(long channels, double eps = 1e-5) : base(nameof(FrozenBatchNorm2d))
    {
        weight = ones(channels);
        bias = zeros(channels);
        running_mean = zeros(channels);
        running_var = ones(channels) - eps;
        _eps = eps;
        RegisterComponents();
        this.DetachFromDisposeScope();
    }

    /// <summary>Added to the variance.</summary>
    internal double Epsilon => _eps;

    /// <summary>Scale and shift, [channels] each.</summary>
    public (Tensor Scale, Tensor Shift) Affine()
    {
        using var scope = NewDisposeScope();
        var scale = weight * (running_var + _eps).rsqrt();
        return (scale.MoveToOuterDisposeScope(), (bias - running_mean * scale).MoveToOuterDisposeScope());
    }

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) =>
        F.batch_norm(input, running_mean, running_var, weight, bias, training: false, eps: _eps);
}
