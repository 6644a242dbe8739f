using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            private static readonly Operator s_batchNorm = new("batch_norm");
            private static readonly Operator s_groupNorm = new("group_norm");
            private static readonly Operator s_layerNorm = new("layer_norm");
            private static readonly Operator s_instanceNorm = new("instance_norm");
            private static readonly Operator s_normDim = new("norm", "ScalarOpt_dim");
            private static readonly Operator s_clampMin = new("clamp_min");
            private static readonly Operator s_unsqueeze = new("unsqueeze");
            private static readonly Operator s_squeezeDim = new("squeeze", "dim");
            private static readonly Operator s_view = new("view");
            private static readonly Operator s_mul = new("mul", "Tensor");
            private static readonly Operator s_mulScalar = new("mul", "Scalar");
            private static readonly Operator s_powScalar = new("pow", "Tensor_Scalar");

            public static Tensor batch_norm(Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? weight = null, Tensor? bias = null, bool training = false, double momentum = 0.1, double eps = 1e-05)
                => s_batchNorm.Tensor(input, weight, bias, running_mean, running_var, training, momentum, eps, true);

            public static Tensor group_norm(Tensor input, long num_groups, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05)
                => s_groupNorm.Tensor(input, num_groups, weight, bias, eps);

            public static Tensor layer_norm(Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05)
                => s_layerNorm.Tensor(input, normalized_shape, weight, bias, eps);

            public static Tensor instance_norm(Tensor input, Tensor? running_mean = null, Tensor? running_var = null, Tensor? weight = null, Tensor? bias = null, bool use_input_stats = true, double momentum = 0.1, double eps = 1e-05)
                => s_instanceNorm.Tensor(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, true);

            /// <summary>x / max(norm(x), eps) along a dimension.</summary>
            public static Tensor normalize(Tensor input, double p = 2, long dim = 1, double eps = 1e-12)
            {
                using var norm = s_normDim.Tensor(input, p, (long[])[dim], true);
                using var denominator = s_clampMin.Tensor(norm, eps);
                return s_div.Tensor(input, denominator);
            }

            /// <summary>Divides by a power of the mean square over neighbouring channels (Krizhevsky et al. 2012, section 3.3).</summary>
            public static Tensor local_response_norm(Tensor input, long size, double alpha = 0.0001, double beta = 0.75, double k = 1)
            {
                if (input.ndim < 3) {
                    throw new ArgumentException($"Expected 3D or higher dimensionality input (got {input.ndim} dimensions)", nameof(input));
                }
                using var scope = NewDisposeScope();
                var shape = input.shape;
                var squares = s_unsqueeze.Tensor(s_mul.Tensor(input, input), 1);
                Tensor mean;
                if (shape.Length == 3) {
                    mean = s_squeezeDim.Tensor(avg_pool2d(pad(squares, (0, 0, size / 2, (size - 1) / 2)), (size, 1), (1, 1)), 1);
                } else {
                    var grouped = s_view.Tensor(squares, (long[])[shape[0], 1, shape[1], shape[2], -1]);
                    var pooled = avg_pool3d(pad(grouped, [0, 0, 0, 0, size / 2, (size - 1) / 2]), [size, 1, 1], [1, 1, 1]);
                    mean = s_view.Tensor(s_squeezeDim.Tensor(pooled, 1), shape);
                }
                var scale = s_powScalar.Tensor(s_addScalar.Tensor(s_mulScalar.Tensor(mean, alpha), k), beta);
                return s_div.Tensor(input, scale).MoveToOuterDisposeScope();
            }
        }
    }
}
