using BoxTeacher.Torch.Interop;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Layer normalisation (Ba et al. 2016) over the last dimensions.</summary>
public sealed class LayerNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
{
    private static readonly Operator s_ones = new("ones");
    private static readonly Operator s_zeros = new("zeros");
    private Parameter? _weight;
    private Parameter? _bias;

    internal LayerNorm(long[] normalized_shape, double eps, bool elementwise_affine, bool bias, torch.Device? device, torch.ScalarType? dtype) : base(nameof(LayerNorm))
    {
        this.normalized_shape = normalized_shape;
        this.eps = eps;
        this.elementwise_affine = elementwise_affine;
        if (elementwise_affine) {
            weight = new Parameter(s_ones.Tensor(normalized_shape, dtype, Value.None, device));
            if (bias) {
                this.bias = new Parameter(s_zeros.Tensor(normalized_shape, dtype, Value.None, device));
            }
        }
    }

    public long[] normalized_shape { get; set; }
    public double eps { get; set; }
    public bool elementwise_affine { get; set; }

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

    public void reset_parameters()
    {
        if (elementwise_affine) {
            torch.nn.init.ones_(weight).Dispose();
            if (bias is not null) {
                torch.nn.init.zeros_(bias).Dispose();
            }
        }
    }

    public override torch.Tensor forward(torch.Tensor tensor) => F.layer_norm(tensor, normalized_shape, _weight, _bias, eps);
}
