namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        private static long[] Fill(int n, long value)
        {
            var list = new long[n];
            System.Array.Fill(list, value);
            return list;
        }

        public static Modules.Conv1d Conv1d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, Fill(1, kernel_size), Fill(1, stride), Fill(1, padding), null, Fill(1, dilation), padding_mode, groups, bias, device, dtype);

        public static Modules.Conv1d Conv1d(long in_channels, long out_channels, long kernel_size, Padding padding, long stride = 1, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, Fill(1, kernel_size), Fill(1, stride), Fill(1, 0), padding, Fill(1, dilation), padding_mode, groups, bias, device, dtype);

        public static Modules.Conv2d Conv2d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, Fill(2, kernel_size), Fill(2, stride), Fill(2, padding), null, Fill(2, dilation), padding_mode, groups, bias, device, dtype);

        public static Modules.Conv2d Conv2d(long in_channels, long out_channels, long kernel_size, Padding padding, long stride = 1, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, Fill(2, kernel_size), Fill(2, stride), Fill(2, 0), padding, Fill(2, dilation), padding_mode, groups, bias, device, dtype);

        public static Modules.Conv2d Conv2d(long in_channels, long out_channels, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, functional.ToArray(kernel_size), functional.ToArray(stride) ?? Fill(2, 1), functional.ToArray(padding) ?? Fill(2, 0), null,
                functional.ToArray(dilation) ?? Fill(2, 1), padding_mode, groups, bias, device, dtype);

        public static Modules.Conv2d Conv2d(long in_channels, long out_channels, (long, long) kernel_size, Padding padding, (long, long)? stride = null, (long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, functional.ToArray(kernel_size), functional.ToArray(stride) ?? Fill(2, 1), Fill(2, 0), padding,
                functional.ToArray(dilation) ?? Fill(2, 1), padding_mode, groups, bias, device, dtype);

        public static Modules.Conv3d Conv3d(long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, Fill(3, kernel_size), Fill(3, stride), Fill(3, padding), null, Fill(3, dilation), padding_mode, groups, bias, device, dtype);

        public static Modules.Conv3d Conv3d(long in_channels, long out_channels, long kernel_size, Padding padding, long stride = 1, long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, Fill(3, kernel_size), Fill(3, stride), Fill(3, 0), padding, Fill(3, dilation), padding_mode, groups, bias, device, dtype);

        public static Modules.Conv3d Conv3d(long in_channels, long out_channels, (long, long, long) kernel_size, (long, long, long)? stride = null, (long, long, long)? padding = null, (long, long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, functional.ToArray(kernel_size), functional.ToArray(stride) ?? Fill(3, 1), functional.ToArray(padding) ?? Fill(3, 0), null,
                functional.ToArray(dilation) ?? Fill(3, 1), padding_mode, groups, bias, device, dtype);

        public static Modules.Conv3d Conv3d(long in_channels, long out_channels, (long, long, long) kernel_size, Padding padding, (long, long, long)? stride = null, (long, long, long)? dilation = null, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null, ScalarType? dtype = null)
            => new(in_channels, out_channels, functional.ToArray(kernel_size), functional.ToArray(stride) ?? Fill(3, 1), Fill(3, 0), padding,
                functional.ToArray(dilation) ?? Fill(3, 1), padding_mode, groups, bias, device, dtype);
    }
}
