using System;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Resizes the spatial dimensions of [N, C, ...].</summary>
public sealed class Upsample : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    private readonly long[]? _size;
    private readonly double[]? _scale;

    internal Upsample(long[]? size, double[]? scale_factor, torch.UpsampleMode mode, bool? align_corners, bool? recompute_scale_factor) : base(nameof(Upsample))
    {
        _size = size;
        _scale = scale_factor;
        this.mode = mode;
        this.align_corners = align_corners;
        this.recompute_scale_factor = recompute_scale_factor;
    }

    public torch.UpsampleMode mode { get; }
    public bool? align_corners { get; }
    public bool? recompute_scale_factor { get; set; }
    public ReadOnlySpan<long> size => _size;
    public ReadOnlySpan<double> scale_factor => _scale;

    public override torch.Tensor forward(torch.Tensor input)
        => F.interpolate(input, _size, _scale, (torch.InterpolationMode)mode, align_corners, recompute_scale_factor ?? false);
}

/// <summary>[N, C r^2, H, W] to [N, C, H r, W r] (Shi et al. 2016).</summary>
public sealed class PixelShuffle : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal PixelShuffle(long upscale_factor) : base(nameof(PixelShuffle)) => this.upscale_factor = upscale_factor;

    public long upscale_factor { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.pixel_shuffle(input, upscale_factor);
}

/// <summary>The reverse of <see cref="PixelShuffle"/>.</summary>
public sealed class PixelUnshuffle : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal PixelUnshuffle(long downscale_factor) : base(nameof(PixelUnshuffle)) => this.downscale_factor = downscale_factor;

    public long downscale_factor { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.pixel_unshuffle(input, downscale_factor);
}

/// <summary>Interleaves the channels of groups.</summary>
public sealed class ChannelShuffle : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    private static readonly BoxTeacher.Torch.Interop.Operator s_shuffle = new("channel_shuffle");

    internal ChannelShuffle(long groups) : base(nameof(ChannelShuffle)) => this.groups = groups;

    public long groups { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => s_shuffle.Tensor(tensor, groups);
}

/// <summary>Sliding blocks of [N, C, H, W] as columns.</summary>
public sealed class Unfold : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Unfold((long, long) kernel_size, (long, long) dilation, (long, long) padding, (long, long) stride) : base(nameof(Unfold))
        => (this.kernel_size, this.dilation, this.padding, this.stride) = (kernel_size, dilation, padding, stride);

    public (long, long) kernel_size { get; set; }
    public (long, long) dilation { get; set; }
    public (long, long) padding { get; set; }
    public (long, long) stride { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.unfold(tensor, kernel_size, dilation, padding, stride);
}

/// <summary>Sums columns of sliding blocks into an image.</summary>
public sealed class Fold : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Fold((long, long) output_size, (long, long) kernel_size, (long, long) dilation, (long, long) padding, (long, long) stride) : base(nameof(Fold))
        => (this.output_size, this.kernel_size, this.dilation, this.padding, this.stride) = (output_size, kernel_size, dilation, padding, stride);

    public (long, long) output_size { get; set; }
    public (long, long) kernel_size { get; set; }
    public (long, long) dilation { get; set; }
    public (long, long) padding { get; set; }
    public (long, long) stride { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.fold(tensor, output_size, kernel_size, dilation, padding, stride);
}

/// <summary>The cosine of the angle between vectors along a dimension.</summary>
public sealed class CosineSimilarity : ParameterLessModule<torch.Tensor, torch.Tensor, torch.Tensor>
{
    internal CosineSimilarity(long dim, double eps) : base(nameof(CosineSimilarity)) => (this.dim, this.eps) = (dim, eps);

    public long dim { get; set; }
    public double eps { get; set; }

    public override torch.Tensor forward(torch.Tensor input1, torch.Tensor input2) => F.cosine_similarity(input1, input2, dim, eps);
}

/// <summary>The distance between vectors along the last dimension.</summary>
public sealed class PairwiseDistance : ParameterLessModule<torch.Tensor, torch.Tensor, torch.Tensor>
{
    internal PairwiseDistance(double p, double eps, bool keepdim) : base(nameof(PairwiseDistance)) => (norm, this.eps, this.keepdim) = (p, eps, keepdim);

    public double norm { get; set; }
    public double eps { get; set; }
    public bool keepdim { get; set; }

    public override torch.Tensor forward(torch.Tensor input1, torch.Tensor input2) => F.pairwise_distance(input1, input2, norm, eps, keepdim);
}

/// <summary>Divides by a power of the mean square over neighbouring channels.</summary>
public sealed class LocalResponseNorm : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal LocalResponseNorm(long size, double alpha, double beta, double k) : base(nameof(LocalResponseNorm))
        => (this.size, this.alpha, this.beta, this.k) = (size, alpha, beta, k);

    public long size { get; set; }
    public double alpha { get; set; }
    public double beta { get; set; }
    public double k { get; set; }

    public override torch.Tensor forward(torch.Tensor input) => F.local_response_norm(input, size, alpha, beta, k);
}
