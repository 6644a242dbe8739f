using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Puts maxima back to where <see cref="MaxPool1d"/> found them.</summary>
public sealed class MaxUnpool1d : ParameterLessModule<torch.Tensor, torch.Tensor, long[]?, torch.Tensor>
{
    internal MaxUnpool1d(long kernel_size, long? stride, long? padding) : base(nameof(MaxUnpool1d))
        => (this.kernel_size, this.stride, this.padding) = (kernel_size, stride, padding);

    public long kernel_size { get; set; }
    public long? stride { get; set; }
    public long? padding { get; set; }

    public new torch.Tensor call(torch.Tensor tensor, torch.Tensor indices, long[]? output_size = null) => base.call(tensor, indices, output_size);

    public override torch.Tensor forward(torch.Tensor tensor, torch.Tensor indices, long[]? output_size = null)
        => F.max_unpool1d(tensor, indices, kernel_size, stride, padding, output_size);
}

/// <summary>Puts maxima back to where <see cref="MaxPool2d"/> found them.</summary>
public sealed class MaxUnpool2d : ParameterLessModule<torch.Tensor, torch.Tensor, long[]?, torch.Tensor>
{
    internal MaxUnpool2d(long[] kernel_size, long[]? stride, long[]? padding) : base(nameof(MaxUnpool2d))
        => (this.kernel_size, this.stride, this.padding) = (kernel_size, stride, padding);

    public long[] kernel_size { get; set; }
    public long[]? stride { get; set; }
    public long[]? padding { get; set; }

    public new torch.Tensor call(torch.Tensor tensor, torch.Tensor indices, long[]? output_size = null) => base.call(tensor, indices, output_size);

    public override torch.Tensor forward(torch.Tensor tensor, torch.Tensor indices, long[]? output_size = null)
        => F.max_unpool2d(tensor, indices, kernel_size, stride, padding, output_size);
}

/// <summary>Puts maxima back to where <see cref="MaxPool3d"/> found them.</summary>
public sealed class MaxUnpool3d : ParameterLessModule<torch.Tensor, torch.Tensor, long[]?, torch.Tensor>
{
    internal MaxUnpool3d(long[] kernel_size, long[]? stride, long[]? padding) : base(nameof(MaxUnpool3d))
        => (this.kernel_size, this.stride, this.padding) = (kernel_size, stride, padding);

    public long[] kernel_size { get; set; }
    public long[]? stride { get; set; }
    public long[]? padding { get; set; }

    public new torch.Tensor call(torch.Tensor tensor, torch.Tensor indices, long[]? output_size = null) => base.call(tensor, indices, output_size);

    public override torch.Tensor forward(torch.Tensor tensor, torch.Tensor indices, long[]? output_size = null)
        => F.max_unpool3d(tensor, indices, kernel_size, stride, padding, output_size);
}

/// <summary>The p-norm over windows of 1 spatial dimension.</summary>
public sealed class LPPool1d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal LPPool1d(double norm_type, long kernel_size, long? stride, bool ceil_mode) : base(nameof(LPPool1d))
        => (this.norm_type, this.kernel_size, this.stride, this.ceil_mode) = (norm_type, kernel_size, stride, ceil_mode);

    public double norm_type { get; set; }
    public long kernel_size { get; set; }
    public long? stride { get; set; }
    public bool ceil_mode { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.lp_pool1d(input, norm_type, kernel_size, stride, ceil_mode);
}

/// <summary>The p-norm over windows of 2 spatial dimensions.</summary>
public sealed class LPPool2d : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal LPPool2d(double norm_type, long[] kernel_size, long[]? stride, bool ceil_mode) : base(nameof(LPPool2d))
        => (this.norm_type, this.kernel_size, this.stride, this.ceil_mode) = (norm_type, kernel_size, stride, ceil_mode);

    public double norm_type { get; set; }
    public long[] kernel_size { get; set; }
    public long[]? stride { get; set; }
    public bool ceil_mode { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.lp_pool2d(input, norm_type, kernel_size, stride, ceil_mode);
}
