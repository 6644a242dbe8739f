using BoxTeacher.Backbones;
using BoxTeacher.Structures;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>What CondInst knows about a batch before any instance is chosen. The tensors belong to the dispose scope of the call.</summary>
/// <param name="Pyramid">Feature maps, finest first.</param>
/// <param name="Dense">The head's outputs at every location.</param>
/// <param name="MaskFeatures">[N,C,h,w].</param>
public sealed record CondInstFeatures(IReadOnlyList<Tensor> Pyramid, FcosOutputs Dense, Tensor MaskFeatures);

/// <summary>
/// CondInst (Tian et al. 2020): FCOS whose locations also generate the weights of a small mask network. Each stage is a method of
/// its own, so that a teacher can stop between boxes and masks. Parameters are named as in the published checkpoints.
/// </summary>
public sealed partial class CondInst : nn.Module
{
    private readonly Backbone backbone;
    private readonly ProposalGenerator proposal_generator;
    private readonly MaskBranch mask_branch;
    private readonly DynamicMaskHead mask_head;
    private readonly Conv2d controller;
    private readonly FcosHead _head;
    private readonly FcosAssigner _assigner;
    private readonly FcosDecoder _decoder;
    private readonly int _instancesPerImage;

    /// <summary>A detector of given parts.</summary>
    /// <param name="backbone">The feature pyramid.</param>
    /// <param name="head">The FCOS head over all its levels.</param>
    /// <param name="maskBranch">The mask branch over its finest levels.</param>
    /// <param name="maskHead">The dynamic head over the mask branch.</param>
    /// <param name="assigner">Which location learns which box.</param>
    /// <param name="decoder">Which predictions become detections.</param>
    /// <param name="instancesPerImage">In training, how many locations per image get a mask; 64 as published.</param>
    public CondInst(Backbone backbone, FcosHead head, MaskBranch maskBranch, DynamicMaskHead maskHead, FcosAssigner assigner,
        FcosDecoder decoder, int instancesPerImage = 64) : base(nameof(CondInst))
    {
        this.backbone = backbone;
        proposal_generator = new ProposalGenerator(head);
        mask_branch = maskBranch;
        mask_head = maskHead;
        controller = FcosHead.HeadConv(backbone.Levels[0].Channels, maskHead.ParameterCount);
        RegisterComponents();
        (_head, _assigner, _decoder, _instancesPerImage) = (head, assigner, decoder, instancesPerImage);
    }

    /// <summary>The feature pyramid.</summary>
    public Backbone Backbone => backbone;

    /// <summary>The FCOS head.</summary>
    public FcosHead Head => _head;

    /// <summary>The mask branch.</summary>
    public MaskBranch MaskBranch => mask_branch;

    /// <summary>The dynamic mask head.</summary>
    public DynamicMaskHead MaskHead => mask_head;

    /// <summary>The convolution that generates the mask head's numbers from the box tower.</summary>
    public Conv2d Controller => controller;

    /// <summary>Pyramid, dense predictions and mask features of images [N,3,H,W].</summary>
    public CondInstFeatures Extract(Tensor images)
    {
        var pyramid = backbone.call(images);
        return new CondInstFeatures(pyramid, _head.call(pyramid), mask_branch.call(pyramid));
    }

    /// <summary>Assigns the truth to the locations.</summary>
    public FcosTargets Assign(CondInstFeatures features, IReadOnlyList<BoxTargets> targets) =>
        _assigner.Assign(features.Dense.Grid, targets, features.Dense.Logits.device);

    /// <summary>
    /// The positive locations whose masks are trained: per image the quota (64 as published) is shared equally by the boxes that have
    /// any; where a box has more, those of the highest class probability times centre-ness stay. Ordered by image and box.
    /// </summary>
    public MaskInstances SelectInstances(CondInstFeatures features, FcosTargets targets) =>
        InstancesAt(features, targets, QuotaPerBox(features.Dense, targets));

