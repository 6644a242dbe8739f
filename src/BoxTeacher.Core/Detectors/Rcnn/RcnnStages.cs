namespace BoxTeacher.Detectors;

/// <summary>How Faster R-CNN assigns, samples, selects and decides: all that stands between its networks.</summary>
/// <param name="Anchors">What anchors learn.</param>
/// <param name="Proposals">Which anchors become proposals.</param>
/// <param name="Samples">What proposals learn.</param>
/// <param name="Detections">Which moved proposals become detections.</param>
/// <param name="TrainingLimits">Proposals in training.</param>
/// <param name="InferenceLimits">Proposals in inference.</param>
public sealed record RcnnStages(
    RpnAssigner Anchors, ProposalSelector Proposals, RoiSampler Samples, RoiDecoder Detections, ProposalLimits TrainingLimits,
    ProposalLimits InferenceLimits)
{
    /// <summary>Losses of the first stage; L1 as published.</summary>
    public RpnLoss RpnLoss { get; init; } = new();

    /// <summary>Losses of the second stage; cross entropy and L1 as published.</summary>
    public RoiLoss RoiLoss { get; init; } = new();

    /// <summary>Which level of the pyramid the second stage reads a box from; mmdetection's as published.</summary>
    public RoiLevelRule LevelRule { get; init; } = RoiLevels.MmDetection;

    /// <summary>How the second stage's moves are read; as published with deviations 0.1, 0.1, 0.2, 0.2.</summary>
    public BoxCoder Coder { get; init; } = BoxCoder.Regions;

    /// <summary>mmdetection's Faster R-CNN.</summary>
    /// <param name="sampler">Chooses anchors and proposals in training; null: at random.</param>
    /// <param name="scoreThreshold">Smallest probability of a detection; 0.05 as published, 0.001 for the last tenths of AP.</param>
    /// <param name="positiveAnchors">Largest share of positives among an image's 256 anchors; 0.5 as published.</param>
    public static RcnnStages Published(
        SubsetSampler? sampler = null, double scoreThreshold = 0.05, double positiveAnchors = 0.5) => new(
        new RpnAssigner(RpnAssigner.PublishedMatcher, sampler ?? Subset.Random, positiveShare: positiveAnchors),
        new ProposalSelector(),
        new RoiSampler(sampler ?? Subset.Random),
        new RoiDecoder(scoreThreshold),
        new ProposalLimits(2000, 1000),
        new ProposalLimits(1000, 1000));

    /// <summary>
    /// detectron2's Faster R-CNN: sides limited from above alone, an object's best anchors positive whatever their IoU is, the losses of
    /// anchors divided by a constant, true boxes behind the proposals, anchors in the padding of a batch learn too.
    /// </summary>
    /// <param name="sampler">Chooses anchors and proposals in training; null: at random.</param>
    /// <param name="scoreThreshold">Smallest probability of a detection; 0.05 as published.</param>
    /// <param name="positiveAnchors">Largest share of positives among an image's 256 anchors; 0.5, in Unbiased Teacher 0.25.</param>
    public static RcnnStages Detectron2(SubsetSampler? sampler = null, double scoreThreshold = 0.05, double positiveAnchors = 0.5)
    {
        var chosen = sampler ?? Subset.Random;
        var (anchors, regions) = (
            new BoxCoder([1, 1, 1, 1], SideLimits.Above()), new BoxCoder([0.1, 0.1, 0.2, 0.2], SideLimits.Above()));
        return new RcnnStages(
            new RpnAssigner(
                RpnAssigner.Detectron2Matcher, chosen, positiveShare: positiveAnchors, coder: anchors,
                normalizer: RpnNormalizers.Constant(256), divisor: null),
            new ProposalSelector(anchors),
            new RoiSampler(chosen, coder: regions, truthPlace: TruthPlaces.Last),
            new RoiDecoder(scoreThreshold),
            new ProposalLimits(2000, 1000),
            new ProposalLimits(1000, 1000))
        {
            Coder = regions,
            LevelRule = RoiLevels.Detectron2,
        };
    }

    /// <summary>
    /// For small scenes and short runs: as mmdetection's with fewer anchors, proposals and samples; the numbers are ours.
    /// </summary>
    /// <param name="sampler">Chooses anchors and proposals in training; null: at random.</param>
    /// <param name="scoreThreshold">Smallest probability of a detection.</param>
    public static RcnnStages Small(SubsetSampler? sampler = null, double scoreThreshold = 0.05)
    {
        var chosen = sampler ?? Subset.Random;
        return Published(chosen, scoreThreshold) with
        {
            Anchors = new RpnAssigner(RpnAssigner.PublishedMatcher, chosen, samples: 128),
            Samples = new RoiSampler(chosen, samples: 64),
            TrainingLimits = new ProposalLimits(200, 100),
            InferenceLimits = new ProposalLimits(200, 100),
        };
    }
}
