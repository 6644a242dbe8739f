using System;
using F = TorchSharp.torch.nn.functional;

namespace TorchSharp.Modules;

/// <summary>Distance to the positive less than to the negative, by a distance of the caller's.</summary>
public sealed class TripletMarginWithDistanceLoss : Loss<torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor>
{
    private readonly Func<torch.Tensor, torch.Tensor, torch.Tensor>? _distance;
    private readonly bool _swap;

    public TripletMarginWithDistanceLoss(Func<torch.Tensor, torch.Tensor, torch.Tensor>? distance = null, double margin = 1, bool swap = false,
        torch.nn.Reduction reduction = torch.nn.Reduction.Mean) : base(reduction)
    {
        _distance = distance;
        _swap = swap;
        this.margin = margin;
    }

    public double margin { get; }

    public override torch.Tensor forward(torch.Tensor anchor, torch.Tensor positive, torch.Tensor negative)
        => F.triplet_margin_with_distance_loss(anchor, positive, negative, _distance, margin, _swap, reduction);
}
