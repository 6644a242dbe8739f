using BoxTeacher.Augmentation;
using BoxTeacher.Detectors;
using BoxTeacher.Losses;
using BoxTeacher.Methods;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>How far a box that the student is to take for background is trusted: the rows of Soft Teacher's table 7.</summary>
public enum ReliabilityForm
{
    /// <summary>BG-T: the teacher's probability of background, as published.</summary>
    BackgroundOfTeacher,

    /// <summary>BG-S: the student's probability of background.</summary>
    BackgroundOfStudent,

    /// <summary>Pred-Diff: 1 - their difference.</summary>
    PredictionDifference,

    /// <summary>IoU: the overlap with the nearest pseudo box.</summary>
    Iou,

    /// <summary>Reverse-IoU: 1 - that overlap.</summary>
    ReverseIou,

    /// <summary>All background counts fully.</summary>
    None,
}

/// <summary>What the weighted class loss is divided by.</summary>
public enum ClassLossForm
{
    /// <summary>The authors' code: the sum of the weights.</summary>
    Published,

    /// <summary>mmdetection 3: the same unless a weight is 0.</summary>
    MmDetection3,

    /// <summary>The paper: foreground and background each become a mean, and count the same.</summary>
    Paper,
}

/// <summary>What the deviation of jittered boxes is divided by.</summary>
public enum VarianceForm
{
    /// <summary>The authors' code: width or height of the mean refined box.</summary>
    Published,

    /// <summary>The paper: half the sum of the box's sides.</summary>
    Paper,
}

/// <summary>How pseudo boxes get into the student's view.</summary>
public enum TransportForm
{
    /// <summary>The authors' code: at once.</summary>
    Direct,

    /// <summary>mmdetection 3: through the original image, clipped there as well.</summary>
    ThroughOriginal,
}

/// <summary>How many proposals a teacher makes.</summary>
public enum TeacherLimitsForm
{
    /// <summary>The authors' code: as many as in training.</summary>
    Training,

    /// <summary>mmdetection 3: as many as in inference.</summary>
    Inference,
}

