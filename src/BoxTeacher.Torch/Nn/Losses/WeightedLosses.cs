using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Negative log likelihood of class numbers under log probabilities.</summary>
public sealed class NLLLoss : WeightedLoss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public NLLLoss(torch.Tensor? weight = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(weight, reduction) { }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.nll_loss(input, target, weight, reduction);
}

/// <summary>Binary cross entropy of probabilities.</summary>
public sealed class BCELoss : WeightedLoss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public BCELoss(torch.Tensor? weight = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(weight, reduction) { }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.binary_cross_entropy(input, target, weight, reduction);
}

/// <summary>Mean binary cross entropy over classes.</summary>
public sealed class MultiLabelSoftMarginLoss : WeightedLoss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public MultiLabelSoftMarginLoss(torch.Tensor? weight = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(weight, reduction) { }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.multilabel_soft_margin_loss(input, target, weight, reduction);
}

/// <summary>Binary cross entropy of logits.</summary>
public sealed class BCEWithLogitsLoss : WeightedLoss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public BCEWithLogitsLoss(torch.Tensor? weight = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean, torch.Tensor? pos_weights = null) : base(weight, reduction)
    {
        this.pos_weights = pos_weights;
        if (pos_weights is not null) {
            register_buffer(nameof(pos_weights), pos_weights);
        }
    }

    public torch.Tensor? pos_weights { get; private set; }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.binary_cross_entropy_with_logits(input, target, weight, reduction, pos_weights);
}

/// <summary>Cross entropy of logits [N, C, ...] and class numbers or probabilities.</summary>
public sealed class CrossEntropyLoss : WeightedLoss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public CrossEntropyLoss(torch.Tensor? weight = null, long? ignore_index = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean, double label_smoothing = 0)
        : base(weight, reduction)
    {
        this.ignore_index = ignore_index;
        this.label_smoothing = label_smoothing;
    }

    public long? ignore_index { get; }
    public double label_smoothing { get; }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.cross_entropy(input, target, weight, ignore_index ?? -100, reduction, label_smoothing);
}

/// <summary>Hinge loss over classes.</summary>
public sealed class MultiMarginLoss : WeightedLoss<torch.Tensor, torch.Tensor, torch.Tensor>
{
    public MultiMarginLoss(int p = 1, double margin = 1, torch.Tensor? weight = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(weight, reduction)
    {
        this.p = p;
        this.margin = margin;
    }

    public int p { get; }
    public double margin { get; }

    public override torch.Tensor forward(torch.Tensor input, torch.Tensor target) => F.multi_margin_loss(input, target, p, margin, weight, reduction);
}
