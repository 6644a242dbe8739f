using BoxTeacher.Layers;
using BoxTeacher.Torch;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// What a region proposal network says of a batch, level by level, finest first. Tensors belong to the caller's dispose scope.
/// </summary>
/// <param name="Logits">Each [N, A, h, w]: object or not, one logit per anchor.</param>
/// <param name="Deltas">Each [N, 4A, h, w]: dx, dy, dw, dh of an anchor stand together.</param>
/// <param name="Anchors">Each [h * w * A, 4], xyxy in pixels of the network's input; row, then column, then ratio.</param>
public sealed record RpnOutputs(IReadOnlyList<Tensor> Logits, IReadOnlyList<Tensor> Deltas, IReadOnlyList<Tensor> Anchors)
{
    /// <summary>N.</summary>
    public int Images => (int)Logits[0].size(0);

    /// <summary>Anchors of an image on all levels, L.</summary>
    public long AnchorCount => Anchors.Sum(level => level.size(0));

    /// <summary>Rows and columns of cells of each level.</summary>
    public IReadOnlyList<(long Height, long Width)> Shapes => [.. Logits.Select(level => (level.size(2), level.size(3)))];

    /// <summary>The logits of a level in the order of its anchors, [N, h * w * A].</summary>
    public Tensor LogitsOf(int level)
    {
        using var scope = NewDisposeScope();
        return Logits[level].permute(0, 2, 3, 1).flatten(1).MoveToOuterDisposeScope();
    }

    /// <summary>The deltas of a level in the order of its anchors, [N, h * w * A, 4].</summary>
    public Tensor DeltasOf(int level)
    {
        using var scope = NewDisposeScope();
        return Deltas[level].permute(0, 2, 3, 1).reshape(Images, -1, 4).MoveToOuterDisposeScope();
    }
}

/// <summary>
/// The head of a region proposal network (Ren et al. 2015, figure 3), shared by all levels: a 3x3 convolution with ReLU, then 1x1
/// convolutions to a logit and four deltas per anchor. All weights start as N(0, 0.01).
/// </summary>
public sealed class RpnHead : nn.Module<IReadOnlyList<Tensor>, (IReadOnlyList<Tensor> Logits, IReadOnlyList<Tensor> Deltas)>
{
    private readonly Convolution2d conv;
    private readonly Convolution2d objectness_logits;
    private readonly Convolution2d anchor_deltas;

    /// <summary>A head over levels of the same number of channels.</summary>
    /// <param name="channels">Channels of the pyramid and of the hidden layer.</param>
    /// <param name="anchors">Anchors per cell, A.</param>
    public RpnHead(int channels, int anchors) : base(nameof(RpnHead))
    {
        conv = Normal(channels, channels, 3);
        objectness_logits = Normal(channels, anchors, 1);
        anchor_deltas = Normal(channels, 4 * anchors, 1);
        RegisterComponents();
    }

    /// <inheritdoc/>
    public override (IReadOnlyList<Tensor> Logits, IReadOnlyList<Tensor> Deltas) forward(IReadOnlyList<Tensor> input)
    {
        var (logits, deltas) = (new Tensor[input.Count], new Tensor[input.Count]);
        foreach (var (level, features) in input.Index())
        {
            using var scope = NewDisposeScope();
            var hidden = conv.call(features).relu_();
            logits[level] = objectness_logits.call(hidden).Widened().MoveToOuterDisposeScope();
            deltas[level] = anchor_deltas.call(hidden).Widened().MoveToOuterDisposeScope();
        }

        return (logits, deltas);
    }

    private static Convolution2d Normal(int inputs, int outputs, int kernel)
    {
        var convolution = new Convolution2d(inputs, outputs, kernel);
        nn.init.normal_(convolution.Weight, 0, 0.01);
        nn.init.zeros_(convolution.Bias!);
        return convolution;
    }
}

/// <summary>The name under which published checkpoints keep the head: <c>proposal_generator.rpn_head</c>.</summary>
internal sealed class RegionProposalNetwork : nn.Module
{
    private readonly RpnHead rpn_head;

    internal RegionProposalNetwork(RpnHead head) : base(nameof(RegionProposalNetwork))
    {
        rpn_head = head;
        RegisterComponents();
    }

    internal RpnHead Head => rpn_head;
}
