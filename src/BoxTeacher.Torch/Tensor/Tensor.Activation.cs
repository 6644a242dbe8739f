using BoxTeacher.Torch.Interop;

namespace TorchSharp;

public static partial class torch
{
    /// <content>Activation functions.</content>
    public partial class Tensor
    {
        private static readonly Operator s_celu = new("celu");
        public Tensor celu() => s_celu.Tensor(this);
        public Tensor celu(Scalar alpha) => s_celu.Tensor(this, alpha);
        private static readonly Operator s_celuInPlace = new("celu_");
        public Tensor celu_() => s_celuInPlace.InPlace(this, this);
        public Tensor celu_(Scalar alpha) => s_celuInPlace.InPlace(this, this, alpha);

        private static readonly Operator s_elu = new("elu");
        public Tensor elu(Scalar alpha, Scalar scale, Scalar input_scale) => s_elu.Tensor(this, alpha, scale, input_scale);
        public Tensor elu(double alpha = 1) => s_elu.Tensor(this, alpha);
        private static readonly Operator s_eluInPlace = new("elu_");
        public Tensor elu_(Scalar alpha, Scalar scale, Scalar input_scale) => s_eluInPlace.InPlace(this, this, alpha, scale, input_scale);
        public Tensor elu_(double alpha = 1) => s_eluInPlace.InPlace(this, this, alpha);

        private static readonly Operator s_gelu = new("gelu");
        public Tensor gelu() => s_gelu.Tensor(this);
        private static readonly Operator s_geluInPlace = new("gelu_");
        public Tensor gelu_() => s_geluInPlace.InPlace(this, this);

        private static readonly Operator s_glu = new("glu");
        public Tensor glu(long dim = -1) => s_glu.Tensor(this, dim);

        private static readonly Operator s_hardsigmoid = new("hardsigmoid");
        public Tensor hardsigmoid() => s_hardsigmoid.Tensor(this);
        private static readonly Operator s_hardsigmoidInPlace = new("hardsigmoid_");
        public Tensor hardsigmoid_() => s_hardsigmoidInPlace.InPlace(this, this);

        private static readonly Operator s_hardswish = new("hardswish");
        public Tensor hardswish() => s_hardswish.Tensor(this);
        private static readonly Operator s_hardswishInPlace = new("hardswish_");
        public Tensor hardswish_() => s_hardswishInPlace.InPlace(this, this);

        private static readonly Operator s_hardtanh = new("hardtanh");
        public Tensor hardtanh(Scalar min, Scalar max) => s_hardtanh.Tensor(this, min, max);
        private static readonly Operator s_hardtanhInPlace = new("hardtanh_");
        public Tensor hardtanh_(Scalar min, Scalar max) => s_hardtanhInPlace.InPlace(this, this, min, max);

        private static readonly Operator s_leakyRelu = new("leaky_relu");
        public Tensor leaky_relu(Scalar negative_slope) => s_leakyRelu.Tensor(this, negative_slope);
        private static readonly Operator s_leakyReluInPlace = new("leaky_relu_");
        public Tensor leaky_relu_(Scalar negative_slope) => s_leakyReluInPlace.InPlace(this, this, negative_slope);

        private static readonly Operator s_logSigmoid = new("log_sigmoid");
        public Tensor log_sigmoid() => s_logSigmoid.Tensor(this);

        private static readonly Operator s_logSoftmaxInt = new("log_softmax", "int");
        public Tensor log_softmax(long dim, ScalarType? dtype = null) => s_logSoftmaxInt.Tensor(this, dim, dtype);

        private static readonly Operator s_prelu = new("prelu");
        public Tensor prelu(Tensor target) => s_prelu.Tensor(this, target);

        private static readonly Operator s_relu = new("relu");
        public Tensor relu() => s_relu.Tensor(this);
        private static readonly Operator s_reluInPlace = new("relu_");
        public Tensor relu_() => s_reluInPlace.InPlace(this, this);

        private static readonly Operator s_relu6 = new("relu6");
        public Tensor relu6() => s_relu6.Tensor(this);
        private static readonly Operator s_relu6InPlace = new("relu6_");
        public Tensor relu6_() => s_relu6InPlace.InPlace(this, this);

        private static readonly Operator s_rrelu = new("rrelu");
        public Tensor rrelu(double lower = 0.125, double upper = 1.0 / 3) => s_rrelu.Tensor(this, lower, upper);
        private static readonly Operator s_rreluInPlace = new("rrelu_");
        public Tensor rrelu_(double lower = 0.125, double upper = 1.0 / 3) => s_rreluInPlace.InPlace(this, this, lower, upper);

        private static readonly Operator s_selu = new("selu");
        public Tensor selu() => s_selu.Tensor(this);
        private static readonly Operator s_seluInPlace = new("selu_");
        public Tensor selu_() => s_seluInPlace.InPlace(this, this);

        private static readonly Operator s_sigmoid = new("sigmoid");
        public Tensor sigmoid() => s_sigmoid.Tensor(this);
        private static readonly Operator s_sigmoidInPlace = new("sigmoid_");
        public Tensor sigmoid_() => s_sigmoidInPlace.InPlace(this, this);

        private static readonly Operator s_silu = new("silu");
        public Tensor silu() => s_silu.Tensor(this);
        private static readonly Operator s_siluInPlace = new("silu_");
        public Tensor silu_() => s_siluInPlace.InPlace(this, this);

        private static readonly Operator s_softmaxInt = new("softmax", "int");
        public Tensor softmax(long dim, ScalarType? dtype = null) => s_softmaxInt.Tensor(this, dim, dtype);

        private static readonly Operator s_softplus = new("softplus");
        public Tensor softplus(double beta = 1, double threshold = 20) => s_softplus.Tensor(this, beta, threshold);

        private static readonly Operator s_threshold = new("threshold");
        public Tensor threshold(Scalar threshold, Scalar value) => s_threshold.Tensor(this, threshold, value);
        private static readonly Operator s_thresholdInPlace = new("threshold_");
        public Tensor threshold_(Scalar threshold, Scalar value) => s_thresholdInPlace.InPlace(this, this, threshold, value);
    }
}
