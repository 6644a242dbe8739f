using BoxTeacher.Backbones;
using BoxTeacher.Layers;
using BoxTeacher.Losses;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>What CondInst knows about a batch before any instance is chosen. The tensors belong to the dispose scope of the call.</summary>
/// <param name="Pyramid">Feature maps, finest first.</param>
/// <param name="Dense">The head's outputs at every location.</param>
/// <param name="MaskFeatures">[N, C, h, w].</param>
public sealed record CondInstFeatures(IReadOnlyList<Tensor> Pyramid, FcosOutputs Dense, Tensor MaskFeatures);

/// <summary>
/// CondInst (Tian et al. 2020): FCOS whose locations also generate the weights of a small mask network. Each stage is a method of
/// its own, so that a teacher can stop between boxes and masks. Parameters are named as in the published checkpoints.
/// </summary>
public sealed class CondInst : MaskDetector
{
    private readonly Backbone backbone;
    private readonly ProposalGenerator proposal_generator;
    private readonly MaskBranch mask_branch;
    private readonly DynamicMaskHead mask_head;
    private readonly Convolution2d controller;
    private readonly FcosHead _head;
    private readonly FcosAssigner _assigner;
    private readonly FcosDecoder _decoder;
    private readonly FcosLoss _loss;
    private readonly MaskSampler _sampler;

