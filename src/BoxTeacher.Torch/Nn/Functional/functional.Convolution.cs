using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Operator s_conv1d = new("conv1d");
            private static readonly Operator s_conv3d = new("conv3d");
            private static readonly Operator s_conv1dPadding = new("conv1d", "padding");
            private static readonly Operator s_conv2dPadding = new("conv2d", "padding");
            private static readonly Operator s_conv3dPadding = new("conv3d", "padding");
            private static readonly Operator s_convTranspose1d = new("conv_transpose1d");
            private static readonly Operator s_convTranspose2d = new("conv_transpose2d", "input");
            private static readonly Operator s_convTranspose3d = new("conv_transpose3d", "input");
            private static readonly Operator s_linear = new("linear");
            private static readonly Operator s_bilinear = new("bilinear");
            private static readonly Operator s_unfold = new("im2col");
            private static readonly Operator s_fold = new("col2im");

            private static readonly long[] s_one2 = [1, 1], s_one3 = [1, 1, 1];
            private static readonly long[] s_zero2 = [0, 0], s_zero3 = [0, 0, 0];

            internal static long[] ToArray((long, long) t) => [t.Item1, t.Item2];
            internal static long[] ToArray((long, long, long) t) => [t.Item1, t.Item2, t.Item3];
            internal static long[]? ToArray((long, long)? t) => t is { } v ? ToArray(v) : null;
            internal static long[]? ToArray((long, long, long)? t) => t is { } v ? ToArray(v) : null;
            private static string Name(Padding padding) => padding == Padding.Same ? "same" : "valid";

            public static Tensor conv1d(Tensor input, Tensor weight, Tensor? bias = null, long? stride = null, long? padding = null, long? dilation = null, long groups = 1)
                => s_conv1d.Tensor(input, weight, bias, (long[])[stride ?? 1], (long[])[padding ?? 0], (long[])[dilation ?? 1], groups);

            public static Tensor conv1d_padding(Tensor input, Tensor weight, Tensor? bias = null, long? stride = null, Padding padding = Padding.Valid, long? dilation = null, long groups = 1)
                => s_conv1dPadding.Tensor(input, weight, bias, (long[])[stride ?? 1], Name(padding), (long[])[dilation ?? 1], groups);

            public static Tensor conv2d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null, long groups = 1)
            {
                strides ??= s_one2;
                padding ??= s_zero2;
                dilation ??= s_one2;
                unsafe {
                    fixed (long* s = strides, p = padding, d = dilation) {
                        var handle = NativeMethods.bt_conv2d(
                            input.Handle, weight.Handle, bias is null ? 0 : bias.Handle, s, strides.Length, p, padding.Length, d, dilation.Length, groups);
                        GC.KeepAlive(input);
                        GC.KeepAlive(weight);
                        GC.KeepAlive(bias);
                        return new Tensor(Error.Check(handle));
                    }
                }
            }

            public static Tensor conv2d_padding(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, Padding padding = Padding.Valid, long[]? dilation = null, long groups = 1)
                => s_conv2dPadding.Tensor(input, weight, bias, strides ?? s_one2, Name(padding), dilation ?? s_one2, groups);

            public static Tensor conv3d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null, long groups = 1)
                => s_conv3d.Tensor(input, weight, bias, strides ?? s_one3, padding ?? s_zero3, dilation ?? s_one3, groups);

            public static Tensor conv3d_padding(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, Padding padding = Padding.Valid, long[]? dilation = null, long groups = 1)
                => s_conv3dPadding.Tensor(input, weight, bias, strides ?? s_one3, Name(padding), dilation ?? s_one3, groups);

            public static Tensor conv_transpose1d(Tensor input, Tensor weight, Tensor? bias = null, long? stride = null, long? padding = null, long? output_padding = null, long? dilation = null, long groups = 1)
                => s_convTranspose1d.Tensor(input, weight, bias, (long[])[stride ?? 1], (long[])[padding ?? 0], (long[])[output_padding ?? 0], groups, (long[])[dilation ?? 1]);

            public static Tensor conv_transpose2d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? output_padding = null, long[]? dilation = null, long groups = 1)
                => s_convTranspose2d.Tensor(input, weight, bias, strides ?? s_one2, padding ?? s_zero2, output_padding ?? s_zero2, groups, dilation ?? s_one2);

            public static Tensor conv_transpose3d(Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? output_padding = null, long[]? dilation = null, long groups = 1)
                => s_convTranspose3d.Tensor(input, weight, bias, strides ?? s_one3, padding ?? s_zero3, output_padding ?? s_zero3, groups, dilation ?? s_one3);

            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null) => s_linear.Tensor(input, weights, bias);
            public static Tensor bilinear(Tensor input1, Tensor input2, Tensor weight, Tensor? bias = null) => s_bilinear.Tensor(input1, input2, weight, bias);

            /// <summary>Sliding blocks of [N, C, H, W] as columns: [N, C * kernel, number of blocks].</summary>
            public static Tensor unfold(Tensor input, long kernel_size, long dilation = 1, long padding = 0, long stride = 1)
                => s_unfold.Tensor(input, (long[])[kernel_size, kernel_size], (long[])[dilation, dilation], (long[])[padding, padding], (long[])[stride, stride]);

            /// <inheritdoc cref="unfold(Tensor, long, long, long, long)"/>
            public static Tensor unfold(Tensor input, (long, long) kernel_size, (long, long)? dilation = null, (long, long)? padding = null, (long, long)? stride = null)
                => s_unfold.Tensor(input, ToArray(kernel_size), ToArray(dilation) ?? s_one2, ToArray(padding) ?? s_zero2, ToArray(stride) ?? s_one2);

            /// <summary>Sums columns of sliding blocks back into an image: the transpose of <c>unfold</c>.</summary>
            public static Tensor fold(Tensor input, long output_size, long kernel_size, long dilation = 1, long padding = 0, long stride = 1)
                => fold(input, (output_size, output_size), (kernel_size, kernel_size), (dilation, dilation), (padding, padding), (stride, stride));

            /// <inheritdoc cref="fold(Tensor, long, long, long, long, long)"/>
            public static Tensor fold(Tensor input, (long, long) output_size, (long, long) kernel_size, (long, long)? dilation = null, (long, long)? padding = null, (long, long)? stride = null)
                => s_fold.Tensor(input, ToArray(output_size), ToArray(kernel_size), ToArray(dilation) ?? s_one2, ToArray(padding) ?? s_zero2, ToArray(stride) ?? s_one2);
        }
    }
}
