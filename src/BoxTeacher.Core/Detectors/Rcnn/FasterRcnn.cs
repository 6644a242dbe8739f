using BoxTeacher.Backbones;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>
/// Faster R-CNN over a feature pyramid (Ren et al. 2015; Lin et al. 2017), as explicit stages. With a mask head it is Mask R-CNN (He et al.
/// 2017). Parameters are named as in detectron2's checkpoints.
/// </summary>
public sealed class FasterRcnn : Detector
{
    // Streams of the two stages.
    private const ulong AnchorDraws = 0x52504E;
    private const ulong ProposalDraws = 0x524F49;

    private readonly Backbone backbone;
    private readonly RegionProposalNetwork proposal_generator;
    private readonly RoiHeads roi_heads;
    private readonly Anchors _anchors;
    private readonly RcnnStages _stages;
    private readonly RoiPooler _pooler;
    private readonly RoiPooler? _maskPooler;

    /// <summary>A detector of given parts.</summary>
    /// <param name="backbone">The feature pyramid.</param>
    /// <param name="anchors">The anchors of all its levels.</param>
    /// <param name="heads">The second stage, over all levels but the one on top.</param>
    /// <param name="stages">What stands between the networks.</param>
    /// <exception cref="ArgumentException">Anchors and pyramid differ in their number of levels.</exception>
    public FasterRcnn(Backbone backbone, Anchors anchors, RoiHeads heads, RcnnStages stages)
        : base(nameof(FasterRcnn))
    {
        if (anchors.Levels != backbone.Levels.Count)
        {
            throw new ArgumentException($"{backbone.Levels.Count} levels need as many strides of anchors, not {anchors.Levels}.", nameof(anchors));
        }

        this.backbone = backbone;
        proposal_generator = new RegionProposalNetwork(new RpnHead(backbone.Levels[0].Channels, anchors.PerCell));
        roi_heads = heads;
        (_anchors, _stages) = (anchors, stages);
        _pooler = new RoiPooler(heads.Pooled, [.. backbone.Levels.SkipLast(1).Select(level => level.Stride)]);
        _maskPooler = heads.MaskHead is { } maskHead ? _pooler with { Size = maskHead.Pooled } : null;
        RegisterComponents();
    }

    /// <summary>C.</summary>
    public int Classes => roi_heads.Classes;

    /// <inheritdoc/>
    public override bool HasMasks => _maskPooler is not null;

    /// <summary>Limits of training: 2000 and 1000 as published.</summary>
    public ProposalLimits TrainingLimits => _stages.TrainingLimits;

    /// <summary>Limits of inference: 1000 and 1000 as published.</summary>
    public ProposalLimits InferenceLimits => _stages.InferenceLimits;

    /// <summary>What stands between the networks.</summary>
    public RcnnStages Stages => _stages;

    /// <summary>The published detector over a backbone with outputs at strides 4, 8, 16 and 32: five levels up to stride 64.</summary>
    /// <param name="bottomUp">The backbone, for instance <see cref="ResNet.Bottleneck"/> with four outputs.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="channels">Channels of the pyramid; 256 as published.</param>
    /// <param name="hidden">Width of the box head; 1024 as published.</param>
    /// <param name="stages">What stands between the networks; null: mmdetection's.</param>
    /// <param name="masks">Whether it has a mask head: then it is Mask R-CNN.</param>
    public static FasterRcnn Published(
        Backbone bottomUp, int classes, int channels = 256, int hidden = 1024, RcnnStages? stages = null, bool masks = false)
    {
        var pyramid = new FeaturePyramid(bottomUp, channels, new SubsampledTop());
        return new FasterRcnn(
            pyramid,
            Anchors.Published([.. pyramid.Levels.Select(level => level.Stride)]),
            new RoiHeads(
                channels, classes, hidden, maskHead: masks ? new RoiMaskHead(channels, classes, channels: channels) : null),
            stages ?? RcnnStages.Published());
    }

