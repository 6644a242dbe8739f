using BoxTeacher.Losses;
using BoxTeacher.Structures;
using BoxTeacher.Torch;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// The second stage of Faster R-CNN (Lin et al. 2017, section 4.2), on the pooled features of any boxes: two fully connected layers with
/// ReLU, then logits of all classes and moves of each. Named <c>box_head.fc1</c>, <c>box_head.fc2</c>, <c>box_predictor.cls_score</c>,
/// <c>box_predictor.bbox_pred</c>, and <c>mask_head</c> where there is one.
/// </summary>
public sealed class RoiHeads : nn.Module<Tensor, BoxOutputs>
{
    private readonly BoxHead box_head;
    private readonly BoxPredictor box_predictor;
    private readonly RoiMaskHead? mask_head;

    /// <summary>Heads over pooled features of one size.</summary>
    /// <param name="channels">Channels of the pyramid.</param>
    /// <param name="classes">Number of classes, C.</param>
    /// <param name="hidden">Width of the two layers; 1024 as published.</param>
    /// <param name="pooled">Bins per side of the pooled features; 7 as published.</param>
    /// <param name="classAgnostic">One move for all classes instead of one for each.</param>
    /// <param name="maskHead">Makes masks; null: there are none.</param>
    public RoiHeads(
        int channels, int classes, int hidden = 1024, int pooled = 7, bool classAgnostic = false, RoiMaskHead? maskHead = null)
        : base(nameof(RoiHeads))
    {
        box_head = new BoxHead(channels * pooled * pooled, hidden);
        box_predictor = new BoxPredictor(hidden, classes, classAgnostic ? 1 : classes);
        mask_head = maskHead;
        (Classes, Pooled) = (classes, pooled);
        RegisterComponents();
    }

    /// <summary>C.</summary>
    public int Classes { get; }

    /// <summary>Bins per side of the pooled features.</summary>
    public int Pooled { get; }

    /// <summary>The mask head, or null.</summary>
    public RoiMaskHead? MaskHead => mask_head;

    /// <inheritdoc/>
    /// <param name="input">[M, channels, pooled, pooled].</param>
    public override BoxOutputs forward(Tensor input)
    {
        using var features = box_head.call(input);
        return box_predictor.call(features);
    }
}

/// <summary>Two fully connected layers with ReLU; Xavier-uniform weights.</summary>
internal sealed class BoxHead : nn.Module<Tensor, Tensor>
{
    private readonly Linear fc1;
    private readonly Linear fc2;

    internal BoxHead(int inputs, int hidden) : base(nameof(BoxHead))
    {
        fc1 = Xavier(inputs, hidden);
        fc2 = Xavier(hidden, hidden);
        RegisterComponents();
    }

    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return fc2.call(fc1.call(input.flatten(1)).relu_()).relu_().MoveToOuterDisposeScope();
    }

    private static Linear Xavier(int inputs, int outputs)
    {
        var layer = nn.Linear(inputs, outputs);
        nn.init.xavier_uniform_(layer.weight);
        nn.init.zeros_(layer.bias!);
        return layer;
    }
}

/// <summary>Logits N(0, 0.01) and moves N(0, 0.001).</summary>
internal sealed class BoxPredictor : nn.Module<Tensor, BoxOutputs>
{
    private readonly Linear cls_score;
    private readonly Linear bbox_pred;

    internal BoxPredictor(int inputs, int classes, int boxes) : base(nameof(BoxPredictor))
    {
        cls_score = Normal(inputs, classes + 1, 0.01);
        bbox_pred = Normal(inputs, 4 * boxes, 0.001);
        RegisterComponents();
    }

    public override BoxOutputs forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        return new BoxOutputs(
            cls_score.call(input).Widened().MoveToOuterDisposeScope(), bbox_pred.call(input).Widened().MoveToOuterDisposeScope());
    }

    private static Linear Normal(int inputs, int outputs, double deviation)
    {
        var layer = nn.Linear(inputs, outputs);
        nn.init.normal_(layer.weight, 0, deviation);
        nn.init.zeros_(layer.bias!);
        return layer;
    }
}

/// <summary>The losses of the second stage (Girshick 2015, equation 1).</summary>
/// <param name="loss">Of the class of a sample; null: cross entropy.</param>
/// <param name="beta">Of the smooth L1 loss of moves; 0, as published with mmdetection and detectron2: L1.</param>
public sealed class RoiLoss(SoftmaxLoss? loss = null, double beta = 0)
{
    private readonly SoftmaxLoss _loss = loss ?? SoftmaxLosses.CrossEntropy;

    /// <summary>The class loss of each sample alone, for those who weigh samples in their own way.</summary>
    public SoftmaxLoss OfSample => _loss;

    /// <summary><c>loss_cls</c>: the weighted losses of the samples, divided by the number of those that have a weight.</summary>
    /// <param name="logits">[M, C + 1].</param>
    /// <param name="labels">[M] int64.</param>
    /// <param name="weights">[M], not negative; null: 1.</param>
    public LossTerm Class(Tensor logits, Tensor labels, Tensor? weights = null)
    {
        using var scope = NewDisposeScope();
        var counted = weights is null
            ? full([], labels.size(0), logits.dtype, logits.device)
            : (weights > 0).sum().to(logits.dtype);
        return new LossTerm("loss_cls", _loss.Sum(logits, labels, weights), counted).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>loss_bbox</c>: of the moves of the positives' own classes, divided by the number of all samples. Without positives 0, with a
    /// gradient of zeros.
    /// </summary>
    /// <param name="deltas">[M, 4C], or [M, 4] of all classes alike.</param>
    /// <param name="labels">[M] int64, at least <paramref name="classes"/> for background.</param>
    /// <param name="targets">[M, 4]; read of positives alone.</param>
    /// <param name="classes">C.</param>
    /// <param name="weights">[M, 4], not negative; null: 1.</param>
    /// <param name="positives">The rows of positives, [k] int64; null: the host waits for their number.</param>
    public LossTerm Box(Tensor deltas, Tensor labels, Tensor targets, int classes, Tensor? weights = null, Tensor? positives = null)
    {
        using var scope = NewDisposeScope();
        var rows = positives ?? HostValues.Rows(labels < classes);
        var own = OwnDeltas(deltas.index_select(0, rows), labels.index_select(0, rows));
        var sum = DeltaLoss.Sum(own, targets.index_select(0, rows), beta, weights?.index_select(0, rows));
        return new LossTerm("loss_bbox", sum, labels.size(0)).MoveToOuterDisposeScope();
    }

    /// <summary>The moves of one class for each box.</summary>
    /// <param name="deltas">[n, 4C], or [n, 4] of all classes alike.</param>
    /// <param name="classes">[n] int64.</param>
    /// <returns>[n, 4].</returns>
    internal static Tensor OwnDeltas(Tensor deltas, Tensor classes)
    {
        using var scope = NewDisposeScope();
        if (deltas.size(1) == 4)
        {
            return deltas.alias().MoveToOuterDisposeScope();
        }

        var index = classes.view(-1, 1, 1).expand(-1, 1, 4);
        return deltas.view(deltas.size(0), deltas.size(1) / 4, 4).gather(1, index).squeeze(1).MoveToOuterDisposeScope();
    }
}
