using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Mean over as many windows as the output is to have elements.</summary>
public sealed class AdaptiveAvgPool1d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AdaptiveAvgPool1d(long output_size) : base(nameof(AdaptiveAvgPool1d)) => this.output_size = output_size;

    public long output_size { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.adaptive_avg_pool1d(input, output_size);
}

/// <summary>Maximum over as many windows as the output is to have elements.</summary>
public sealed class AdaptiveMaxPool1d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AdaptiveMaxPool1d(long output_size) : base(nameof(AdaptiveMaxPool1d)) => this.output_size = output_size;

    public long output_size { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.adaptive_max_pool1d(input, output_size);

    public (torch.Tensor output, torch.Tensor indices) forward_with_indices(torch.Tensor input)
        => F.adaptive_max_pool1d_with_indices(input, output_size);
}

/// <summary>Mean over as many windows as the output is to have elements.</summary>
public sealed class AdaptiveAvgPool2d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AdaptiveAvgPool2d(long[] output_size) : base(nameof(AdaptiveAvgPool2d)) => this.output_size = output_size;

    public long[] output_size { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.adaptive_avg_pool2d(input, output_size);
}

/// <summary>Maximum over as many windows as the output is to have elements.</summary>
public sealed class AdaptiveMaxPool2d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AdaptiveMaxPool2d(long[] output_size) : base(nameof(AdaptiveMaxPool2d)) => this.output_size = output_size;

    public long[] output_size { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.adaptive_max_pool2d(input, output_size);

    public (torch.Tensor output, torch.Tensor indices) forward_with_indices(torch.Tensor input)
        => F.adaptive_max_pool2d_with_indices(input, output_size);
}

/// <summary>Mean over as many windows as the output is to have elements.</summary>
public sealed class AdaptiveAvgPool3d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AdaptiveAvgPool3d(long[] output_size) : base(nameof(AdaptiveAvgPool3d)) => this.output_size = output_size;

    public long[] output_size { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.adaptive_avg_pool3d(input, output_size);
}

/// <summary>Maximum over as many windows as the output is to have elements.</summary>
public sealed class AdaptiveMaxPool3d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AdaptiveMaxPool3d(long[] output_size) : base(nameof(AdaptiveMaxPool3d)) => this.output_size = output_size;

    public long[] output_size { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.adaptive_max_pool3d(input, output_size);

    public (torch.Tensor output, torch.Tensor indices) forward_with_indices(torch.Tensor input)
        => F.adaptive_max_pool3d_with_indices(input, output_size);
}
