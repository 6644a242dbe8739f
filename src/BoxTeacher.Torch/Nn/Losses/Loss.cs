namespace TorchSharp;

/// <summary>A loss of 2 inputs, with the way it is reduced.</summary>
public abstract class Loss<T1, T2, TResult> : torch.nn.Module<T1, T2, TResult>
{
    public Loss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base("Loss") => this.reduction = reduction;

    public torch.nn.Reduction reduction { get; }
}

/// <summary>A loss of 2 inputs with weights for its elements or classes.</summary>
public abstract class WeightedLoss<T1, T2, TResult> : Loss<T1, T2, TResult>
{
    public WeightedLoss(torch.Tensor? weight = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction)
    {
        this.weight = weight;
        if (weight is not null) {
            register_buffer(nameof(weight), weight);
        }
    }

    public torch.Tensor? weight { get; private set; }
}

/// <summary>A loss of 3 inputs, with the way it is reduced.</summary>
public abstract class Loss<T1, T2, T3, TResult> : torch.nn.Module<T1, T2, T3, TResult>
{
    public Loss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base("Loss") => this.reduction = reduction;

    public torch.nn.Reduction reduction { get; }
}

/// <summary>A loss of 3 inputs with weights for its elements or classes.</summary>
public abstract class WeightedLoss<T1, T2, T3, TResult> : Loss<T1, T2, T3, TResult>
{
    public WeightedLoss(torch.Tensor? weight = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction)
    {
        this.weight = weight;
        if (weight is not null) {
            register_buffer(nameof(weight), weight);
        }
    }

    public torch.Tensor? weight { get; private set; }
}

/// <summary>A loss of 4 inputs, with the way it is reduced.</summary>
public abstract class Loss<T1, T2, T3, T4, TResult> : torch.nn.Module<T1, T2, T3, T4, TResult>
{
    public Loss(torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base("Loss") => this.reduction = reduction;

    public torch.nn.Reduction reduction { get; }
}

/// <summary>A loss of 4 inputs with weights for its elements or classes.</summary>
public abstract class WeightedLoss<T1, T2, T3, T4, TResult> : Loss<T1, T2, T3, T4, TResult>
{
    public WeightedLoss(torch.Tensor? weight = null, torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction)
    {
        this.weight = weight;
        if (weight is not null) {
            register_buffer(nameof(weight), weight);
        }
    }

    public torch.Tensor? weight { get; private set; }
}
