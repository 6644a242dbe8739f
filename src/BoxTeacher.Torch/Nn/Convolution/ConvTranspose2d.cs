using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Transposed convolution over [N, C, H, W].</summary>
public sealed class ConvTranspose2d : ConvolutionTranspose
{
    internal ConvTranspose2d(long in_channels, long out_channels, long[] kernel_size, long[] stride, long[] padding, long[] output_padding, long[] dilation,
        PaddingModes padding_mode, long groups, bool bias, torch.Device? device, torch.ScalarType? dtype)
        : base(nameof(ConvTranspose2d), in_channels, out_channels, kernel_size, stride, padding, null, dilation, true, output_padding, groups, bias, padding_mode, device, dtype) { }

    public override torch.Tensor forward(torch.Tensor input, long[]? output_size)
    {
        var extra = _output_padding(input, output_size, kernel_size, stride, padding, dilation, 2);
        return F.conv_transpose2d(input, _weight, _bias, stride, padding, extra, dilation, groups);
    }
}