    /// <summary>The instances of some of the positive locations.</summary>
    /// <param name="features">The detector's view of the batch.</param>
    /// <param name="targets">The positives.</param>
    /// <param name="rows">Which of them, ordered by image and box.</param>
    public MaskInstances InstancesAt(CondInstFeatures features, FcosTargets targets, int[] rows)
    {
        var boxes = Array.ConvertAll(rows, row => targets.Boxes[row]);
        return Instances(features, Array.ConvertAll(rows, row => targets.Images[row]), Array.ConvertAll(rows, row => targets.Locations[row]), boxes);
    }

    /// <summary>Detections before masks, per image.</summary>
    public IReadOnlyList<FcosCandidates> Candidates(CondInstFeatures features) => _decoder.Decode(features.Dense);

    /// <summary>The instances of candidates (or of a selection of them), image after image.</summary>
    public MaskInstances InstancesOf(CondInstFeatures features, IReadOnlyList<FcosCandidates> candidates)
    {
        var images = candidates.Index().SelectMany(entry => Enumerable.Repeat(entry.Index, entry.Item.Count)).ToArray();
        return Instances(features, images, [.. candidates.SelectMany(candidate => candidate.Locations)], []);
    }

    /// <summary>Mask logits [M,1,H/stride,W/stride] of instances, at the mask head's output stride of the padded input.</summary>
    public Tensor MaskLogits(CondInstFeatures features, MaskInstances instances) => mask_head.call(features.MaskFeatures, instances);

    /// <summary>A zero that depends on the mask features and on the controller: the mask losses of a batch without instances.</summary>
    public Tensor Zero(CondInstFeatures features)
    {
        using var scope = NewDisposeScope();
        return ((features.MaskFeatures.sum() + controller.weight!.sum() + controller.bias!.sum()) * 0).MoveToOuterDisposeScope();
    }

    /// <summary>Detects instances. Gradients are off; batch normalisation follows the module's own mode.</summary>
    /// <param name="images">The images.</param>
    /// <param name="outputSizes">The size to give each image's boxes and masks in; the images' own sizes when null.</param>
    /// <param name="threshold">Foreground probability of a mask; null gives probabilities.</param>
    public IReadOnlyList<Detections> Detect(ImageBatch images, IReadOnlyList<ImageSize>? outputSizes = null, double? threshold = 0.5)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var features = Extract(images.Images);
        var candidates = Candidates(features);
        var instances = InstancesOf(features, candidates);
        var probabilities = MaskLogits(features, instances).sigmoid();
        var result = new Detections[images.Count];
        var first = 0;
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = MaskPostprocess.Apply(candidates[i], probabilities.narrow(0, first, candidates[i].Count), images.Sizes[i],
                outputSizes?[i] ?? images.Sizes[i], threshold, mask_head.OutputStride);
            first += candidates[i].Count;
        }
        return result;
    }

    private MaskInstances Instances(CondInstFeatures features, int[] images, int[] locations, int[] boxes)
    {
        var dense = features.Dense;
        var levels = Array.ConvertAll(locations, dense.Grid.LevelOf);
        var points = new float[2 * locations.Length];
        for (var i = 0; i < locations.Length; i++)
            (points[2 * i], points[2 * i + 1]) = dense.Grid.PointOf(locations[i]);
        var parameters = SparseConvolution.At(dense.BoxTower, dense.Grid, images, locations, controller.weight!, controller.bias!);
        return new MaskInstances(images, levels, points, parameters, boxes);
    }

    private int[] QuotaPerBox(FcosOutputs dense, FcosTargets targets)
    {
        float[]? scores = null;
        var rows = new List<int>();
        foreach (var image in Enumerable.Range(0, targets.Count).GroupBy(row => targets.Images[row]))
        {
            var boxes = image.GroupBy(row => targets.Boxes[row]).OrderBy(box => box.Key).ToList();
            var quota = Math.Max(_instancesPerImage / boxes.Count, 1);
            foreach (var box in boxes)
            {
                if (box.Count() <= quota)
                {
                    rows.AddRange(box);
                    continue;
                }
                scores ??= ScoresAt(dense, targets);
                rows.AddRange(box.OrderByDescending(row => scores[row]).Take(quota));
            }
        }
        return [.. rows];
    }

    private static float[] ScoresAt(FcosOutputs dense, FcosTargets targets)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        return HostValues.Floats(dense.LogitsAt(targets).amax(1).sigmoid() * dense.CentrenessAt(targets).sigmoid());
    }
}
