using System;
using BoxTeacher.Torch.Interop;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Group normalisation (Wu and He 2018) of [N, C, ...]. Scale 1 and shift 0 at first.</summary>
public sealed class GroupNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private static readonly Operator s_ones = new("ones");
    private static readonly Operator s_zeros = new("zeros");
    private Parameter? _weight;
    private Parameter? _bias;

    internal GroupNorm(long num_groups, long num_channels, double eps, bool affine, torch.Device? device, torch.ScalarType? dtype) : base(nameof(GroupNorm))
    {
        if (num_groups < 1 || num_channels % num_groups != 0) {
            throw new ArgumentException("num_channels must be divisible by num_groups", nameof(num_channels));
        }
        this.num_groups = num_groups;
        this.eps = eps;
        this.affine = affine;
        if (affine) {
            weight = new Parameter(s_ones.Tensor((long[])[num_channels], dtype, Value.None, device));
            bias = new Parameter(s_zeros.Tensor((long[])[num_channels], dtype, Value.None, device));
        }
    }

    public long num_groups { get; set; }
    public double eps { get; set; }
    public bool affine { get; set; }

    public Parameter weight
    {
        get => _weight!;
        set {
            _weight = value;
            ConditionallyRegisterParameter(nameof(weight), value);
        }
    }

    public Parameter? bias
    {
        get => _bias;
        set {
            _bias = value;
            ConditionallyRegisterParameter(nameof(bias), value);
        }
    }

    public override torch.Tensor forward(torch.Tensor tensor) => F.group_norm(tensor, num_groups, _weight, _bias, eps);
}
