using BoxTeacher.Backbones;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>What CenterMask knows about a batch before any box is chosen. The tensors belong to the dispose scope of the call.</summary>
/// <param name="Pyramid">Feature maps, finest first.</param>
/// <param name="Dense">The FCOS head's outputs at every location.</param>
/// <param name="Sizes">Size of each image without padding.</param>
public sealed record CenterMaskFeatures(IReadOnlyList<Tensor> Pyramid, FcosOutputs Dense, IReadOnlyList<ImageSize> Sizes);

/// <summary>The masks of n boxes of an image. Tensors belong to the caller's dispose scope.</summary>
/// <param name="Probabilities">[n, s, s] of the boxes' own classes, over the boxes.</param>
/// <param name="Quality">[n] predicted IoU of each with its object; not squashed.</param>
public sealed record BoxMasks(Tensor Probabilities, Tensor Quality);

/// <summary>
/// CenterMask (Lee and Park, CVPR 2020) as of CenterMask2: FCOS, then a mask of each box with spatial attention, then a prediction of how
/// well that mask covers its object. Each stage is a method of its own. Parameters are named as in the published checkpoints.
/// </summary>
public sealed class CenterMask : Detector
{
    // The stream that boxes are sampled from.
    private const ulong BoxDraws = 0x524F49;

    // Coarser levels have no masks, as published.
    private const int MaskLevels = 3;

    private readonly Backbone backbone;
    private readonly ProposalGenerator proposal_generator;
    private readonly CenterRoiHeads roi_heads;
    private readonly FcosHead _head;
    private readonly CenterMaskStages _stages;
    private readonly RoiPooler _pooler;

    /// <summary>A detector of given parts.</summary>
    /// <param name="backbone">The feature pyramid, at least three levels.</param>
    /// <param name="head">The FCOS head over all its levels.</param>
    /// <param name="masks">Makes masks over its three finest levels.</param>
    /// <param name="quality">Predicts how good they are.</param>
    /// <param name="stages">What stands between the networks.</param>
    /// <exception cref="ArgumentException">The pyramid has fewer levels.</exception>
    public CenterMask(Backbone backbone, FcosHead head, RoiMaskHead masks, MaskIouHead quality, CenterMaskStages stages)
        : base(nameof(CenterMask))
    {
        if (backbone.Levels.Count < MaskLevels)
        {
            throw new ArgumentException(
                $"Masks are read from {MaskLevels} levels; this pyramid has {backbone.Levels.Count}.", nameof(backbone));
        }

        this.backbone = backbone;
        proposal_generator = new ProposalGenerator(head);
        roi_heads = new CenterRoiHeads(masks, quality);
        RegisterComponents();
        (_head, _stages) = (head, stages);
        _pooler = new RoiPooler(masks.Pooled, [.. backbone.Levels.Take(MaskLevels).Select(level => level.Stride)]);
    }

    /// <summary>The names of its losses.</summary>
    public static IReadOnlyList<string> LossNames { get; } =
        ["loss_fcos_cls", "loss_fcos_loc", "loss_fcos_ctr", "loss_mask", "loss_maskiou"];

    /// <summary>C.</summary>
    public int Classes => _head.Classes;

    /// <inheritdoc/>
    public override bool HasMasks => true;

    /// <summary>What stands between the networks.</summary>
    public CenterMaskStages Stages => _stages;

    /// <summary>The published detector over a backbone with outputs at strides 8, 16 and 32: five levels up to stride 128.</summary>
    /// <param name="bottomUp">The backbone, for instance <see cref="ResNet.Bottleneck"/>.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="channels">Channels of the pyramid and all convolutions; 256 as published.</param>
    /// <param name="hidden">Width of the mask IoU's hidden layers; 1024 as published.</param>
    /// <param name="stages">What stands between the networks; null: as published.</param>
    public static CenterMask Published(
        Backbone bottomUp, int classes, int channels = 256, int hidden = 1024, CenterMaskStages? stages = null)
    {
        var pyramid = new FeaturePyramid(bottomUp, channels, new ConvolutionTop(channels));
        return new CenterMask(
            pyramid,
            new FcosHead(pyramid.Levels, classes),
            new RoiMaskHead(channels, classes, channels: channels, attention: new SpatialAttention()),
            new MaskIouHead(channels, classes, channels: channels, hidden: hidden),
            stages ?? CenterMaskStages.Published());
    }

