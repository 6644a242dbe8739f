namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Modules.ConvTranspose1d ConvTranspose1d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long output_padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, Fill(1, kernel_size), Fill(1, stride), Fill(1, padding), Fill(1, output_padding), Fill(1, dilation), padding_mode, groups, bias, device, dtype);

        public static Modules.ConvTranspose2d ConvTranspose2d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long output_padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, Fill(2, kernel_size), Fill(2, stride), Fill(2, padding), Fill(2, output_padding), Fill(2, dilation), padding_mode, groups, bias, device, dtype);

        public static Modules.ConvTranspose2d ConvTranspose2d(long in_channels, long out_channels, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? output_padding = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, functional.ToArray(kernel_size), functional.ToArray(stride) ?? Fill(2, 1), functional.ToArray(padding) ?? Fill(2, 0),
                functional.ToArray(output_padding) ?? Fill(2, 0), functional.ToArray(dilation) ?? Fill(2, 1), padding_mode, groups, bias, device, dtype);

        public static Modules.ConvTranspose3d ConvTranspose3d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long output_padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, Fill(3, kernel_size), Fill(3, stride), Fill(3, padding), Fill(3, output_padding), Fill(3, dilation), padding_mode, groups, bias, device, dtype);

        public static Modules.ConvTranspose3d ConvTranspose3d(long in_channels, long out_channels, (long, long, long) kernel_size, (long, long, long)? stride = null, (long, long, long)? padding = null, (long, long, long)? output_padding = null, (long, long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, functional.ToArray(kernel_size), functional.ToArray(stride) ?? Fill(3, 1), functional.ToArray(padding) ?? Fill(3, 0),
                functional.ToArray(output_padding) ?? Fill(3, 0), functional.ToArray(dilation) ?? Fill(3, 1), padding_mode, groups, bias, device, dtype);
    }
}
