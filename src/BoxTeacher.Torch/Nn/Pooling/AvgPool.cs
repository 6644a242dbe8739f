using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Mean over windows of 1 spatial dimension.</summary>
public sealed class AvgPool1d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AvgPool1d(long kernel_size, long? stride, long? padding, bool ceil_mode, bool count_include_pad) : base(nameof(AvgPool1d))
    {
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.padding = padding;
        this.ceil_mode = ceil_mode;
        this.count_include_pad = count_include_pad;
    }

    public long kernel_size { get; set; }
    public long? stride { get; set; }
    public long? padding { get; set; }
    public bool ceil_mode { get; set; }
    public bool count_include_pad { get; set; }

    public override torch.Tensor forward(torch.Tensor input)
        => F.avg_pool1d(input, kernel_size, stride, padding, ceil_mode, count_include_pad);
}

/// <summary>Mean over windows of 2 spatial dimensions.</summary>
public sealed class AvgPool2d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AvgPool2d(long[] kernel_size, long[]? stride, long[]? padding, bool ceil_mode, bool count_include_pad, long? divisor_override) : base(nameof(AvgPool2d))
    {
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.padding = padding;
        this.ceil_mode = ceil_mode;
        this.count_include_pad = count_include_pad;
        this.divisor_override = divisor_override;
    }

    public long[] kernel_size { get; set; }
    public long[]? stride { get; set; }
    public long[]? padding { get; set; }
    public bool ceil_mode { get; set; }
    public bool count_include_pad { get; set; }
    public long? divisor_override { get; set; }

    public override torch.Tensor forward(torch.Tensor input)
        => F.avg_pool2d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);
}

/// <summary>Mean over windows of 3 spatial dimensions.</summary>
public sealed class AvgPool3d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal AvgPool3d(long[] kernel_size, long[]? stride, long[]? padding, bool ceil_mode, bool count_include_pad, long? divisor_override) : base(nameof(AvgPool3d))
    {
        this.kernel_size = kernel_size;
        this.stride = stride;
        this.padding = padding;
        this.ceil_mode = ceil_mode;
        this.count_include_pad = count_include_pad;
        this.divisor_override = divisor_override;
    }

    public long[] kernel_size { get; set; }
    public long[]? stride { get; set; }
    public long[]? padding { get; set; }
    public bool ceil_mode { get; set; }
    public bool count_include_pad { get; set; }
    public long? divisor_override { get; set; }

    public override torch.Tensor forward(torch.Tensor input)
        => F.avg_pool3d(input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);
}
