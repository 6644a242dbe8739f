using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Batch normalisation (Ioffe and Szegedy 2015).</summary>
public abstract class BatchNorm : NormBase
{
    public BatchNorm(long num_features, double eps, double momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype, string name)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, name) { }

    public override torch.Tensor forward(torch.Tensor input)
    {
        ValidateInputDimensions(input);
        var share = CountBatch();
        var byBatch = training || (running_mean is null && running_var is null);
        var keep = !training || track_running_stats;
        return F.batch_norm(input, keep ? running_mean : null, keep ? running_var : null, weight, bias, byBatch, share, eps);
    }
}

/// <summary>Batch normalisation of [N, C] or [N, C, L].</summary>
public sealed class BatchNorm1d : BatchNorm
{
    internal BatchNorm1d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm1d)) { }

    protected override void ValidateInputDimensions(torch.Tensor input) => Demand(input, 2, 3);
}

/// <summary>Batch normalisation of [N, C, H, W].</summary>
public sealed class BatchNorm2d : BatchNorm
{
    internal BatchNorm2d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm2d)) { }

    protected override void ValidateInputDimensions(torch.Tensor input) => Demand(input, 4);
}

/// <summary>Batch normalisation of [N, C, D, H, W].</summary>
public sealed class BatchNorm3d : BatchNorm
{
    internal BatchNorm3d(long num_features, double eps, double momentum, bool affine, bool track_running_stats, torch.Device? device, torch.ScalarType? dtype)
        : base(num_features, eps, momentum, affine, track_running_stats, device, dtype, nameof(BatchNorm3d)) { }

    protected override void ValidateInputDimensions(torch.Tensor input) => Demand(input, 5);
}