    /// <summary>
    /// A detector for scenes of about 128 pixels that learns from scratch on a CPU: a small trainable backbone, levels at strides 4 to 64
    /// with anchors of 16 to 256 pixels, a small box head.
    /// </summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="stages">What stands between the networks; null: <see cref="RcnnStages.Small"/>.</param>
    /// <param name="masks">Whether it has a mask head, of two convolutions.</param>
    public static FasterRcnn Small(int classes, RcnnStages? stages = null, bool masks = false)
    {
        const int Channels = 64;
        var pyramid = new FeaturePyramid(ResNet.Small(), Channels, new SubsampledTop());
        return new FasterRcnn(
            pyramid,
            new Anchors([.. pyramid.Levels.Select(level => level.Stride)], scales: [4], ratios: [0.5, 1, 2]),
            new RoiHeads(
                Channels, classes, hidden: 128,
                maskHead: masks ? new RoiMaskHead(Channels, classes, convolutions: 2, channels: Channels) : null),
            stages ?? RcnnStages.Small());
    }

    /// <summary>The pyramid of images [N, 3, H, W], finest first.</summary>
    public IReadOnlyList<Tensor> Features(Tensor images) => backbone.call(images);

    /// <summary>The region proposal network on all levels.</summary>
    public RpnOutputs Rpn(IReadOnlyList<Tensor> pyramid)
    {
        var (logits, deltas) = proposal_generator.Head.call(pyramid);
        return new RpnOutputs(logits, deltas, [.. pyramid.Select((level, i) =>
            _anchors.Of(i, level.size(2), level.size(3), level.dtype, level.device))]);
    }

    /// <summary>Proposals of each image, [n, 4], best first, clipped to the image without its padding; detached.</summary>
    public IReadOnlyList<Tensor> Propose(RpnOutputs outputs, IReadOnlyList<ImageSize> sizes, ProposalLimits limits)
    {
        using var scope = NewDisposeScope();
        return [.. _stages.Proposals.Select(outputs, sizes, limits).Select(image => image.Boxes.MoveToOuterDisposeScope())];
    }

    /// <summary>What the anchors learn from the boxes of each image, [g, 4].</summary>
    /// <param name="outputs">Of the batch.</param>
    /// <param name="boxes">Of each image.</param>
    /// <param name="step">What may be drawn from.</param>
    /// <param name="sizes">
    /// Size of each image without padding, where anchors in the padding of a batch may not learn; null: all belong to every image.
    /// </param>
    public RpnTargets AssignAnchors(
        RpnOutputs outputs, IReadOnlyList<Tensor> boxes, Step step, IReadOnlyList<ImageSize>? sizes = null) =>
        _stages.Anchors.Assign(outputs, _anchors, boxes, step.Random.Split(AnchorDraws), sizes, step.PlaceOf);

    /// <summary><c>loss_rpn_cls</c> and <c>loss_rpn_bbox</c>.</summary>
    public IReadOnlyList<LossTerm> RpnLosses(RpnOutputs outputs, RpnTargets targets) => _stages.RpnLoss.Terms(outputs, targets);

    /// <summary>Assigns proposals (with the true boxes ahead of them) to the truth of their image, and samples.</summary>
    public RoiSamples Sample(IReadOnlyList<Tensor> proposals, IReadOnlyList<Instances> truth, Step step) =>
        _stages.Samples.Sample(proposals, truth, Classes, step.Random.Split(ProposalDraws), step.PlaceOf);

    /// <summary>The box head on any boxes of each image, image after image.</summary>
    public BoxOutputs BoxHead(IReadOnlyList<Tensor> pyramid, IReadOnlyList<Tensor> boxes)
    {
        using var features = Pool(_pooler, pyramid, boxes);
        return roi_heads.call(features);
    }

