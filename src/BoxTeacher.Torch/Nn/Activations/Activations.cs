using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>max(0, x).</summary>
public sealed class ReLU : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal ReLU(bool inplace) : base(nameof(ReLU)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.relu(tensor, inplace);
}

/// <summary>min(max(0, x), 6).</summary>
public sealed class ReLU6 : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal ReLU6(bool inplace) : base(nameof(ReLU6)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.relu6(tensor, inplace);
}

/// <summary>Scaled exponential linear unit.</summary>
public sealed class SELU : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal SELU(bool inplace) : base(nameof(SELU)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.selu(tensor, inplace);
}

/// <summary>Piecewise linear sigmoid.</summary>
public sealed class Hardsigmoid : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Hardsigmoid(bool inplace) : base(nameof(Hardsigmoid)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.hardsigmoid(tensor, inplace);
}

/// <summary>x hardsigmoid(x).</summary>
public sealed class Hardswish : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Hardswish(bool inplace) : base(nameof(Hardswish)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.hardswish(tensor, inplace);
}

/// <summary>x sigmoid(x).</summary>
public sealed class SiLU : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal SiLU(bool inplace) : base(nameof(SiLU)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.silu(tensor, inplace);
}

/// <summary>x tanh(softplus(x)).</summary>
public sealed class Mish : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Mish(bool inplace) : base(nameof(Mish)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.mish(tensor, inplace);
}

/// <summary>1 / (1 + exp(-x)).</summary>
public sealed class Sigmoid : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Sigmoid(bool inplace) : base(nameof(Sigmoid)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.sigmoid(tensor, inplace);
}

/// <summary>Hyperbolic tangent.</summary>
public sealed class Tanh : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Tanh(bool inplace) : base(nameof(Tanh)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.tanh(tensor, inplace);
}

/// <summary>x / (1 + |x|).</summary>
public sealed class Softsign : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Softsign(bool inplace) : base(nameof(Softsign)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.softsign(tensor, inplace);
}

/// <summary>x - tanh(x).</summary>
public sealed class Tanhshrink : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Tanhshrink(bool inplace) : base(nameof(Tanhshrink)) => this.inplace = inplace;

    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.tanhshrink(tensor, inplace);
}

/// <summary>Continuously differentiable exponential linear unit.</summary>
public sealed class CELU : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal CELU(double alpha, bool inplace) : base(nameof(CELU))
    {
        this.alpha = alpha;
        this.inplace = inplace;
    }

    public double alpha { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.celu(tensor, alpha, inplace);
}

/// <summary>Exponential linear unit.</summary>
public sealed class ELU : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal ELU(double alpha, bool inplace) : base(nameof(ELU))
    {
        this.alpha = alpha;
        this.inplace = inplace;
    }

    public double alpha { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.elu(tensor, alpha, inplace);
}

/// <summary>x, or its multiple where it is negative.</summary>
public sealed class LeakyReLU : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal LeakyReLU(double negative_slope, bool inplace) : base(nameof(LeakyReLU))
    {
        this.negative_slope = negative_slope;
        this.inplace = inplace;
    }

    public double negative_slope { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.leaky_relu(tensor, negative_slope, inplace);
}

/// <summary>x cut off at both ends.</summary>
public sealed class Hardtanh : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Hardtanh(double min_val, double max_val, bool inplace) : base(nameof(Hardtanh))
    {
        this.min_val = min_val;
        this.max_val = max_val;
        this.inplace = inplace;
    }

    public double min_val { get; set; }
    public double max_val { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.hardtanh(tensor, min_val, max_val, inplace);
}

/// <summary>x where it exceeds the threshold, else the value.</summary>
public sealed class Threshold : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Threshold(double threshold, double value, bool inplace) : base(nameof(Threshold))
    {
        this.threshold = threshold;
        this.value = value;
        this.inplace = inplace;
    }

    public double threshold { get; set; }
    public double value { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.threshold(tensor, threshold, value, inplace);
}

/// <summary>Leaky ReLU with a random slope in training.</summary>
public sealed class RReLU : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal RReLU(double lower, double upper, bool inplace) : base(nameof(RReLU))
    {
        this.lower = lower;
        this.upper = upper;
        this.inplace = inplace;
    }

    public double lower { get; set; }
    public double upper { get; set; }
    public bool inplace { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.rrelu(tensor, lower, upper, training, inplace);
}

/// <summary>log(1 + exp(beta x)) / beta.</summary>
public sealed class Softplus : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Softplus(double beta, double threshold) : base(nameof(Softplus))
    {
        this.beta = beta;
        this.threshold = threshold;
    }

    public double beta { get; set; }
    public double threshold { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.softplus(tensor, beta, threshold);
}

/// <summary>x outside [-lambda, lambda], else 0.</summary>
public sealed class Hardshrink : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Hardshrink(double lambda) : base(nameof(Hardshrink)) => this.lambda = lambda;

    public double lambda { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.hardshrink(tensor, lambda);
}

/// <summary>x moved towards 0 by lambda.</summary>
public sealed class Softshrink : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal Softshrink(double lambda) : base(nameof(Softshrink)) => this.lambda = lambda;

    public double lambda { get; set; }

    public override torch.Tensor forward(torch.Tensor tensor) => F.softshrink(tensor, lambda);
}

/// <summary>log(sigmoid(x)).</summary>
public sealed class LogSigmoid : ParameterLessModule<torch.Tensor, torch.Tensor>
{
    internal LogSigmoid() : base(nameof(LogSigmoid)) { }

    public override torch.Tensor forward(torch.Tensor tensor) => F.logsigmoid(tensor);
}
