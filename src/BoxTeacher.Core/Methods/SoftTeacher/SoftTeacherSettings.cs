using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Structures;

namespace BoxTeacher.Methods;

/// <summary>
/// What the tellings of Soft Teacher do differently, and what the papers ablate. The defaults are those of the authors' code.
/// </summary>
public sealed record SoftTeacherSettings
{
    /// <summary>The code as its authors published it.</summary>
    public static SoftTeacherSettings Published { get; } = new();

    /// <summary>mmdetection 3: inference limits, transport through the original image, thin boxes dropped, its own class loss.</summary>
    public static SoftTeacherSettings MmDetection3 { get; } = new()
    {
        TeacherLimits = teacher => teacher.InferenceLimits,
        Initial = PseudoLabelFilters.Score(0.5, ThinMmDetection3),
        Transport = PseudoLabelTransports.ThroughOriginal(ThinMmDetection3),
        ClassLoss = ClassLosses.OverCountAndWeights,
    };

    /// <summary>The formulas as the paper prints them.</summary>
    public static SoftTeacherSettings Paper { get; } = new()
    {
        Variance = BoxJitter.OverHalfSides,
        ClassLoss = ClassLosses.OfTwoMeans,
        NormalizesPerImage = true,
    };

    private const double ThinMmDetection3 = 0.01;

    /// <summary>Which views of labelled images the student learns from; published: the strong one, their only one.</summary>
    public LabelledViews LabelledViews { get; init; }

    /// <summary>How many proposals the teacher makes; published: as many as a student in training.</summary>
    public Func<FasterRcnn, ProposalLimits> TeacherLimits { get; init; } = teacher => teacher.TrainingLimits;

    /// <summary>Which of the teacher's detections become pseudo-labels; published: score above 0.5.</summary>
    public PseudoLabelFilter Initial { get; init; } = PseudoLabelFilters.Score(0.5);

    /// <summary>Which the region proposal network learns from; published: score above 0.9.</summary>
    public PseudoLabelFilter Rpn { get; init; } = PseudoLabelFilters.Score(0.9);

    /// <summary>Which the classes (and masks) learn from; published: score above 0.9.</summary>
    public PseudoLabelFilter Classes { get; init; } = PseudoLabelFilters.Score(0.9);

    /// <summary>Which the boxes learn from; published: deviation below 0.02. Null: boxes do not learn from pseudo-labels.</summary>
    public PseudoLabelFilter? Boxes { get; init; } = PseudoLabelFilters.Deviation(0.02);

    /// <summary>Jittered copies of each box, at least 2; published: 10. With 0, deviations stay unknown.</summary>
    public int JitterTimes { get; init; } = BoxJitter.PublishedTimes;

    /// <summary>Standard deviation of the jitter, in sides of the box; published: 0.06.</summary>
    public double JitterScale { get; init; } = BoxJitter.PublishedScale;

    /// <summary>Where the jitter's numbers come from.</summary>
    public JitterNoise Noise { get; init; } = BoxJitter.Noise;

    /// <summary>How much refined copies differ.</summary>
    public RegressionVariance Variance { get; init; } = BoxJitter.OverMeanSides;

    /// <summary>How pseudo-labels get into the student's view.</summary>
    public PseudoLabelTransport Transport { get; init; } = PseudoLabelTransports.Direct;

    /// <summary>How far background is trusted.</summary>
    public BackgroundReliability Reliability { get; init; } = Methods.Reliability.BackgroundOfTeacher;

    /// <summary>How weighted class losses become one.</summary>
    public WeightedClassLoss ClassLoss { get; init; } = ClassLosses.OverWeights;

    /// <summary>Factor of all unlabelled losses; published: 4.</summary>
    public UnlabelledWeight Weight { get; init; } = UnlabelledWeights.Constant(4);

    /// <summary>Further factors of single unlabelled terms, such as <c>loss_rpn_bbox</c>; 0 leaves a term out.</summary>
    public IReadOnlyDictionary<string, double> Factors { get; init; } = new Dictionary<string, double>();

    /// <summary>
    /// Whether losses are normalized image by image and then averaged, as the paper writes; the codes normalize over a batch.
    /// </summary>
    public bool NormalizesPerImage { get; init; }

    /// <summary>
    /// Probability from which a pixel of the teacher's mask is foreground; ours, since the authors' mask branch is not released.
    /// </summary>
    public double MaskThreshold { get; init; } = 0.5;
}
