using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Initial values, as in PyTorch's torch.nn.init: the same bounds, and the same random numbers for the same seed.</summary>
        public static partial class init
        {
            public enum FanInOut { FanIn = 0, FanOut = 1 }

            public enum NonlinearityType
            {
                Linear = 0, Conv1D = 1, Conv2D = 2, Conv3D = 3, ConvTranspose1D = 4, ConvTranspose2D = 5, ConvTranspose3D = 6,
                Sigmoid = 7, Tanh = 8, ReLU = 9, LeakyReLU = 10,
            }

            private static readonly Operator s_fill = new("fill_", "Scalar");
            private static readonly Operator s_uniform = new("uniform_");
            private static readonly Operator s_normal = new("normal_");
            private static readonly Operator s_erfinv = new("erfinv_");
            private static readonly Operator s_mul = new("mul_", "Scalar");
            private static readonly Operator s_add = new("add_", "Scalar");
            private static readonly Operator s_clamp = new("clamp_");
            private static readonly Operator s_zero = new("zero_");
            private static readonly Operator s_copy = new("copy_");
            private static readonly Operator s_select = new("select", "int");
            private static readonly Operator s_narrow = new("narrow");
            private static readonly Operator s_view = new("view_as");
            private static readonly Operator s_eye = new("eye", "m");
            private static readonly Operator s_qr = new("linalg_qr");
            private static readonly Operator s_diagonal = new("diagonal");
            private static readonly Operator s_sign = new("sign");
            private static readonly Operator s_mulTensor = new("mul_", "Tensor");
            private static readonly Operator s_transpose = new("t");
            private static readonly Operator s_randperm = new("randperm");
            private static readonly Operator s_indexFill = new("index_fill_", "int_Scalar");

            /// <summary>Runs an operator that changes the tensor, unrecorded; returns a fresh alias.</summary>
            private static Tensor Set(Operator op, Tensor tensor, params ReadOnlySpan<Value> args)
            {
                using var off = GradGuard.Off();
                return op.InPlace(tensor, args).Share();
            }

            public static Tensor constant_(Tensor tensor, Scalar val) => Set(s_fill, tensor, tensor, val);
            public static Tensor ones_(Tensor tensor) => Set(s_fill, tensor, tensor, 1.0);
            public static Tensor zeros_(Tensor tensor) => Set(s_zero, tensor, tensor);

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null)
                => Set(s_uniform, tensor, tensor, low, high, generator);

            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null)
                => Set(s_normal, tensor, tensor, mean, std, generator);

            /// <summary>A normal distribution cut off at a and b, by its inverse cumulative distribution.</summary>
            public static Tensor trunc_normal_(Tensor tensor, double mean = 0, double std = 1, double a = -2, double b = 2, Generator? generator = null)
            {
                using var off = GradGuard.Off();
                var lower = NormalCdf((a - mean) / std);
                var upper = NormalCdf((b - mean) / std);
                s_uniform.InPlace(tensor, tensor, 2 * lower - 1, 2 * upper - 1, generator);
                s_erfinv.InPlace(tensor, tensor);
                s_mul.InPlace(tensor, tensor, std * Math.Sqrt(2));
                s_add.InPlace(tensor, tensor, mean);
                return s_clamp.InPlace(tensor, tensor, a, b).Share();
            }

            /// <summary>The cumulative standard normal distribution, by libtorch's own error function.</summary>
            private static double NormalCdf(double x)
            {
                using var z = TensorFormat.Empty([], ScalarType.Float64);
                s_fill.InPlace(z, z, x / Math.Sqrt(2));
                using var erf = s_erf.Tensor(z);
                return (1 + s_item.Double(erf)) / 2;
            }

            private static readonly Operator s_erf = new("erf");
            private static readonly Operator s_item = new("item");

            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1)
            {
                var bound = Math.Sqrt(3.0) * Xavier(tensor, gain);
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor xavier_normal_(Tensor tensor, double gain = 1) => normal_(tensor, 0, Xavier(tensor, gain));
            public static Tensor glorot_uniform_(Tensor tensor, double gain = 1) => xavier_uniform_(tensor, gain);
            public static Tensor glorot_normal_(Tensor tensor, double gain = 1) => xavier_normal_(tensor, gain);

            private static double Xavier(Tensor tensor, double gain)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return gain * Math.Sqrt(2.0 / (fanIn + fanOut));
            }

            public static Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU)
            {
                var bound = Math.Sqrt(3.0) * Kaiming(tensor, a, mode, nonlinearity);
                return uniform_(tensor, -bound, bound);
            }

            public static Tensor kaiming_normal_(Tensor tensor, double a = 0, FanInOut mode = FanInOut.FanIn, NonlinearityType nonlinearity = NonlinearityType.LeakyReLU)
                => normal_(tensor, 0, Kaiming(tensor, a, mode, nonlinearity));

            private static double Kaiming(Tensor tensor, double a, FanInOut mode, NonlinearityType nonlinearity)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                return calculate_gain(nonlinearity, a) / Math.Sqrt(mode == FanInOut.FanIn ? fanIn : fanOut);
            }

            /// <summary>The recommended gain of a nonlinearity; <paramref name="param"/> is the slope of a leaky ReLU.</summary>
            public static double calculate_gain(NonlinearityType nonlinearity, double param = 0) => nonlinearity switch {
                NonlinearityType.Tanh => 5.0 / 3.0,
                NonlinearityType.ReLU => Math.Sqrt(2.0),
                NonlinearityType.LeakyReLU => Math.Sqrt(2.0 / (1 + param * param)),
                _ => 1,
            };

            /// <exception cref="ArgumentException">The tensor has fewer than two dimensions.</exception>
            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                var shape = tensor.shape;
                if (shape.Length < 2) {
                    throw new ArgumentException("Fan in and fan out can not be computed for tensor with fewer than 2 dimensions", nameof(tensor));
                }
                long field = 1;
                for (var k = 2; k < shape.Length; k++) {
                    field *= shape[k];
                }
                return (shape[1] * field, shape[0] * field);
            }

            /// <exception cref="ArgumentException">The tensor is no matrix.</exception>
            public static Tensor eye_(Tensor tensor)
            {
                if (tensor.ndim != 2) {
                    throw new ArgumentException("Only tensors with 2 dimensions are supported", nameof(tensor));
                }
                using var eye = s_eye.Tensor(tensor.size(0), tensor.size(1), tensor.dtype, Value.None, tensor.device);
                return Set(s_copy, tensor, tensor, eye);
            }

            /// <summary>Convolution weights [out, in, ...] that copy channel k to channel k.</summary>
            /// <exception cref="ArgumentException">The tensor has not 3, 4 or 5 dimensions.</exception>
            public static Tensor dirac_(Tensor tensor)
            {
                var shape = tensor.shape;
                if (shape.Length is < 3 or > 5) {
                    throw new ArgumentException("Only tensors with 3, 4, or 5 dimensions are supported", nameof(tensor));
                }
                using var off = GradGuard.Off();
                s_zero.InPlace(tensor, tensor);
                for (long c = 0; c < Math.Min(shape[0], shape[1]); c++) {
                    using var scope = NewDisposeScope();
                    var at = s_select.Tensor(s_select.Tensor(tensor, 0, c), 0, c);
                    for (var k = 2; k < shape.Length; k++) {
                        at = s_select.Tensor(at, 0, shape[k] / 2);
                    }
                    s_fill.InPlace(at, at, 1.0);
                }
                return tensor.Share();
            }

            /// <summary>A (semi) orthogonal matrix over the first dimension and the rest.</summary>
            /// <exception cref="ArgumentException">The tensor has fewer than two dimensions.</exception>
            public static Tensor orthogonal_(Tensor tensor, double gain = 1)
            {
                if (tensor.ndim < 2) {
                    throw new ArgumentException("Only tensors with 2 or more dimensions are supported", nameof(tensor));
                }
                using var off = GradGuard.Off();
                using (var scope = NewDisposeScope()) {
                    var rows = tensor.size(0);
                    var columns = tensor.numel() / rows;
                    var flat = s_randn.Tensor((long[])[rows, columns], tensor.dtype, Value.None, tensor.device);
                    var (q, r) = s_qr.Pair(rows < columns ? s_transpose.Tensor(flat) : flat);
                    s_mulTensor.InPlace(q, q, s_sign.Tensor(s_diagonal.Tensor(r)));
                    s_copy.InPlace(tensor, tensor, s_view.Tensor(s_contiguous.Tensor(rows < columns ? s_transpose.Tensor(q) : q), tensor));
                }
                return s_mul.InPlace(tensor, tensor, gain).Share();
            }

            private static readonly Operator s_randn = new("randn");
            private static readonly Operator s_contiguous = new("contiguous");

            /// <summary>Normal values, of which a fraction of each column is zero.</summary>
            /// <exception cref="ArgumentException">The tensor is no matrix.</exception>
            public static Tensor sparse_(Tensor tensor, double sparsity, double std = 0.01)
            {
                if (tensor.ndim != 2) {
                    throw new ArgumentException("Only tensors with 2 dimensions are supported", nameof(tensor));
                }
                using var off = GradGuard.Off();
                s_normal.InPlace(tensor, tensor, 0.0, std);
                var zeros = (long)Math.Ceiling(sparsity * tensor.size(0));
                for (long c = 0; c < tensor.size(1); c++) {
                    using var scope = NewDisposeScope();
                    var column = s_select.Tensor(tensor, 1, c);
                    var rows = s_narrow.Tensor(s_randperm.Tensor(tensor.size(0)), 0, 0, zeros);
                    s_indexFill.InPlace(column, column, 0, rows, 0.0);
                }
                return tensor.Share();
            }
        }
    }
}
