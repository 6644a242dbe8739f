using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Convolution over [N, C, L], or over the same without the batch dimension.</summary>
public sealed class Conv1d : Convolution
{
    internal Conv1d(long in_channels, long out_channels, long[] kernel_size, long[] stride, long[] padding, Padding? padding_type, long[] dilation,
        PaddingModes padding_mode, long groups, bool bias, torch.Device? device, torch.ScalarType? dtype)
        : base(nameof(Conv1d), in_channels, out_channels, kernel_size, stride, padding, padding_type, dilation, false, new long[1], groups, bias,
            padding_mode, device, dtype) { }

    public override torch.Tensor forward(torch.Tensor input)
    {
        using var padded = Border(input);
        if (padded is not null) {
            return F.conv1d(padded, _weight, _bias, stride[0], 0, dilation[0], groups);
        }
        return padding_type is { } type
            ? F.conv1d_padding(input, _weight, _bias, stride[0], type, dilation[0], groups)
            : F.conv1d(input, _weight, _bias, stride[0], padding[0], dilation[0], groups);
    }
}