/// <summary>Soft Teacher (Xu et al. 2021), and the end-to-end baselines that leave parts of it out.</summary>
/// <param name="PseudoBoxes">Which of the teacher's detections the student learns from.</param>
/// <param name="Unlabelled">The losses on unlabelled images.</param>
/// <param name="Teacher">The moving average.</param>
/// <param name="Sees">The labels that the detector's losses read: masks with a mask head.</param>
/// <param name="Views">
/// Which views of labelled images are learned from; published: the strong one, of one view; in Unbiased Teacher: both.
/// </param>
[RecipeKind("softTeacher")]
public sealed record SoftTeacherRecipe(
    PseudoBoxRecipe PseudoBoxes,
    UnlabelledLossRecipe Unlabelled,
    MeanTeacherRecipe Teacher,
    Supervision Sees = Supervision.Boxes,
    LabelledViews Views = LabelledViews.Strong) : MethodRecipe
{
    /// <inheritdoc/>
    public override Supervision Supervision => Sees;

    /// <inheritdoc/>
    public override bool LearnsFromUnlabelled => true;

    /// <inheritdoc/>
    public override Network Evaluated => Teacher.Evaluate;

    /// <inheritdoc/>
    public override string? UnevenPasses => Unlabelled.NormalizesPerImage ? "unlabelled.normalizesPerImage" : null;

    /// <inheritdoc/>
    public override ITrainingMethod Build(BuildContext context, MethodParts? parts)
    {
        var own = Own(parts, new SoftTeacherParts());
        var student = context.As<FasterRcnn>(context.Student);
        var teacher = context.As<FasterRcnn>(context.NewDetector());
        return new SoftTeacherMethod(
            student, teacher, Teacher.Average(teacher, student, own.MomentumOr), Settings(own), Teacher.Evaluate);
    }

    /// <summary>What the method does in its own way, with given functions in the place of the recipe's.</summary>
    internal SoftTeacherSettings Settings(SoftTeacherParts parts) => new()
    {
        LabelledViews = Views,
        TeacherLimits = PseudoBoxes.TeacherLimits == TeacherLimitsForm.Training
            ? teacher => teacher.TrainingLimits
            : teacher => teacher.InferenceLimits,
        Initial = PseudoLabelFilters.Score(PseudoBoxes.InitialScore, PseudoBoxes.MinSide),
        Rpn = parts.RpnFilterOr(PseudoLabelFilters.Score(PseudoBoxes.RpnScore, PseudoBoxes.MinSide)),
        Classes = parts.ClassFilterOr(PseudoLabelFilters.Score(PseudoBoxes.ClassScore, PseudoBoxes.MinSide)),
        Boxes = parts.BoxFilterOr(PseudoBoxes.BoxFilter),
        JitterTimes = PseudoBoxes.JitterTimes,
        JitterScale = PseudoBoxes.JitterScale,
        Variance = parts.VarianceOr(PseudoBoxes.Variance == VarianceForm.Published ? BoxJitter.OverMeanSides : BoxJitter.OverHalfSides),
        Transport = PseudoBoxes.Transport == TransportForm.Direct
            ? PseudoLabelTransports.Direct
            : PseudoLabelTransports.ThroughOriginal(PseudoBoxes.MinSide),
        Reliability = parts.ReliabilityOr(Unlabelled.OwnReliability),
        ClassLoss = parts.ClassLossOr(Unlabelled.OwnClassLoss),
        Weight = Unlabelled.OwnWeight,
        Factors = Unlabelled.LearnsProposalBoxes ? new Dictionary<string, double>() : new Dictionary<string, double> { ["loss_rpn_bbox"] = 0 },
        NormalizesPerImage = Unlabelled.NormalizesPerImage,
    };

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() => RecipeProblems.In(
        ("pseudoBoxes", PseudoBoxes.Problems()), ("unlabelled", Unlabelled.Problems()), ("teacher", Teacher.Problems()));

    /// <inheritdoc/>
    public override IEnumerable<string> ProblemsWith(DetectorRecipe detector) => detector is not FasterRcnnRecipe own ? [] :
        RecipeProblems.Of(
            TooLittle(Sees, own),
            own.ScoreThreshold <= PseudoBoxes.InitialScore ? null : FormattableString.Invariant(
                $"pseudoBoxes.initialScore: {PseudoBoxes.InitialScore} is below the detector's scoreThreshold, {own.ScoreThreshold}, and without effect"));
}

/// <summary>Which of the teacher's detections become pseudo boxes, and which losses learn from which of them.</summary>
/// <param name="InitialScore">A detection is kept above this score; published: 0.5.</param>
/// <param name="RpnScore">The region proposal network learns from boxes above this score; published: 0.9.</param>
/// <param name="ClassScore">Classes, and masks, learn from boxes above this score; published: 0.9.</param>
/// <param name="MaxDeviation">
/// Boxes learn from pseudo boxes of a mean deviation below it; published: 0.02. Null: of any deviation, above <see cref="BoxScore"/>;
/// without either, boxes do not learn from pseudo boxes.
/// </param>
/// <param name="JitterTimes">Jittered copies of each box; published: 10; 0: none, and no deviation.</param>
/// <param name="JitterScale">Standard deviation of the jitter, in sides of the box, at most 1; published: 0.06.</param>
/// <param name="Variance">What the deviation is divided by.</param>
/// <param name="MinSide">Both sides of a box are longer than this, in pixels of either view; published: 0; mmdetection 3: 0.01.</param>
/// <param name="Transport">How pseudo boxes get into the student's view.</param>
/// <param name="TeacherLimits">How many proposals the teacher makes.</param>
/// <param name="BoxScore">
/// Boxes learn from pseudo boxes above this score; null, published: the deviation alone decides. Without jitter: 0.9 (table 5).
/// </param>
public sealed record PseudoBoxRecipe(
    double InitialScore,
    double RpnScore,
    double ClassScore,
    double? MaxDeviation,
    int JitterTimes,
    double JitterScale,
    VarianceForm Variance,
    double MinSide,
    TransportForm Transport,
    TeacherLimitsForm TeacherLimits,
    double? BoxScore = null)
{
    /// <summary>Which pseudo boxes boxes learn from; null: none.</summary>
    internal PseudoLabelFilter? BoxFilter => (MaxDeviation, BoxScore) switch
    {
        (null, null) => null,
        ({ } limit, null) => PseudoLabelFilters.Deviation(limit, MinSide),
        (null, { } score) => PseudoLabelFilters.Score(score, MinSide),
        ({ } limit, { } score) => PseudoLabelFilters.Both(
            PseudoLabelFilters.Deviation(limit, MinSide), PseudoLabelFilters.Score(score, MinSide)),
    };

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Fraction("initialScore", InitialScore),
        RecipeProblems.Fraction("rpnScore", RpnScore),
        RecipeProblems.Fraction("classScore", ClassScore),
        BoxScore is { } score ? RecipeProblems.Fraction("boxScore", score) : null,
        Below("rpnScore", RpnScore),
        Below("classScore", ClassScore),
        Below("boxScore", BoxScore),
        MaxDeviation is { } limit ? RecipeProblems.Positive("maxDeviation", limit) : null,
        RecipeProblems.NotNegative("jitterTimes", JitterTimes),
        JitterTimes == 1 ? "jitterTimes: one copy has no deviation; must be 0 or at least 2" : null,
        JitterTimes == 0 && MaxDeviation is not null ? "jitterTimes: is 0, so that maxDeviation must be null" : null,
        RecipeProblems.Fraction("jitterScale", JitterScale),
        RecipeProblems.NotNegative("minSide", MinSide));

    private string? Below(string key, double? score) => score < InitialScore
        ? FormattableString.Invariant($"{key}: {score} is below initialScore, {InitialScore}, and without effect")
        : null;
}

