using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Instance normalisation (Ulyanov et al. 2016): each channel of each sample by itself.</summary>
public abstract class InstanceNorm : NormBase
{
    public InstanceNorm(long num_features, double eps, double? momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype, string name)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, name) { }

    /// <summary>Number of dimensions of an input with a batch dimension.</summary>
    protected abstract long GetNumberOfBatchDimensions();

    public override torch.Tensor forward(torch.Tensor input)
    {
        ValidateInputDimensions(input);
        if (input.ndim == GetNumberOfBatchDimensions()) {
            return Normalized(input);
        }
        using var batch = input.unsqueeze(0);
        using var result = Normalized(batch);
        return result.squeeze(0);
    }

    private torch.Tensor Normalized(torch.Tensor input)
        => F.instance_norm(input, running_mean, running_var, weight, bias, training || !track_running_stats, momentum ?? 0, eps);
}

/// <summary>Instance normalisation of [N, C, L], or of the same without the batch dimension.</summary>
public sealed class InstanceNorm1d : InstanceNorm
{
    internal InstanceNorm1d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(InstanceNorm1d)) { }

    protected override long GetNumberOfBatchDimensions() => 3;
    protected override void ValidateInputDimensions(torch.Tensor input) => Demand(input, 2, 3);
}

/// <summary>Instance normalisation of [N, C, H, W], or of the same without the batch dimension.</summary>
public sealed class InstanceNorm2d : InstanceNorm
{
    internal InstanceNorm2d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(InstanceNorm2d)) { }

    protected override long GetNumberOfBatchDimensions() => 4;
    protected override void ValidateInputDimensions(torch.Tensor input) => Demand(input, 3, 4);
}

/// <summary>Instance normalisation of [N, C, D, H, W], or of the same without the batch dimension.</summary>
public sealed class InstanceNorm3d : InstanceNorm
{
    internal InstanceNorm3d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(InstanceNorm3d)) { }

    protected override long GetNumberOfBatchDimensions() => 5;
    protected override void ValidateInputDimensions(torch.Tensor input) => Demand(input, 4, 5);
}
