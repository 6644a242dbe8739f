using BoxTeacher.Detectors;
using BoxTeacher.Structures;

namespace BoxTeacher.Methods;

/// <summary>
/// What the published configurations of Polite Teacher ablate, and the options of its code. The defaults are the final configuration, but
/// that masks stay bitmaps and that each image is asked for its own mask flags.
/// </summary>
public sealed record PoliteTeacherSettings
{
    /// <summary>Which of the teacher's detections become pseudo-labels; published: score above 0.6.</summary>
    public PseudoLabelFilter Boxes { get; init; } = PseudoLabelFilters.Score(0.6);

    /// <summary>Whose masks the mask loss learns from; published: predicted mask IoU above 0.9. The other losses learn from all.</summary>
    public PseudoLabelFilter Masks { get; init; } = PseudoLabelFilters.MaskQuality(0.9);

    /// <summary>What pseudo masks are handed on as; published: <see cref="PseudoMaskForms.Contours"/>.</summary>
    public PseudoMaskForm MaskForm { get; init; } = PseudoMaskForms.Bitmaps;

    /// <summary>Probability from which a pixel of the teacher's mask is foreground; published: 0.5.</summary>
    public double MaskThreshold { get; init; } = 0.5;

    /// <summary>Which views of labelled images the student learns from; published: both.</summary>
    public LabelledViews LabelledViews { get; init; } = LabelledViews.Both;

    /// <summary>Which predictions of the teacher are looked at; published: as many as in training.</summary>
    public Func<CenterMaskStages, FcosDecoder> TeacherLimits { get; init; } = stages => stages.TrainingDecoder;

    /// <summary>Factor of the losses on pseudo-labels; published: 2.</summary>
    public UnlabelledWeight Weight { get; init; } = UnlabelledWeights.Constant(2);

    /// <summary>
    /// Further factors of single pseudo losses, 1 where none is named. 0 leaves a loss out; published: that of boxes and centers.
    /// </summary>
    public IReadOnlyDictionary<string, double> Factors { get; init; } =
        new Dictionary<string, double> { ["loss_fcos_loc"] = 0, ["loss_fcos_ctr"] = 0 };

    /// <summary>Brings pseudo losses to the size of the labelled ones; null, as published: they keep theirs.</summary>
    public LossEqualizer? Equalizer { get; init; }

    /// <summary>Whether what the strong view erased is taken out of the pseudo masks; published: no.</summary>
    public bool ErasesMasks { get; init; }

    /// <summary>Whether unlabelled images without a pseudo-label are left out of the student's batch; published: no.</summary>
    public bool DropsEmptyImages { get; init; }

    /// <summary>Which masks of a batch the mask loss learns from; published: <see cref="MaskFlags.AskedOfLastImage"/>.</summary>
    public MaskFlagRule Flags { get; init; } = MaskFlags.OfEachMask;

    /// <summary>The factor of a pseudo loss beside <see cref="Weight"/>.</summary>
    /// <param name="term">Its name without the ending <c>_pseudo</c>.</param>
    internal double FactorOf(string term) => Factors.GetValueOrDefault(term, 1);
}
