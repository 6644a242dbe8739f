using System;
using System.Linq;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>What the transposed convolutions have in common: weights [in, out / groups, kernel...].</summary>
public abstract class ConvolutionTranspose : Convolution
{
    protected ConvolutionTranspose(string name, long in_channels, long out_channels, long[] kernel_size, long[] stride, long[] padding, Padding? padding_type,
        long[] dilation, bool transposed, long[] output_padding, long groups, bool bias, PaddingModes padding_mode, torch.Device? device = null, torch.ScalarType? dtype = null)
        : base(name, in_channels, out_channels, kernel_size, stride, padding, padding_type, dilation, transposed, output_padding, groups, bias, padding_mode, device, dtype)
    {
        if (padding_mode != PaddingModes.Zeros) {
            throw new ArgumentException($"Only zeros padding mode is supported for {name}", nameof(padding_mode));
        }
    }

    public override torch.Tensor forward(torch.Tensor input) => forward(input, null);

    /// <param name="input">[N, C, ...]</param>
    /// <param name="output_size">The spatial size of the result, among those that the stride leaves open.</param>
    public abstract torch.Tensor forward(torch.Tensor input, long[]? output_size);

    /// <summary>The padding at the end that gives the wanted size.</summary>
    /// <exception cref="ArgumentException">No padding gives it.</exception>
    protected long[] _output_padding(torch.Tensor input, long[]? output_size, long[] kernel_size, long[] stride, long[] padding, long[] dilation, long num_spatial_dims)
    {
        if (output_size is null) {
            return output_padding;
        }
        var n = (int)num_spatial_dims;
        var wanted = output_size.Length == n ? output_size : output_size[^n..];
        var shape = input.shape[^n..];
        return Enumerable.Range(0, n).Select(d => {
            var least = (shape[d] - 1) * stride[d] - 2 * padding[d] + dilation[d] * (kernel_size[d] - 1) + 1;
            return wanted[d] >= least && wanted[d] < least + stride[d] ? wanted[d] - least : throw new ArgumentException(
                $"requested an output size of [{string.Join(", ", output_size)}], but valid sizes of dimension {d} range from {least} to {least + stride[d] - 1}", nameof(output_size));
        }).ToArray();
    }
}
