namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static Modules.MaxPool1d MaxPool1d(long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false)
            => new(kernel_size, stride, padding, dilation, ceil_mode);

        public static Modules.AvgPool1d AvgPool1d(long kernel_size, long? stride = null, long padding = 0, bool ceil_mode = false, bool count_include_pad = true)
            => new(kernel_size, stride, padding, ceil_mode, count_include_pad);

        public static Modules.MaxPool2d MaxPool2d(long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false)
            => new(Fill(2, kernel_size), Fill(2, stride), Fill(2, padding), Fill(2, dilation), ceil_mode);

        public static Modules.MaxPool2d MaxPool2d((long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null, bool ceil_mode = false)
            => new(functional.ToArray(kernel_size), functional.ToArray(stride), functional.ToArray(padding), functional.ToArray(dilation), ceil_mode);

        public static Modules.MaxPool2d MaxPool2d(long[] kernel_size, long[]? stride = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false)
            => new(kernel_size, stride, padding, dilation, ceil_mode);

        public static Modules.AvgPool2d AvgPool2d(long kernel_size, long? stride = null, long? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null)
            => new(Fill(2, kernel_size), Fill(2, stride), Fill(2, padding), ceil_mode, count_include_pad, divisor_override);

        public static Modules.AvgPool2d AvgPool2d((long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null)
            => new(functional.ToArray(kernel_size), functional.ToArray(stride), functional.ToArray(padding), ceil_mode, count_include_pad, divisor_override);

        public static Modules.AvgPool2d AvgPool2d(long[] kernel_size, long[]? stride = null, long[]? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null)
            => new(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);

        public static Modules.MaxPool3d MaxPool3d(long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false)
            => new(Fill(3, kernel_size), Fill(3, stride), Fill(3, padding), Fill(3, dilation), ceil_mode);

        public static Modules.MaxPool3d MaxPool3d((long, long, long) kernel_size, (long, long, long)? stride = null, (long, long, long)? padding = null, (long, long, long)? dilation = null, bool ceil_mode = false)
            => new(functional.ToArray(kernel_size), functional.ToArray(stride), functional.ToArray(padding), functional.ToArray(dilation), ceil_mode);

        public static Modules.MaxPool3d MaxPool3d(long[] kernel_size, long[]? stride = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false)
            => new(kernel_size, stride, padding, dilation, ceil_mode);

        public static Modules.AvgPool3d AvgPool3d(long kernel_size, long? stride = null, long? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null)
            => new(Fill(3, kernel_size), Fill(3, stride), Fill(3, padding), ceil_mode, count_include_pad, divisor_override);

        public static Modules.AvgPool3d AvgPool3d((long, long, long) kernel_size, (long, long, long)? stride = null, (long, long, long)? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null)
            => new(functional.ToArray(kernel_size), functional.ToArray(stride), functional.ToArray(padding), ceil_mode, count_include_pad, divisor_override);

        public static Modules.AvgPool3d AvgPool3d(long[] kernel_size, long[]? stride = null, long[]? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null)
            => new(kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override);

        public static Modules.AdaptiveAvgPool1d AdaptiveAvgPool1d(long output_size) => new(output_size);
        public static Modules.AdaptiveMaxPool1d AdaptiveMaxPool1d(long output_size) => new(output_size);
        public static Modules.AdaptiveAvgPool2d AdaptiveAvgPool2d(long output_size) => new(Fill(2, output_size));
        public static Modules.AdaptiveAvgPool2d AdaptiveAvgPool2d((long, long) output_size) => new(functional.ToArray(output_size));
        public static Modules.AdaptiveAvgPool2d AdaptiveAvgPool2d(long[] output_size) => new(output_size);
        public static Modules.AdaptiveMaxPool2d AdaptiveMaxPool2d(long[] output_size) => new(output_size);
        public static Modules.AdaptiveAvgPool3d AdaptiveAvgPool3d(long output_size) => new(Fill(3, output_size));
        public static Modules.AdaptiveAvgPool3d AdaptiveAvgPool3d((long, long, long) output_size) => new(functional.ToArray(output_size));
        public static Modules.AdaptiveAvgPool3d AdaptiveAvgPool3d(long[] output_size) => new(output_size);
        public static Modules.AdaptiveMaxPool3d AdaptiveMaxPool3d(long[] output_size) => new(output_size);

        private static long[]? Fill(int n, long? value) => value is { } v ? Fill(n, v) : null;
    }
}
