using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Operator s_maxPool1d = new("max_pool1d");
            private static readonly Operator s_maxPool3d = new("max_pool3d");
            private static readonly Operator s_maxPool1dIndices = new("max_pool1d_with_indices");
            private static readonly Operator s_maxPool2dIndices = new("max_pool2d_with_indices");
            private static readonly Operator s_maxPool3dIndices = new("max_pool3d_with_indices");
            private static readonly Operator s_avgPool1d = new("avg_pool1d");
            private static readonly Operator s_avgPool2d = new("avg_pool2d");
            private static readonly Operator s_avgPool3d = new("avg_pool3d");
            private static readonly Operator s_adaptiveAvgPool1d = new("adaptive_avg_pool1d");
            private static readonly Operator s_adaptiveAvgPool2d = new("adaptive_avg_pool2d");
            private static readonly Operator s_adaptiveAvgPool3d = new("adaptive_avg_pool3d");
            private static readonly Operator s_adaptiveMaxPool1d = new("adaptive_max_pool1d");
            private static readonly Operator s_adaptiveMaxPool2d = new("adaptive_max_pool2d");
            private static readonly Operator s_adaptiveMaxPool3d = new("adaptive_max_pool3d");

            private static long[] Two(long v) => [v, v];
            private static long[]? Two(long? v) => v is { } x ? [x, x] : null;

            /// <summary>The first of a pair; the second is not needed any more.</summary>
            private static Tensor First((Tensor, Tensor) pair)
            {
                pair.Item2.Dispose();
                return pair.Item1;
            }

            public static Tensor max_pool1d(Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false)
                => s_maxPool1d.Tensor(input, (long[])[kernel_size], (long[])[stride ?? kernel_size], (long[])[padding ?? 0], (long[])[dilation ?? 1], ceil_mode);

            public static (Tensor output, Tensor indices) max_pool1d_with_indices(Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false)
                => s_maxPool1dIndices.Pair(input, (long[])[kernel_size], (long[])[stride ?? kernel_size], (long[])[padding ?? 0], (long[])[dilation ?? 1], ceil_mode);

            public static Tensor max_pool2d(Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false)
                => max_pool2d(input, Two(kernel_size), Two(stride), Two(padding), Two(dilation), ceil_mode);

            public static Tensor max_pool2d(Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null, bool ceil_mode = false)
                => max_pool2d(input, ToArray(kernel_size), ToArray(stride), ToArray(padding), ToArray(dilation), ceil_mode);

            public static Tensor max_pool2d(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false)
            {
                strides ??= kernel_size;
                padding ??= s_zero2;
                dilation ??= s_one2;
                unsafe {
                    fixed (long* k = kernel_size, s = strides, p = padding, d = dilation) {
                        var handle = NativeMethods.bt_max_pool2d(
                            input.Handle, k, kernel_size.Length, s, strides.Length, p, padding.Length, d, dilation.Length, ceil_mode ? 1 : 0);
                        GC.KeepAlive(input);
                        return new Tensor(Error.Check(handle));
                    }
                }
            }

            public static (Tensor output, Tensor indices) max_pool2d_with_indices(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false)
                => s_maxPool2dIndices.Pair(input, kernel_size, strides ?? kernel_size, padding ?? s_zero2, dilation ?? s_one2, ceil_mode);

            public static Tensor max_pool3d(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false)
                => s_maxPool3d.Tensor(input, kernel_size, strides ?? kernel_size, padding ?? s_zero3, dilation ?? s_one3, ceil_mode);

            public static (Tensor output, Tensor indices) max_pool3d_with_indices(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false)
                => s_maxPool3dIndices.Pair(input, kernel_size, strides ?? kernel_size, padding ?? s_zero3, dilation ?? s_one3, ceil_mode);

            public static Tensor avg_pool1d(Tensor input, long kernel_size, long? stride = null, long? padding = null, bool ceil_mode = false, bool count_include_pad = true)
                => s_avgPool1d.Tensor(input, (long[])[kernel_size], (long[])[stride ?? kernel_size], (long[])[padding ?? 0], ceil_mode, count_include_pad);

            public static Tensor avg_pool2d(Tensor input, long kernel_size, long? stride = null, long padding = 0, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null)
                => avg_pool2d(input, Two(kernel_size), Two(stride), Two(padding), ceil_mode, count_include_pad, divisor_override);

            public static Tensor avg_pool2d(Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null)
                => avg_pool2d(input, ToArray(kernel_size), ToArray(stride), ToArray(padding), ceil_mode, count_include_pad, divisor_override);

            public static Tensor avg_pool2d(Tensor input, long[] kernel_size, long[]? stride = null, long[]? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null)
                => s_avgPool2d.Tensor(input, kernel_size, stride ?? kernel_size, padding ?? s_zero2, ceil_mode, count_include_pad, divisor_override);

            public static Tensor avg_pool3d(Tensor input, long[] kernel_size, long[]? stride = null, long[]? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null)
                => s_avgPool3d.Tensor(input, kernel_size, stride ?? kernel_size, padding ?? s_zero3, ceil_mode, count_include_pad, divisor_override);

            public static Tensor adaptive_avg_pool1d(Tensor input, long output_size) => s_adaptiveAvgPool1d.Tensor(input, (long[])[output_size]);
            public static Tensor adaptive_avg_pool2d(Tensor input, long output_size) => s_adaptiveAvgPool2d.Tensor(input, Two(output_size));
            public static Tensor adaptive_avg_pool2d(Tensor input, (long, long) output_size) => s_adaptiveAvgPool2d.Tensor(input, ToArray(output_size));
            public static Tensor adaptive_avg_pool2d(Tensor input, long[] output_size) => s_adaptiveAvgPool2d.Tensor(input, output_size);
            public static Tensor adaptive_avg_pool3d(Tensor input, long output_size) => s_adaptiveAvgPool3d.Tensor(input, (long[])[output_size, output_size, output_size]);
            public static Tensor adaptive_avg_pool3d(Tensor input, (long, long, long) output_size) => s_adaptiveAvgPool3d.Tensor(input, ToArray(output_size));
            public static Tensor adaptive_avg_pool3d(Tensor input, long[] output_size) => s_adaptiveAvgPool3d.Tensor(input, output_size);

            public static Tensor adaptive_max_pool1d(Tensor input, long output_size) => First(adaptive_max_pool1d_with_indices(input, output_size));
            public static Tensor adaptive_max_pool2d(Tensor input, long[] output_size) => First(adaptive_max_pool2d_with_indices(input, output_size));
            public static Tensor adaptive_max_pool3d(Tensor input, long[] output_size) => First(adaptive_max_pool3d_with_indices(input, output_size));
            public static (Tensor output, Tensor indices) adaptive_max_pool1d_with_indices(Tensor input, long output_size) => s_adaptiveMaxPool1d.Pair(input, (long[])[output_size]);
            public static (Tensor output, Tensor indices) adaptive_max_pool2d_with_indices(Tensor input, long[] output_size) => s_adaptiveMaxPool2d.Pair(input, output_size);
            public static (Tensor output, Tensor indices) adaptive_max_pool3d_with_indices(Tensor input, long[] output_size) => s_adaptiveMaxPool3d.Pair(input, output_size);
        }
    }
}