    /// <summary>
    /// A detector for scenes of about 128 pixels that learns from scratch on a CPU: a small trainable backbone and levels at strides 4 to
    /// 32, heads of two convolutions.
    /// </summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="stages">What stands between the networks; null: <see cref="CenterMaskStages.Small"/>.</param>
    public static CenterMask Small(int classes, CenterMaskStages? stages = null)
    {
        const int Channels = 64;
        var pyramid = new FeaturePyramid(ResNet.Small(), Channels);
        return new CenterMask(
            pyramid,
            new FcosHead(pyramid.Levels, classes, classConvolutions: 2, boxConvolutions: 2, distanceBias: 1.5),
            new RoiMaskHead(Channels, classes, convolutions: 2, channels: Channels, attention: new SpatialAttention()),
            new MaskIouHead(Channels, classes, convolutions: 2, channels: 32, hidden: 128),
            stages ?? CenterMaskStages.Small());
    }

    /// <summary>Pyramid and dense predictions of images.</summary>
    public CenterMaskFeatures Extract(ImageBatch images)
    {
        var pyramid = backbone.call(images.Images);
        return new CenterMaskFeatures(pyramid, _head.call(pyramid), images.Sizes);
    }

    /// <summary><c>loss_fcos_cls</c>, <c>loss_fcos_loc</c> and <c>loss_fcos_ctr</c>.</summary>
    /// <param name="features">The detector's view of the batch.</param>
    /// <param name="truth">Of each image.</param>
    public IReadOnlyList<LossTerm> DenseLosses(CenterMaskFeatures features, IReadOnlyList<Instances> truth)
    {
        using var scope = NewDisposeScope();
        var targets = _stages.Assigner.Assign(features.Dense.Grid, truth, features.Dense.Logits.device);
        return [.. _stages.Loss.Terms(features.Dense, targets).Select(term => term.MoveToOuterDisposeScope())];
    }

    /// <summary>
    /// Boxes of each image with scores and classes, best first, in pixels of the network's input and not clipped to it; without gradients.
    /// </summary>
    /// <param name="features">The detector's view of the batch.</param>
    /// <param name="limits">Which predictions become boxes: the decoder of training or that of inference.</param>
    public IReadOnlyList<Instances> Candidates(CenterMaskFeatures features, Func<CenterMaskStages, FcosDecoder> limits)
    {
        var device = features.Dense.Logits.device;
        return [.. limits(_stages).Decode(features.Dense).Select(image => new Instances(
            DeviceValues.Of(image.Boxes, [image.Count, 4], device),
            DeviceValues.Of(image.Classes, device),
            DeviceValues.Of(image.Scores, [image.Count], device)))];
    }

    /// <summary>The boxes that masks are learned on: candidates, and the true boxes behind them, that belong to an object.</summary>
    /// <param name="candidates">Of each image.</param>
    /// <param name="truth">Of each image.</param>
    /// <param name="step">What may be drawn from.</param>
    public RoiSamples Sample(IReadOnlyList<Instances> candidates, IReadOnlyList<Instances> truth, Step step)
    {
        using var scope = NewDisposeScope();
        var samples = _stages.Samples.Sample(
            [.. candidates.Select(image => image.Boxes)], truth, Classes, step.Random.Split(BoxDraws), step.PlaceOf);
        return samples.OfObjects().MoveToOuterDisposeScope();
    }

    /// <summary>Features of boxes, [M, channels, s / 2, s / 2], with s the side of the masks.</summary>
    /// <param name="features">The detector's view of the batch.</param>
    /// <param name="boxes">Of each image, M altogether.</param>
    public Tensor Pool(CenterMaskFeatures features, IReadOnlyList<Tensor> boxes)
    {
        using var scope = NewDisposeScope();
        var levels = _stages.LevelRule(boxes, features.Sizes, _pooler.Strides.Count);
        return _pooler.Pool(features.Pyramid, boxes, levels).MoveToOuterDisposeScope();
    }

    /// <summary>Mask logits of boxes, [M, s, s], each of its own class.</summary>
    /// <param name="pooled">As from <see cref="Pool"/>.</param>
    /// <param name="classes">[M] int64.</param>
    public Tensor MaskLogits(Tensor pooled, Tensor classes)
    {
        using var logits = roi_heads.Masks.call(pooled);
        return RoiMaskHead.OwnClass(logits, classes);
    }

    /// <summary>How well any masks cover the objects of their boxes: [M] predicted IoU, not squashed.</summary>
    /// <param name="pooled">As from <see cref="Pool"/>.</param>
    /// <param name="masks">[M, s, s] over the boxes, in [0, 1]; gradients flow back into them.</param>
    /// <param name="classes">[M] int64.</param>
    public Tensor MaskIou(Tensor pooled, Tensor masks, Tensor classes)
    {
        using var iou = roi_heads.Quality.call(new MaskIouInput(pooled, masks));
        return MaskIouHead.OwnClass(iou, classes);
    }

