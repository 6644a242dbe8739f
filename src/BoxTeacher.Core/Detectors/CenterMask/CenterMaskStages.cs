namespace BoxTeacher.Detectors;

/// <summary>How CenterMask assigns, decides, samples and reads: all that stands between its networks.</summary>
/// <param name="Assigner">Which location learns which box.</param>
/// <param name="TrainingDecoder">Which predictions become boxes to learn masks on, and a teacher's detections.</param>
/// <param name="InferenceDecoder">Which predictions become detections.</param>
/// <param name="Samples">Which boxes masks are learned on; background never is.</param>
public sealed record CenterMaskStages(
    FcosAssigner Assigner, FcosDecoder TrainingDecoder, FcosDecoder InferenceDecoder, RoiSampler Samples)
{
    /// <summary>The losses of the FCOS head; GIoU as published.</summary>
    public FcosLoss Loss { get; init; } = FcosLoss.Published;

    /// <summary>Which level of the pyramid a box is read from; by its share of the image, as published.</summary>
    public ImageLevelRule LevelRule { get; init; } = RoiLevels.ByImageShare;

    /// <summary>What masks learn; from outlines where there are any, as published.</summary>
    public RoiMaskTargets MaskTargets { get; init; } = RoiMaskForms.Outlines;

    /// <summary>CenterMask2's, as Polite Teacher configures it.</summary>
    /// <param name="sampler">Chooses boxes in training; null: at random.</param>
    /// <param name="perImage">Detections per image; 50 as published for inference, 100 in training.</param>
    /// <param name="scoreThreshold">Smallest class probability of a detection; 0.05 as published.</param>
    public static CenterMaskStages Published(SubsetSampler? sampler = null, int perImage = 50, double scoreThreshold = 0.05) => new(
        new FcosAssigner(FcosAssigner.PublishedRanges),
        new FcosDecoder(scoreThreshold, thresholdWithCenterness: false),
        new FcosDecoder(scoreThreshold, perImage: perImage, thresholdWithCenterness: false),
        new RoiSampler(sampler ?? Subset.Random, truthPlace: TruthPlaces.Last));

    /// <summary>For scenes of about 128 pixels and four levels from stride 4 on; the numbers are ours.</summary>
    /// <param name="sampler">Chooses boxes in training; null: at random.</param>
    /// <param name="perImage">Detections per image.</param>
    /// <param name="scoreThreshold">Smallest class probability of a detection.</param>
    public static CenterMaskStages Small(SubsetSampler? sampler = null, int perImage = 100, double scoreThreshold = 0.05) => new(
        new FcosAssigner(FcosAssigner.Ranges(24, 48, 96)),
        new FcosDecoder(scoreThreshold, perLevel: 200, perImage: 50, thresholdWithCenterness: false),
        new FcosDecoder(scoreThreshold, perLevel: 200, perImage: perImage, thresholdWithCenterness: false),
        new RoiSampler(sampler ?? Subset.Random, samples: 64, truthPlace: TruthPlaces.Last));
}
