using BoxTeacher.Augmentation;
using BoxTeacher.Detectors;
using BoxTeacher.Methods;
using BoxTeacher.Structures;

namespace BoxTeacher.Training;

/// <summary>What pseudo masks are handed on as.</summary>
public enum PseudoMaskShape
{
    /// <summary>Bitmaps, without loss.</summary>
    Bitmaps,

    /// <summary>The published detour over outlines, which loses a part of them.</summary>
    Contours,
}

/// <summary>The mutual learning of Polite Teacher (Filipiak et al. 2024), and its baselines that leave parts out.</summary>
/// <param name="PseudoLabels">Which of the teacher's detections the student learns from.</param>
/// <param name="Unlabelled">The losses on unlabelled images.</param>
/// <param name="Teacher">The moving average; published: a constant 0.9996 over the whole state, the teacher evaluated.</param>
/// <param name="Views">Which views of labelled images are learned from; published: both.</param>
[RecipeKind("politeTeacher")]
public sealed record PoliteTeacherRecipe(
    PoliteLabelRecipe PseudoLabels,
    PoliteLossRecipe Unlabelled,
    MeanTeacherRecipe Teacher,
    LabelledViews Views = LabelledViews.Both) : MethodRecipe
{
    /// <inheritdoc/>
    public override Supervision Supervision => Supervision.Masks;

    /// <inheritdoc/>
    public override bool LearnsFromUnlabelled => true;

    /// <inheritdoc/>
    public override bool NeedsOneGeometry => true;

    /// <inheritdoc/>
    public override Network Evaluated => Teacher.Evaluate;

    /// <inheritdoc/>
    public override string? UnevenPasses => PseudoLabels.DropsEmptyImages ? "pseudoLabels.dropsEmptyImages" : null;

    /// <inheritdoc/>
    public override ITrainingMethod Build(BuildContext context, MethodParts? parts)
    {
        var own = Own(parts, new PoliteTeacherParts());
        var student = context.As<CenterMask>(context.Student);
        var teacher = context.As<CenterMask>(context.NewDetector());
        var ema = Teacher.Average(teacher, student, own.MomentumOr);
        return new PoliteTeacherMethod(student, teacher, ema, Settings(own) with
        {
            Equalizer = Unlabelled.Equalizes ? new LossEqualizer(CenterMask.LossNames, context.Device) : null,
        }, Teacher.Evaluate);
    }

    /// <summary>What the method does in its own way, with given functions in the place of the recipe's; without an equalizer.</summary>
    internal PoliteTeacherSettings Settings(PoliteTeacherParts parts) => new()
    {
        Boxes = parts.BoxFilterOr(PseudoLabelFilters.Score(PseudoLabels.Score)),
        Masks = parts.MaskFilterOr(PseudoLabels.MaskIou is { } iou ? PseudoLabelFilters.MaskQuality(iou) : PseudoLabelFilters.All),
        MaskForm = PseudoLabels.Shape == PseudoMaskShape.Bitmaps ? PseudoMaskForms.Bitmaps : PseudoMaskForms.Contours,
        MaskThreshold = PseudoLabels.MaskThreshold,
        TeacherLimits = PseudoLabels.TeacherLimits == TeacherLimitsForm.Training
            ? stages => stages.TrainingDecoder
            : stages => stages.InferenceDecoder,
        ErasesMasks = PseudoLabels.ErasesMasks,
        DropsEmptyImages = PseudoLabels.DropsEmptyImages,
        Flags = PseudoLabels.AsksLastImageForFlags ? MaskFlags.AskedOfLastImage : MaskFlags.OfEachMask,
        LabelledViews = Views,
        Weight = UnlabelledWeights.Constant(Unlabelled.Weight),
        Factors = Unlabelled.Factors,
    };

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() => RecipeProblems.In(
        ("pseudoLabels", PseudoLabels.Problems()), ("unlabelled", Unlabelled.Problems()), ("teacher", Teacher.Problems()));

    /// <inheritdoc/>
    public override IEnumerable<string> ProblemsWith(AugmentationRecipe views) => RecipeProblems.Of(
        PseudoLabels.ErasesMasks && !views.Erases
            ? "pseudoLabels.erasesMasks: is true, but the strong view has nothing erased, so that it is without effect"
            : null);
}

/// <summary>Which of the teacher's detections become pseudo-labels, and how.</summary>
/// <param name="Score">A detection is kept above this score; published: 0.6.</param>
/// <param name="MaskIou">
/// The mask loss learns from masks above this predicted IoU; published: 0.9. Null: from all, "without mask scoring".
/// </param>
/// <param name="MaskThreshold">Probability from which a pixel is foreground; published: 0.5.</param>
/// <param name="Shape">What masks are handed on as; published: contours.</param>
/// <param name="TeacherLimits">How many predictions of the teacher are looked at; published: as many as in training.</param>
/// <param name="ErasesMasks">Whether what the strong view erased is taken out of the masks; published: false.</param>
/// <param name="DropsEmptyImages">Whether images without a pseudo-label are left out; published: false.</param>
/// <param name="AsksLastImageForFlags">
/// The published slip: without a pseudo-label in the last image of a batch, masks of any quality are learned from.
/// </param>
public sealed record PoliteLabelRecipe(
    double Score,
    double? MaskIou,
    double MaskThreshold,
    PseudoMaskShape Shape,
    TeacherLimitsForm TeacherLimits,
    bool ErasesMasks,
    bool DropsEmptyImages,
    bool AsksLastImageForFlags)
{
    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Fraction("score", Score),
        MaskIou is { } iou ? RecipeProblems.Fraction("maskIou", iou) : null,
        RecipeProblems.Fraction("maskThreshold", MaskThreshold));
}

/// <summary>The losses on unlabelled images.</summary>
/// <param name="Weight">Factor of all of them; published: 2.</param>
/// <param name="LearnsMasks">Whether masks and their IoU are learned; published: true, in the first two ablations false.</param>
/// <param name="LearnsMaskIou">Whether the IoU of masks is learned, where masks are; published: true.</param>
/// <param name="LearnsBoxes">Whether boxes and center-ness are learned; published: false.</param>
/// <param name="Equalizes">
/// Whether each is brought to the size of the labelled loss of its name, see <see cref="LossEqualizer"/>; published: false.
/// </param>
public sealed record PoliteLossRecipe(double Weight, bool LearnsMasks, bool LearnsMaskIou, bool LearnsBoxes, bool Equalizes)
{
    /// <summary>The factors that differ from 1.</summary>
    internal IReadOnlyDictionary<string, double> Factors
    {
        get
        {
            string[] off =
            [
                .. LearnsBoxes ? Array.Empty<string>() : ["loss_fcos_loc", "loss_fcos_ctr"],
                .. LearnsMasks ? Array.Empty<string>() : ["loss_mask"],
                .. LearnsMasks && LearnsMaskIou ? Array.Empty<string>() : ["loss_maskiou"],
            ];
            return off.ToDictionary(term => term, _ => 0.0);
        }
    }

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.Of(RecipeProblems.NotNegative("weight", Weight));
}
