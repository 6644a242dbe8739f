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
    /// <summary>Skeleton.</summary>
    public FasterRcnn()
        : base(nameof(FasterRcnn))
    {
    }

    /// <summary>C.</summary>
    public int Classes => throw new NotImplementedException();

    /// <inheritdoc/>
    public override bool HasMasks => throw new NotImplementedException();

    /// <summary>Limits of training: 2000 and 1000 as published.</summary>
    public ProposalLimits TrainingLimits => throw new NotImplementedException();

    /// <summary>Limits of inference: 1000 and 1000 as published.</summary>
    public ProposalLimits InferenceLimits => throw new NotImplementedException();

    /// <summary>The pyramid of images [N, 3, H, W], finest first.</summary>
    public IReadOnlyList<Tensor> Features(Tensor images) => throw new NotImplementedException();

    /// <summary>The region proposal network on all levels.</summary>
    public RpnOutputs Rpn(IReadOnlyList<Tensor> pyramid) => throw new NotImplementedException();

    /// <summary>Proposals of each image, [n, 4], best first, clipped to the image without its padding; detached.</summary>
    public IReadOnlyList<Tensor> Propose(RpnOutputs outputs, IReadOnlyList<ImageSize> sizes, ProposalLimits limits) =>
        throw new NotImplementedException();

    /// <summary>What the anchors learn from the boxes of each image, [g, 4].</summary>
    public RpnTargets AssignAnchors(RpnOutputs outputs, IReadOnlyList<Tensor> boxes, Step step) => throw new NotImplementedException();

    /// <summary>loss_rpn_cls and loss_rpn_bbox.</summary>
    public IReadOnlyList<LossTerm> RpnLosses(RpnOutputs outputs, RpnTargets targets) => throw new NotImplementedException();

    /// <summary>Assigns proposals (with the true boxes ahead of them) to the truth of their image, and samples.</summary>
    public RoiSamples Sample(IReadOnlyList<Tensor> proposals, IReadOnlyList<Instances> truth, Step step) =>
        throw new NotImplementedException();

    /// <summary>The box head on any boxes of each image, image after image.</summary>
    public BoxOutputs BoxHead(IReadOnlyList<Tensor> pyramid, IReadOnlyList<Tensor> boxes) => throw new NotImplementedException();

    /// <summary>loss_cls.</summary>
    public LossTerm ClassLoss(BoxOutputs outputs, RoiSamples samples) => throw new NotImplementedException();

    /// <summary>loss_bbox.</summary>
    public LossTerm BoxLoss(BoxOutputs outputs, RoiSamples samples) => throw new NotImplementedException();

    /// <summary>The boxes moved by the deltas of the given classes [M], clipped to their image: for each image [m, 4].</summary>
    public IReadOnlyList<Tensor> Refine(
        BoxOutputs outputs, IReadOnlyList<Tensor> boxes, Tensor classes, IReadOnlyList<ImageSize> sizes) =>
        throw new NotImplementedException();

    /// <summary>Detections of each image, best first, in pixels of the network's input; without masks.</summary>
    public IReadOnlyList<Instances> Detections(BoxOutputs outputs, IReadOnlyList<Tensor> boxes, IReadOnlyList<ImageSize> sizes) =>
        throw new NotImplementedException();

    /// <summary>Mask logits [M, C, 28, 28] of any boxes of each image. There must be a mask head.</summary>
    public Tensor MaskHead(IReadOnlyList<Tensor> pyramid, IReadOnlyList<Tensor> boxes) => throw new NotImplementedException();

    /// <summary>Soft masks [n, h, w] of detections of each image on the image's grid, in [0, 1]; needs a mask head.</summary>
    public IReadOnlyList<Instances> WithMasks(
        IReadOnlyList<Tensor> pyramid, IReadOnlyList<Instances> detections, IReadOnlyList<ImageSize> sizes) =>
        throw new NotImplementedException();

    /// <summary>loss_mask of the positives among the samples; the truth of each image has masks.</summary>
    public LossTerm MaskLoss(IReadOnlyList<Tensor> pyramid, RoiSamples samples, IReadOnlyList<Instances> truth) =>
        throw new NotImplementedException();

    /// <inheritdoc/>
    public override LossTerms Losses(View view, Step step) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null) =>
        throw new NotImplementedException();
}
