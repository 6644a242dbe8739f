using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Convolution over [N, C, D, H, W], or over the same without the batch dimension.</summary>
public sealed class Conv3d : Convolution
{
    internal Conv3d(long in_channels, long out_channels, long[] kernel_size, long[] stride, long[] padding, Padding? padding_type, long[] dilation,
        PaddingModes padding_mode, long groups, bool bias, torch.Device? device, torch.ScalarType? dtype)
        : base(nameof(Conv3d), in_channels, out_channels, kernel_size, stride, padding, padding_type, dilation, false, new long[3], groups, bias,
            padding_mode, device, dtype) { }

    public override torch.Tensor forward(torch.Tensor input)
    {
        using var padded = Border(input);
        if (padded is not null) {
            return F.conv3d(padded, _weight, _bias, stride, null, dilation, groups);
        }
        return padding_type is { } type
            ? F.conv3d_padding(input, _weight, _bias, stride, type, dilation, groups)
            : F.conv3d(input, _weight, _bias, stride, padding, dilation, groups);
    }
}