    /// <summary>A detector of given parts.</summary>
    /// <param name="backbone">The feature pyramid.</param>
    /// <param name="head">The FCOS head over all its levels.</param>
    /// <param name="maskBranch">The mask branch over its finest levels.</param>
    /// <param name="maskHead">The dynamic head over the mask branch.</param>
    /// <param name="assigner">Which location learns which box.</param>
    /// <param name="decoder">Which predictions become detections.</param>
    /// <param name="sampler">Which positive locations get a mask in training.</param>
    /// <param name="loss">The losses of the FCOS head; null: as published.</param>
    public CondInst(
        Backbone backbone, FcosHead head, MaskBranch maskBranch, DynamicMaskHead maskHead, FcosAssigner assigner, FcosDecoder decoder,
        MaskSampler sampler, FcosLoss? loss = null)
        : base(nameof(CondInst))
    {
        this.backbone = backbone;
        proposal_generator = new ProposalGenerator(head);
        mask_branch = maskBranch;
        mask_head = maskHead;
        controller = FcosHead.HeadConv(backbone.Levels[0].Channels, maskHead.ParameterCount);
        RegisterComponents();
        (_head, _assigner, _decoder, _sampler, _loss) = (head, assigner, decoder, sampler, loss ?? FcosLoss.Published);
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
    public Convolution2d Controller => controller;

    /// <inheritdoc/>
    public override int MaskStride => mask_head.OutputStride;

    /// <summary>The detector of BoxTeacher's published configurations over a backbone with outputs at strides 8, 16 and 32.</summary>
    /// <param name="bottomUp">The backbone, for instance <see cref="ResNet.Bottleneck"/>.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="channels">Channels of the pyramid and the head; 256 as published.</param>
    /// <param name="maskChannels">Width of the mask branch; 128 as published.</param>
    /// <param name="maskFeatures">Channels of the mask features; 16 in BoxTeacher, 8 in CondInst.</param>
    /// <param name="convolutions">Depth of the towers; 4 as published.</param>
    /// <param name="sampler">Which positive locations get a mask in training; null: 64 per image, as published for BoxTeacher.</param>
    public static CondInst Published(
        Backbone bottomUp, int classes, int channels = 256, int maskChannels = 128, int maskFeatures = 16, int convolutions = 4,
        MaskSampler? sampler = null)
    {
        var pyramid = new FeaturePyramid(bottomUp, channels, new ConvolutionTop(channels));
        var branch = new MaskBranch([.. pyramid.Levels.Take(3)], maskChannels, convolutions, maskFeatures);
        return new CondInst(
            pyramid,
            new FcosHead(pyramid.Levels, classes, convolutions, convolutions),
            branch,
            new DynamicMaskHead([64, 128, 256, 512, 1024], maskFeatures, branch.Stride),
            new FcosAssigner(FcosAssigner.PublishedRanges),
            new FcosDecoder(),
            sampler ?? MaskSampling.BestOfBoxes(64));
    }

    /// <summary>
    /// A detector for scenes of about 128 pixels that learns from scratch on a CPU: a small trainable backbone and
    /// levels at strides 4 to 32.
    /// </summary>
    /// <param name="classes">Number of classes.</param>
    /// <param name="sampler">Which positive locations get a mask in training; null: 32 per image.</param>
    public static CondInst Small(int classes, MaskSampler? sampler = null)
    {
        const int MaskFeatures = 8;
        var pyramid = new FeaturePyramid(ResNet.Small(), channels: 64);
        var branch = new MaskBranch([.. pyramid.Levels.Take(3)], channels: 32, convolutions: 2, MaskFeatures);
        return new CondInst(
            pyramid,
            new FcosHead(pyramid.Levels, classes, classConvolutions: 2, boxConvolutions: 2, distanceBias: 1.5),
            branch,
            new DynamicMaskHead([32, 64, 128, 256], MaskFeatures, branch.Stride),
            new FcosAssigner(FcosAssigner.Ranges(24, 48, 96)),
            new FcosDecoder(perLevel: 200),
            sampler ?? MaskSampling.BestOfBoxes(32));
    }

    /// <summary>CondInst's own losses: those of the FCOS head, and dice of the masks against full ones (<c>loss_mask</c>).</summary>
    /// <param name="view">Images with boxes and masks.</param>
    /// <param name="step">Number of the step, and what it may draw from.</param>
    /// <exception cref="InvalidDataException">An image of the batch has no masks.</exception>
    public override LossTerms Losses(View view, Step step)
    {
        using var scope = NewDisposeScope();
        var truth = MaskTargets.Of(view, MaskStride);
        var (boxTerms, masks) = Learn(view, step);
        var dice = DiceLoss.PerInstance(masks.Probabilities, truth.index_select(0, masks.BoxIndex));
        return new LossTerms([.. boxTerms, new LossTerm("loss_mask", dice.sum(), masks.Count)]).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override StudentOutputs Learn(View view, Step step) => Learn(Extract(view.Images.Images), view, step);

    /// <summary>The same from features that the detector has made already.</summary>
    public StudentOutputs Learn(CondInstFeatures features, View view, Step step)
    {
        CountSteps(step.Iteration + 1);
        var targets = Assign(features, view.Truth);
        var instances = InstancesAt(features, targets, _sampler(features, targets, step));
        return new StudentOutputs(
            _loss.Terms(features.Dense, targets), StudentMasks.Of(TrainedLogits(features, instances), instances.BoxIndex));
    }

    /// <inheritdoc/>
    public override void CountSteps(long done) => mask_head.Steps = done;

    /// <inheritdoc/>
    public override ITeacherOutputs Look(Tensor images) => Look(Extract(images));

    /// <summary>The same from features that the detector has made already.</summary>
    public ITeacherOutputs Look(CondInstFeatures features) => new Outputs(this, features);

    /// <inheritdoc/>
    public override IReadOnlyList<IReadOnlyList<Detection>> Detect(ImageBatch images, IReadOnlyList<ImageSize>? sizes = null)
    {
        using var gradients = no_grad();
        using var scope = NewDisposeScope();
        var features = Extract(images.Images);
        var candidates = Candidates(features);
        var probabilities = MaskLogits(features, InstancesOf(features, candidates)).sigmoid();
        var result = new IReadOnlyList<Detection>[images.Count];
        var first = 0;
        for (var i = 0; i < result.Length; i++)
        {
            var masks = probabilities.narrow(0, first, candidates[i].Count);
            var output = sizes?[i] ?? images.Sizes[i];
            result[i] = MaskPostprocess.Apply(candidates[i], masks, images.Sizes[i], output, maskStride: MaskStride);
            first += candidates[i].Count;
        }

        return result;
    }

    /// <summary>Pyramid, dense predictions and mask features of images [N, 3, H, W].</summary>
    public CondInstFeatures Extract(Tensor images)
    {
        var pyramid = backbone.call(images);
        return new CondInstFeatures(pyramid, _head.call(pyramid), mask_branch.call(pyramid));
    }

    /// <summary>Assigns the truth of each image to the locations.</summary>
    public FcosTargets Assign(CondInstFeatures features, IReadOnlyList<Instances> truth) =>
        _assigner.Assign(features.Dense.Grid, truth, features.Dense.Logits.device);

    /// <summary>The instances of some of the positive locations.</summary>
    /// <param name="features">The detector's view of the batch.</param>
    /// <param name="targets">The positives.</param>
    /// <param name="rows">Which of them, ordered by image and box; see <see cref="MaskSampler"/>.</param>
    public MaskInstances InstancesAt(CondInstFeatures features, FcosTargets targets, int[] rows) => Instances(
        features,
        Array.ConvertAll(rows, row => targets.Images[row]),
        Array.ConvertAll(rows, row => targets.Locations[row]),
        Array.ConvertAll(rows, row => targets.BoxIndex[row]));

    /// <summary>Detections before masks, per image.</summary>
    public IReadOnlyList<BoxCandidates> Candidates(CondInstFeatures features) => _decoder.Decode(features.Dense);

    /// <summary>The instances of candidates (or of a selection of them), image after image.</summary>
    public MaskInstances InstancesOf(CondInstFeatures features, IReadOnlyList<BoxCandidates> candidates)
    {
        int[] images = [.. candidates.Index().SelectMany(entry => Enumerable.Repeat(entry.Index, entry.Item.Count))];
        return Instances(features, images, [.. candidates.SelectMany(candidate => candidate.Locations)], []);
    }

    /// <summary>Mask logits [M, 1, H/stride, W/stride] of instances, at the mask head's output stride of the padded input.</summary>
    public Tensor MaskLogits(CondInstFeatures features, MaskInstances instances) => mask_head.call(features.MaskFeatures, instances);

    // Of a batch without positive locations [0, h, w], through which zeros flow back to the mask features and to the controller.
    private Tensor TrainedLogits(CondInstFeatures features, MaskInstances instances)
    {
        using var scope = NewDisposeScope();
        var logits = MaskLogits(features, instances).squeeze(1);
        if (instances.Count == 0)
        {
            logits = logits + (features.MaskFeatures.sum() + controller.Weight.sum() + controller.Bias!.sum()) * 0;
        }

        return logits.MoveToOuterDisposeScope();
    }

    private MaskInstances Instances(CondInstFeatures features, int[] images, int[] locations, int[] boxIndex)
    {
        var dense = features.Dense;
        var levels = Array.ConvertAll(locations, dense.Grid.LevelOf);
        var points = new float[2 * locations.Length];
        for (var i = 0; i < locations.Length; i++)
        {
            (points[2 * i], points[2 * i + 1]) = dense.Grid.PointOf(locations[i]);
        }

        var parameters = SparseConvolution.At(dense.BoxTower, dense.Grid, images, locations, controller.Weight, controller.Bias!);
        return new MaskInstances(images, levels, points, parameters, boxIndex);
    }

    private sealed class Outputs(CondInst network, CondInstFeatures features) : ITeacherOutputs
    {
        public IReadOnlyList<BoxCandidates> Candidates { get; } = network.Candidates(features);

        public Tensor MaskProbabilities(IReadOnlyList<BoxCandidates> chosen)
        {
            using var scope = NewDisposeScope();
            return network.MaskLogits(features, network.InstancesOf(features, chosen)).sigmoid().MoveToOuterDisposeScope();
        }
    }
}