/// <summary>The losses on unlabelled images.</summary>
/// <param name="Weight">Factor of all of them; published: 4; 2 with all of COCO labelled.</param>
/// <param name="WarmUpIterations">It rises from 0 over so many iterations; published: 0, at once.</param>
/// <param name="OnlyWithPseudoBoxes">
/// Whether it is 0 where a batch has no pseudo box, as in mmdetection 3's base class of other detectors; published: false.
/// </param>
/// <param name="Reliability">How far background is trusted.</param>
/// <param name="ClassLoss">What the weighted class loss is divided by.</param>
/// <param name="NormalizesPerImage">
/// Whether the losses of each image are normalized by themselves and then averaged, labelled images too: the paper's formulas; published:
/// false, over the batch.
/// </param>
/// <param name="LearnsProposalBoxes">
/// Whether the boxes of the region proposal network learn from pseudo boxes; published: true; in Unbiased Teacher: false.
/// </param>
public sealed record UnlabelledLossRecipe(
    double Weight,
    int WarmUpIterations,
    bool OnlyWithPseudoBoxes,
    ReliabilityForm Reliability,
    ClassLossForm ClassLoss,
    bool NormalizesPerImage,
    bool LearnsProposalBoxes)
{
    /// <summary>The factor of a step.</summary>
    internal UnlabelledWeight OwnWeight
    {
        get
        {
            var rising = WarmUpIterations > 0
                ? UnlabelledWeights.Rising(Weight, WarmUpIterations)
                : UnlabelledWeights.Constant(Weight);
            return OnlyWithPseudoBoxes ? UnlabelledWeights.WithPseudoBoxes(rising) : rising;
        }
    }

    /// <summary>The indicator of that name.</summary>
    internal BackgroundReliability OwnReliability => Reliability switch
    {
        ReliabilityForm.BackgroundOfTeacher => Methods.Reliability.BackgroundOfTeacher,
        ReliabilityForm.BackgroundOfStudent => Methods.Reliability.BackgroundOfStudent,
        ReliabilityForm.PredictionDifference => Methods.Reliability.PredictionDifference,
        ReliabilityForm.Iou => Methods.Reliability.Iou,
        ReliabilityForm.ReverseIou => Methods.Reliability.ReverseIou,
        _ => Methods.Reliability.None,
    };

    /// <summary>The loss of that name.</summary>
    internal WeightedClassLoss OwnClassLoss => ClassLoss switch
    {
        ClassLossForm.Published => ClassLosses.OverWeights,
        ClassLossForm.MmDetection3 => ClassLosses.OverCountAndWeights,
        _ => ClassLosses.OfTwoMeans,
    };

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.NotNegative("weight", Weight), RecipeProblems.NotNegative("warmUpIterations", WarmUpIterations));
}
