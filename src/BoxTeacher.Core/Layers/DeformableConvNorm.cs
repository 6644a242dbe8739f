using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Layers;

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
