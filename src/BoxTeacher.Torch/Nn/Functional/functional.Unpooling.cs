using System.Linq;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Operator s_maxUnpool2d = new("max_unpool2d");
            private static readonly Operator s_maxUnpool3d = new("max_unpool3d");

            /// <summary>The spatial size before a pooling, as far as it is known from the one after.</summary>
            private static long[] Unpooled(Tensor input, long[] kernel, long[] stride, long[] padding, long[]? size)
            {
                var shape = input.shape;
                var n = kernel.Length;
                if (size is not null) {
                    return size.Length == n ? size : size[^n..];
                }
                return Enumerable.Range(0, n).Select(k => (shape[shape.Length - n + k] - 1) * stride[k] + kernel[k] - 2 * padding[k]).ToArray();
            }

            /// <summary>Puts maxima back to where <c>max_pool1d_with_indices</c> found them, among zeros.</summary>
            public static Tensor max_unpool1d(Tensor input, Tensor indices, long kernel_size, long? stride = null, long? padding = null, long[]? output_size = null)
            {
                var size = Unpooled(input, [kernel_size], [stride ?? kernel_size], [padding ?? 0], output_size);
                using var rows = input.unsqueeze(-1);
                using var places = indices.unsqueeze(-1);
                using var result = s_maxUnpool2d.Tensor(rows, places, (long[])[size[0], 1]);
                return result.squeeze(-1);
            }

            /// <summary>Puts maxima back to where <c>max_pool2d_with_indices</c> found them, among zeros.</summary>
            public static Tensor max_unpool2d(Tensor input, Tensor indices, long[] kernel_size, long[]? stride = null, long[]? padding = null, long[]? output_size = null)
                => s_maxUnpool2d.Tensor(input, indices, Unpooled(input, kernel_size, stride ?? kernel_size, padding ?? s_zero2, output_size));

            /// <summary>Puts maxima back to where <c>max_pool3d_with_indices</c> found them, among zeros.</summary>
            public static Tensor max_unpool3d(Tensor input, Tensor indices, long[] kernel_size, long[]? stride = null, long[]? padding = null, long[]? output_size = null)
                => s_maxUnpool3d.Tensor(input, indices, Unpooled(input, kernel_size, stride ?? kernel_size, padding ?? s_zero3, output_size), stride ?? kernel_size, padding ?? s_zero3);

            /// <summary>The p-norm over windows.</summary>
            public static Tensor lp_pool1d(Tensor input, double norm_type, long kernel_size, long? stride = null, bool ceil_mode = false)
            {
                using var scope = NewDisposeScope();
                return Rooted(avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode), norm_type, kernel_size).MoveToOuterDisposeScope();
            }

            /// <summary>The p-norm over windows.</summary>
            public static Tensor lp_pool2d(Tensor input, double norm_type, long kernel_size, long? stride = null, bool ceil_mode = false)
                => lp_pool2d(input, norm_type, Two(kernel_size), Two(stride), ceil_mode);

            /// <summary>The p-norm over windows.</summary>
            public static Tensor lp_pool2d(Tensor input, double norm_type, long[] kernel_size, long[]? stride = null, bool ceil_mode = false)
            {
                using var scope = NewDisposeScope();
                return Rooted(avg_pool2d(input.pow(norm_type), kernel_size, stride, null, ceil_mode), norm_type, kernel_size[0] * kernel_size[1]).MoveToOuterDisposeScope();
            }

            private static Tensor Rooted(Tensor mean, double p, long count) => (relu(mean.abs()) * mean.sign() * count).pow(1 / p);
        }
    }
}
