using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>|input - target|.</summary>
public sealed class L1Loss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public L1Loss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction) { }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.l1_loss(input, target, reduction);
}

/// <summary>(input - target)^2.</summary>
public sealed class MSELoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public MSELoss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction) { }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.mse_loss(input, target, reduction);
}

/// <summary>Quadratic below beta, linear above (Girshick 2015).</summary>
public sealed class SmoothL1Loss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public SmoothL1Loss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean, double beta = 1) : base(reduction) => this.beta = beta;

    public double beta { get; }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.smooth_l1_loss(input, target, reduction, beta);
}

/// <summary>Quadratic below delta, linear above (Huber 1964).</summary>
public sealed class HuberLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public HuberLoss(double delta = 1, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction) => this.delta = delta;

    public double delta { get; }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.huber_loss(input, target, delta, reduction);
}

/// <summary>Kullback-Leibler divergence; the target is in logarithms unless said otherwise.</summary>
public sealed class KLDivLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public KLDivLoss(bool log_target = true, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction) => this.log_target = log_target;

    public bool log_target { get; }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.kl_div(input, target, log_target, reduction);
}

/// <summary>Negative log likelihood of a Poisson distribution.</summary>
public sealed class PoissonNLLLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public PoissonNLLLoss(bool log_input = true, bool full = false, float eps = 1e-08f, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction)
    {
        this.log_input = log_input;
        this.full = full;
        this.eps = eps;
    }

    public bool log_input { get; }
    public bool full { get; }
    public float eps { get; }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.poisson_nll_loss(input, target, log_input, full, eps, reduction);
}

/// <summary>Negative log likelihood of a normal distribution.</summary>
public sealed class GaussianNLLLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor>
{
    public GaussianNLLLoss(bool full = false, float eps = 1e-08f, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction)
    {
        this.full = full;
        this.eps = eps;
    }

    public bool full { get; }
    public float eps { get; }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target, torch.Tensor variance) => F.gaussian_nll_loss(input, target, variance, full, eps, reduction);
}

/// <summary>Distances of pairs marked by 1 or -1.</summary>
public sealed class HingeEmbeddingLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public HingeEmbeddingLoss(double margin = 0, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction) => this.margin = margin;

    public double margin { get; }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.hinge_embedding_loss(input, target, margin, reduction);
}

/// <summary>log(1 + exp(-target input)).</summary>
public sealed class SoftMarginLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public SoftMarginLoss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction) { }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.soft_margin_loss(input, target, reduction);
}

/// <summary>Margins between the classes of a sample and all others.</summary>
public sealed class MultiLabelMarginLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public MultiLabelMarginLoss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction) { }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.multi_label_margin_loss(input, target, reduction);
}

/// <summary>Angles of pairs marked by 1 or -1.</summary>
public sealed class CosineEmbeddingLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor>
{
    public CosineEmbeddingLoss(double margin = 0, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction) => this.margin = margin;

    public double margin { get; }

    public override torch.Tensor forward(torch.Tensor input1, torch.Tensor input2, torch.Tensor target) => F.cosine_embedding_loss(input1, input2, target, margin, reduction);
}

/// <summary>Which of two is the larger one.</summary>
public sealed class MarginRankingLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor>
{
    public MarginRankingLoss(double margin = 0, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction) => this.margin = margin;

    public double margin { get; }

    public override torch.Tensor forward(torch.Tensor input1, torch.Tensor input2, torch.Tensor target) => F.margin_ranking_loss(input1, input2, target, margin, reduction);
}

/// <summary>Distance to the positive less than to the negative.</summary>
public sealed class TripletMarginLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor>
{
    private readonly double _eps;
    private readonly bool _swap;

    public TripletMarginLoss(double margin = 1, long p = 2, double eps = 1e-06, bool swap = false, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction)
    {
        this.margin = margin;
        this.p = p;
        _eps = eps;
        _swap = swap;
    }

    public double margin { get; }
    public long p { get; }

    public override torch.Tensor forward(torch.Tensor anchor, torch.Tensor positive, torch.Tensor negative) => F.triplet_margin_loss(anchor, positive, negative, margin, p, _eps, _swap, reduction);
}

/// <summary>Connectionist temporal classification (Graves et al. 2006).</summary>
public sealed class CTCLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor>
{
    public CTCLoss(long blank = 0, bool zero_infinity = false, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction)
    {
        this.blank = blank;
        this.zero_infinity = zero_infinity;
    }

    public long blank { get; }
    public bool zero_infinity { get; }

    public override torch.Tensor forward(torch.Tensor log_probs, torch.Tensor targets, torch.Tensor input_lengths, torch.Tensor target_lengths) => F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, zero_infinity, reduction);
}