    /// <summary>What masks are ranked by: [M] score of the box times predicted IoU.</summary>
    /// <param name="scores">[M] of the boxes.</param>
    /// <param name="quality">[M] predicted IoU of the masks.</param>
    public static Tensor MaskScores(Tensor scores, Tensor quality) => scores * quality;

    /// <summary>What the masks of sampled boxes are to be.</summary>
    /// <param name="samples">Of the batch.</param>
    /// <param name="truth">Of each image, with masks or outlines where it has objects.</param>
    /// <exception cref="InvalidDataException">An image with samples has neither.</exception>
    public RoiMasks MaskTargets(RoiSamples samples, IReadOnlyList<Instances> truth)
    {
        using var scope = NewDisposeScope();
        var index = samples.BoxIndex.split([.. samples.Boxes.Select(boxes => boxes.size(0))]);
        var parts = samples.Boxes.Select((boxes, image) =>
            _stages.MaskTargets(truth[image], boxes, index[image], roi_heads.Masks.Size)).ToList();
        return new RoiMasks(
            cat([.. parts.Select(part => part.Targets)]), cat([.. parts.Select(part => part.Visible)])).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// <c>loss_mask</c> and <c>loss_maskiou</c> of sampled boxes. The second one's gradient flows back through the masks into the mask
    /// head.
    /// </summary>
    /// <param name="pooled">Of the samples' boxes, as from <see cref="Pool"/>.</param>
    /// <param name="classes">[M] int64.</param>
    /// <param name="targets">Of the samples.</param>
    /// <param name="weights">[M] of each mask's own loss, whose mean is over all masks; null: 1.</param>
    public IReadOnlyList<LossTerm> MaskLosses(Tensor pooled, Tensor classes, RoiMasks targets, Tensor? weights = null)
    {
        using var scope = NewDisposeScope();
        var logits = MaskLogits(pooled, classes);
        var predicted = MaskIou(pooled, logits.sigmoid(), classes);
        var iou = MaskIouLoss.Target(logits, targets.Targets, targets.Visible);
        return
        [
            RoiMaskHead.OwnLoss(logits, targets.Targets, weights).MoveToOuterDisposeScope(),
            MaskIouLoss.Term(predicted, iou).MoveToOuterDisposeScope(),
        ];
    }

    /// <summary>Masks of any boxes of each image, and their quality.</summary>
    /// <param name="features">The detector's view of the batch.</param>
    /// <param name="found">Boxes and classes of each image.</param>
    public IReadOnlyList<BoxMasks> Masks(CenterMaskFeatures features, IReadOnlyList<Instances> found)
    {
        using var scope = NewDisposeScope();
        var classes = cat([.. found.Select(image => image.Classes)]);
        var pooled = Pool(features, [.. found.Select(image => image.Boxes)]);
        var masks = MaskLogits(pooled, classes).sigmoid();
        long[] counts = [.. found.Select(image => (long)image.Count)];
        return [.. masks.split(counts).Zip(MaskIou(pooled, masks, classes).split(counts), (own, quality) =>
            new BoxMasks(own.MoveToOuterDisposeScope(), quality.MoveToOuterDisposeScope()))];
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">An image with objects has no masks.</exception>
    public override LossTerms Losses(View view, Step step)
    {
        using var scope = NewDisposeScope();
        var features = Extract(view.Images);
        var samples = Sample(Candidates(features, stages => stages.TrainingDecoder), view.Truth, step.For(view));
        return new LossTerms(
        [
            .. DenseLosses(features, view.Truth),
            .. MaskLosses(Pool(features, samples.Boxes), samples.Labels, MaskTargets(samples, view.Truth)),
        ]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var features = Extract(images);
        var found = Candidates(features, stages => stages.InferenceDecoder);
        return [.. found.Zip(Masks(features, found)).Select((image, i) => RoiDetections.Of(
            image.First, image.Second.Probabilities, images.Sizes[i], sizes?[i] ?? images.Sizes[i],
            MaskScores(image.First.Scores!, image.Second.Quality)))];
    }
}

/// <summary>The names under which published checkpoints keep the heads: <c>mask_head</c> and <c>maskiou_head</c>.</summary>
internal sealed class CenterRoiHeads : nn.Module
{
    private readonly RoiMaskHead mask_head;
    private readonly MaskIouHead maskiou_head;

    internal CenterRoiHeads(RoiMaskHead masks, MaskIouHead quality) : base(nameof(CenterRoiHeads))
    {
        (mask_head, maskiou_head) = (masks, quality);
        RegisterComponents();
    }

    public RoiMaskHead Masks => mask_head;

    public MaskIouHead Quality => maskiou_head;
}
