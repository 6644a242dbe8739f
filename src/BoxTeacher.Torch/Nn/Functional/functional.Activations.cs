using System;
using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>Functions of PyTorch's torch.nn.functional.</summary>
        public static partial class functional
        {
            private static readonly Operator s_relu = new("relu");
            private static readonly Operator s_reluInPlace = new("relu_");
            private static readonly Operator s_sigmoid = new("sigmoid");
            private static readonly Operator s_sigmoidInPlace = new("sigmoid_");
            private static readonly Operator s_tanh = new("tanh");
            private static readonly Operator s_tanhInPlace = new("tanh_");
            private static readonly Operator s_selu = new("selu");
            private static readonly Operator s_seluInPlace = new("selu_");
            private static readonly Operator s_silu = new("silu");
            private static readonly Operator s_siluInPlace = new("silu_");
            private static readonly Operator s_mish = new("mish");
            private static readonly Operator s_mishInPlace = new("mish_");
            private static readonly Operator s_hardswish = new("hardswish");
            private static readonly Operator s_hardswishInPlace = new("hardswish_");
            private static readonly Operator s_hardsigmoid = new("hardsigmoid");
            private static readonly Operator s_hardsigmoidInPlace = new("hardsigmoid_");
            private static readonly Operator s_gelu = new("gelu");
            private static readonly Operator s_geluInPlace = new("gelu_");
            private static readonly Operator s_celu = new("celu");
            private static readonly Operator s_celuInPlace = new("celu_");
            private static readonly Operator s_elu = new("elu");
            private static readonly Operator s_eluInPlace = new("elu_");
            private static readonly Operator s_leakyRelu = new("leaky_relu");
            private static readonly Operator s_leakyReluInPlace = new("leaky_relu_");
            private static readonly Operator s_hardtanh = new("hardtanh");
            private static readonly Operator s_hardtanhInPlace = new("hardtanh_");
            private static readonly Operator s_threshold = new("threshold");
            private static readonly Operator s_thresholdInPlace = new("threshold_");
            private static readonly Operator s_rrelu = new("rrelu");
            private static readonly Operator s_rreluInPlace = new("rrelu_");
            private static readonly Operator s_softmax = new("softmax", "int");
            private static readonly Operator s_logSoftmax = new("log_softmax", "int");
            private static readonly Operator s_softplus = new("softplus");
            private static readonly Operator s_prelu = new("prelu");
            private static readonly Operator s_glu = new("glu");
            private static readonly Operator s_hardshrink = new("hardshrink");
            private static readonly Operator s_softshrink = new("softshrink");
            private static readonly Operator s_logSigmoid = new("log_sigmoid");
            private static readonly Operator s_abs = new("abs");
            private static readonly Operator s_addScalar = new("add", "Scalar");
            private static readonly Operator s_div = new("div", "Tensor");
            private static readonly Operator s_sub = new("sub", "Tensor");
            private static readonly Operator s_neg = new("neg");
            private static readonly Operator s_divInPlace = new("div_", "Tensor");
            private static readonly Operator s_subInPlace = new("sub_", "Tensor");

            /// <summary>Runs an operator, or its form that changes <paramref name="x"/>; then the result is a fresh alias of it.</summary>
            private static Tensor Apply(Operator op, Operator inPlaceOp, bool inplace, Tensor x, params ReadOnlySpan<Value> args)
                => inplace ? inPlaceOp.InPlace(x, args).Share() : op.Tensor(args);

            public static Tensor relu(Tensor x, bool inplace = false) => Apply(s_relu, s_reluInPlace, inplace, x, x);
            public static Tensor relu6(Tensor x, bool inplace = false) => hardtanh(x, 0, 6, inplace);
            public static Tensor sigmoid(Tensor x) => s_sigmoid.Tensor(x);
            public static Tensor sigmoid(Tensor x, bool inplace) => Apply(s_sigmoid, s_sigmoidInPlace, inplace, x, x);
            public static Tensor tanh(Tensor x, bool inplace = false) => Apply(s_tanh, s_tanhInPlace, inplace, x, x);
            public static Tensor selu(Tensor x, bool inplace = false) => Apply(s_selu, s_seluInPlace, inplace, x, x);
            public static Tensor silu(Tensor x, bool inplace = false) => Apply(s_silu, s_siluInPlace, inplace, x, x);
            public static Tensor SiLU(Tensor x, bool inplace = false) => silu(x, inplace);
            public static Tensor mish(Tensor x, bool inplace = false) => Apply(s_mish, s_mishInPlace, inplace, x, x);
            public static Tensor Mish(Tensor x) => mish(x);
            public static Tensor hardswish(Tensor input, bool inplace = false) => Apply(s_hardswish, s_hardswishInPlace, inplace, input, input);
            public static Tensor hardsigmoid(Tensor input, bool inplace = false) => Apply(s_hardsigmoid, s_hardsigmoidInPlace, inplace, input, input);
            public static Tensor gelu(Tensor x) => s_gelu.Tensor(x);
            public static Tensor gelu(Tensor x, bool inplace) => Apply(s_gelu, s_geluInPlace, inplace, x, x);
            public static Tensor gelu(Tensor x, Modules.GELU.Approximate approximate, bool inplace = false)
                => Apply(s_gelu, s_geluInPlace, inplace, x, x, approximate == Modules.GELU.Approximate.tanh ? "tanh" : "none");
            public static Tensor celu(Tensor x, double alpha, bool inplace = false) => Apply(s_celu, s_celuInPlace, inplace, x, x, alpha);
            public static Tensor elu(Tensor x, double alpha, bool inplace = false) => Apply(s_elu, s_eluInPlace, inplace, x, x, alpha);
            public static Tensor leaky_relu(Tensor input, double negative_slope = 0.01, bool inplace = false)
                => Apply(s_leakyRelu, s_leakyReluInPlace, inplace, input, input, negative_slope);
            public static Tensor hardtanh(Tensor x, double min_val = -1, double max_val = 1, bool inplace = false)
                => Apply(s_hardtanh, s_hardtanhInPlace, inplace, x, x, min_val, max_val);
            public static Tensor Hardtanh(Tensor x, double min_val = -1, double max_val = 1, bool inplace = false) => hardtanh(x, min_val, max_val, inplace);
            public static Tensor threshold(Tensor x, double threshold, double value, bool inplace = false)
                => Apply(s_threshold, s_thresholdInPlace, inplace, x, x, threshold, value);
            public static Tensor Threshold(Tensor x, double threshold, double value, bool inplace = false)
                => Apply(s_threshold, s_thresholdInPlace, inplace, x, x, threshold, value);

            /// <summary>With the mean slope, as in evaluation.</summary>
            public static Tensor rrelu(Tensor x, double lower = 1.0 / 8.0, double upper = 1.0 / 3.0, bool inplace = false)
                => Apply(s_rrelu, s_rreluInPlace, inplace, x, x, lower, upper, false);

            internal static Tensor rrelu(Tensor x, double lower, double upper, bool training, bool inplace)
                => Apply(s_rrelu, s_rreluInPlace, inplace, x, x, lower, upper, training);

            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20) => s_softplus.Tensor(x, beta, threshold);
            public static Tensor prelu(Tensor input, Tensor weight) => s_prelu.Tensor(input, weight);
            public static Tensor glu(Tensor input, long dim = -1) => s_glu.Tensor(input, dim);
            public static Tensor hardshrink(Tensor x, double lambda = 0.5) => s_hardshrink.Tensor(x, lambda);
            public static Tensor Hardshrink(Tensor x, double lambda = 0.5) => hardshrink(x, lambda);
            public static Tensor softshrink(Tensor x, double lambda = 0.5) => s_softshrink.Tensor(x, lambda);
            public static Tensor Softshrink(Tensor x, double lambda = 0.5) => softshrink(x, lambda);
            public static Tensor logsigmoid(Tensor x) => s_logSigmoid.Tensor(x);

            public static Tensor softsign(Tensor x, bool inplace = false)
            {
                using var magnitude = s_abs.Tensor(x);
                using var denominator = s_addScalar.Tensor(magnitude, 1);
                return inplace ? s_divInPlace.InPlace(x, x, denominator).Share() : s_div.Tensor(x, denominator);
            }

            public static Tensor Softsign(Tensor x) => softsign(x);

            public static Tensor tanhshrink(Tensor x, bool inplace = false)
            {
                using var t = s_tanh.Tensor(x);
                return inplace ? s_subInPlace.InPlace(x, x, t).Share() : s_sub.Tensor(x, t);
            }

            public static Tensor Tanhshrink(Tensor x) => tanhshrink(x);

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => s_softmax.Tensor(input, dim, dtype);
            public static Tensor log_softmax(Tensor x, long dim) => s_logSoftmax.Tensor(x, dim);

            /// <summary>Softmax over the channels of [N, C, H, W] or [C, H, W].</summary>
            public static Tensor softmax2d(Tensor x) => softmax(x, -3);

            public static Tensor softmin(Tensor x, long dim)
            {
                using var negated = s_neg.Tensor(x);
                return softmax(negated, dim);
            }
        }
    }
}
