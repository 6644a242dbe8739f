using BoxTeacher.Torch;

using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace BoxTeacher.Layers;

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

    /// <inheritdoc/>
    public override Tensor forward(Tensor input) =>
        F.batch_norm(input, running_mean, running_var, weight, bias, training: false, eps: _eps);
}