    /// <summary><c>loss_cls</c>.</summary>
    public LossTerm ClassLoss(BoxOutputs outputs, RoiSamples samples) => _stages.RoiLoss.Class(outputs.Logits, samples.Labels);

    /// <summary><c>loss_bbox</c>.</summary>
    public LossTerm BoxLoss(BoxOutputs outputs, RoiSamples samples) =>
        _stages.RoiLoss.Box(outputs.Deltas, samples.Labels, samples.Deltas, Classes, positives: samples.Rows(ofObjects: true));

    /// <summary>The boxes moved by the deltas of the given classes [M], clipped to their image: for each image [m, 4].</summary>
    public IReadOnlyList<Tensor> Refine(
        BoxOutputs outputs, IReadOnlyList<Tensor> boxes, Tensor classes, IReadOnlyList<ImageSize> sizes)
    {
        using var scope = NewDisposeScope();
        var own = RoiLoss.OwnDeltas(outputs.Deltas, classes).split(CountsOf(boxes));
        return [.. boxes.Select((part, image) =>
            Instances.Clip(_stages.Coder.Decode(part, own[image]), sizes[image]).MoveToOuterDisposeScope())];
    }

    /// <summary>Detections of each image, best first, in pixels of the network's input; without masks.</summary>
    public IReadOnlyList<Instances> Detections(BoxOutputs outputs, IReadOnlyList<Tensor> boxes, IReadOnlyList<ImageSize> sizes)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var counts = CountsOf(boxes);
        var (probabilities, deltas) = (outputs.Logits.softmax(1).split(counts), outputs.Deltas.split(counts));
        return [.. boxes.Select((part, image) => _stages.Detections.Decode(probabilities[image], (rows, classes) =>
        {
            var own = RoiLoss.OwnDeltas(deltas[image].index_select(0, rows), classes);
            return Instances.Clip(_stages.Coder.Decode(part.index_select(0, rows), own), sizes[image]);
        }).MoveToOuterDisposeScope())];
    }

    /// <summary>Mask logits [M, C, s, s] of any boxes of each image; s is <see cref="RoiMaskHead.Size"/>, 28 as published.</summary>
    /// <exception cref="InvalidOperationException">There is no mask head.</exception>
    public Tensor MaskHead(IReadOnlyList<Tensor> pyramid, IReadOnlyList<Tensor> boxes)
    {
        var head = OwnMaskHead;
        using var features = Pool(_maskPooler!, pyramid, boxes);
        return head.call(features);
    }

    /// <summary>
    /// Detections of each image with their soft masks [n, h, w] on the image's grid, in [0, 1]; those of a padded input are 0 in the
    /// padding where <paramref name="sizes"/> are the padded ones.
    /// </summary>
    /// <param name="pyramid">Of the batch.</param>
    /// <param name="detections">Of each image, in pixels of the network's input.</param>
    /// <param name="sizes">Height and width of each image's masks.</param>
    /// <exception cref="InvalidOperationException">There is no mask head.</exception>
    public IReadOnlyList<Instances> WithMasks(
        IReadOnlyList<Tensor> pyramid, IReadOnlyList<Instances> detections, IReadOnlyList<ImageSize> sizes)
    {
        using var scope = NewDisposeScope();
        var masks = OwnMasks(pyramid, detections);
        return [.. detections.Select((found, image) => new Instances(
            found.Boxes.alias(), found.Classes.alias(), found.Scores?.alias(), MaskPaste.Soft(masks[image], found.Boxes, sizes[image]))
            .MoveToOuterDisposeScope())];
    }

    /// <summary><c>loss_mask</c> of the positives among the samples.</summary>
    /// <param name="pyramid">Of the batch.</param>
    /// <param name="samples">Of the batch.</param>
    /// <param name="truth">Of each image, with masks where it has objects.</param>
    /// <exception cref="InvalidDataException">An image with objects has no masks.</exception>
    /// <exception cref="InvalidOperationException">There is no mask head.</exception>
    public LossTerm MaskLoss(IReadOnlyList<Tensor> pyramid, RoiSamples samples, IReadOnlyList<Instances> truth)
    {
        using var scope = NewDisposeScope();
        var (counts, size) = (CountsOf(samples.Boxes), OwnMaskHead.Size);
        var (labels, index) = (samples.Labels.split(counts), samples.BoxIndex.split(counts));
        var (boxes, classes, targets) = (new Tensor[counts.Length], new Tensor[counts.Length], new List<Tensor>());
        for (var image = 0; image < counts.Length; image++)
        {
            var positives = samples.Positives[image];
            boxes[image] = samples.Boxes[image].narrow(0, 0, positives);
            classes[image] = labels[image].narrow(0, 0, positives);
            if (positives > 0)
            {
                var masks = truth[image].Masks ?? throw new InvalidDataException(
                    $"image {image} of the batch has boxes but no masks, and this method learns from masks");
                targets.Add(RoiMaskHead.Targets(masks, boxes[image], index[image].narrow(0, 0, positives), size));
            }
        }

        var logits = MaskHead(pyramid, boxes);
        var target = targets.Count > 0
            ? cat(targets)
            : zeros([0, size, size], logits.dtype, logits.device);
        return RoiMaskHead.Loss(logits, target, cat(classes)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override LossTerms Losses(View view, Step step)
    {
        using var scope = NewDisposeScope();
        step = step.For(view);
        var sizes = view.Images.Sizes;
        var pyramid = Features(view.Images.Images);
        var rpn = Rpn(pyramid);
        var anchors = AssignAnchors(rpn, [.. view.Truth.Select(truth => truth.Boxes)], step, sizes);
        var samples = Sample(Propose(rpn, sizes, TrainingLimits), view.Truth, step);
        var outputs = BoxHead(pyramid, samples.Boxes);
        return new LossTerms(
        [
            .. RpnLosses(rpn, anchors), ClassLoss(outputs, samples), BoxLoss(outputs, samples),
            .. HasMasks ? [MaskLoss(pyramid, samples, view.Truth)] : Array.Empty<LossTerm>(),
        ]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var pyramid = Features(images.Images);
        var proposals = Propose(Rpn(pyramid), images.Sizes, InferenceLimits);
        var found = Detections(BoxHead(pyramid, proposals), proposals, images.Sizes);
        var masks = HasMasks ? OwnMasks(pyramid, found) : null;
        return [.. found.Select((instances, image) =>
            RoiDetections.Of(instances, masks?[image], images.Sizes[image], sizes?[image] ?? images.Sizes[image]))];
    }

    private Tensor Pool(RoiPooler pooler, IReadOnlyList<Tensor> pyramid, IReadOnlyList<Tensor> boxes)
    {
        using var scope = NewDisposeScope();
        var levels = _stages.LevelRule(cat([.. boxes]), pooler.Strides.Count);
        return pooler.Pool(pyramid, boxes, levels).MoveToOuterDisposeScope();
    }

    private RoiMaskHead OwnMaskHead =>
        roi_heads.MaskHead ?? throw new InvalidOperationException("This Faster R-CNN has no mask head.");

    // Probabilities [n, s, s] of the detections' own classes, for each image.
    private Tensor[] OwnMasks(IReadOnlyList<Tensor> pyramid, IReadOnlyList<Instances> detections)
    {
        using var scope = NewDisposeScope();
        Tensor[] boxes = [.. detections.Select(found => found.Boxes)];
        var logits = MaskHead(pyramid, boxes);
        var own = RoiMaskHead.OwnClass(logits, cat([.. detections.Select(found => found.Classes)])).sigmoid();
        return [.. own.split(CountsOf(boxes)).Select(part => part.MoveToOuterDisposeScope())];
    }

    private static long[] CountsOf(IReadOnlyList<Tensor> boxes) => [.. boxes.Select(part => part.size(0))];
}
