using BoxTeacher.Detectors;
using BoxTeacher.Methods;

namespace BoxTeacher.Training;

/// <summary>
/// How a detection's confidence s is formed from its FCOS score c = sqrt(class probability * center-ness) and its mask quality m.
/// </summary>
public enum ConfidenceForm
{
    /// <summary>The published code's: s = sqrt(sqrt(c) * m), m over the whole image.</summary>
    Published,

    /// <summary>The paper's: s = sqrt(c * m), m inside the box.</summary>
    Paper,

    /// <summary>Off: every assigned pseudo mask counts fully.</summary>
    Off,
}

/// <summary>Which prediction a box gets.</summary>
public enum AssignmentForm
{
    /// <summary>The published code's, in which a box held by the very first detection still counts as free.</summary>
    Published,

    /// <summary>The paper's: a box that has a prediction keeps it.</summary>
    OneToOne,
}

/// <summary>What the pseudo losses are divided by.</summary>
public enum NormalizerForm
{
    /// <summary>The number of instances with a pseudo mask (published).</summary>
    Count,

    /// <summary>The sum of their confidences (the published code's option).</summary>
    Confidence,
}

/// <summary>How a teacher's momentum begins.</summary>
public enum MomentumForm
{
    /// <summary>min(cap, 1 - 1 / (t + 1)) before iteration t, as published: the plain mean of all students at first.</summary>
    Rising,

    /// <summary>The cap from the second iteration on; the first copies the student.</summary>
    Constant,
}

/// <summary>BoxTeacher (Cheng et al. 2023): BoxInst's terms and pseudo masks of an EMA teacher.</summary>
/// <param name="Pairwise">The color affinity term.</param>
/// <param name="PseudoMasks">Where pseudo masks come from and how much they count.</param>
/// <param name="Teacher">The moving average.</param>
[RecipeKind("boxTeacher")]
public sealed record BoxTeacherRecipe(PairwiseRecipe Pairwise, PseudoMaskRecipe PseudoMasks, TeacherRecipe Teacher) : MethodRecipe
{
    /// <inheritdoc/>
    public override Network Evaluated => Teacher.Evaluate;

    /// <inheritdoc/>
    public override ITrainingMethod Build(BuildContext context, MethodParts? parts)
    {
        var own = Own(parts, new BoxTeacherParts());
        var (student, teacher) = (context.As<MaskDetector>(context.Student), context.As<MaskDetector>(context.NewDetector()));
        return new BoxTeacherMethod(
            student,
            teacher,
            new EmaTeacher(teacher, student, own.MomentumOr(Teacher.Schedule), Teacher.Buffers),
            PseudoMasks.Labeller(own, Teacher.InputSize),
            Pairwise.Supervision(own.ColorAffinityOr),
            PseudoMasks.Supervision(own),
            Teacher.Mode,
            Teacher.Evaluate);
    }

    /// <inheritdoc/>
    public override IEnumerable<string> Problems() =>
        RecipeProblems.In(("pairwise", Pairwise.Problems()), ("pseudoMasks", PseudoMasks.Problems()), ("teacher", Teacher.Problems()));
}

/// <summary>BoxTeacher's pseudo masks and the losses on them.</summary>
/// <param name="Confidence">The form of the confidence that weights a pseudo mask.</param>
/// <param name="Assignment">Which prediction a box gets.</param>
/// <param name="IouThreshold">Smallest box IoU of a prediction and the box that it is assigned to; published: 0.5.</param>
/// <param name="ScoreThreshold">Smallest score of an assigned prediction; published: 0.</param>
/// <param name="MaskThreshold">Foreground probability of a binary pseudo mask; published: 0.5; null: soft masks.</param>
/// <param name="MaskWeight">Weight of the noise-aware dice loss; published: 0.5.</param>
/// <param name="AffinityWeight">Weight of the noise-reduced affinity loss; published: 0.1.</param>
/// <param name="AffinityThreshold">
/// Smallest mask affinity of a pair that counts; published: 0.5; null: the affinity itself is the pair's weight.
/// </param>
/// <param name="AverageWeight">Weight of the average-projection loss; published: 0.</param>
/// <param name="Normalizer">What the losses are divided by.</param>
/// <param name="WarmUpIterations">Their factors rise to 1 over so many iterations; published: 10,000; 0: at once.</param>
public sealed record PseudoMaskRecipe(
    ConfidenceForm Confidence,
    AssignmentForm Assignment,
    double IouThreshold,
    double ScoreThreshold,
    double? MaskThreshold,
    double MaskWeight,
    double AffinityWeight,
    double? AffinityThreshold,
    double AverageWeight,
    NormalizerForm Normalizer,
    int WarmUpIterations)
{
    /// <summary>What makes the pseudo masks.</summary>
    internal PseudoLabeller Labeller(BoxTeacherParts parts, TeacherSize? size) => new(
        parts.AssignmentOr(Assignment == AssignmentForm.Published
            ? Methods.Assignment.Published(IouThreshold, ScoreThreshold)
            : Methods.Assignment.OneToOne(IouThreshold, ScoreThreshold)),
        parts.Confidence ?? Confidence switch
        {
            ConfidenceForm.Published => Methods.Confidence.Published,
            ConfidenceForm.Paper => Methods.Confidence.Paper,
            _ => Methods.Confidence.Off,
        },
        IouThreshold,
        MaskThreshold,
        size);

    /// <summary>The losses on them.</summary>
    internal PseudoMaskSupervision Supervision(BoxTeacherParts parts) => new(
        parts.MaskAffinityOr(AffinityThreshold is { } threshold ? Affinity.SmoothedMasks.AtLeast(threshold) : Affinity.SmoothedMasks),
        MaskWeight,
        AffinityWeight,
        AverageWeight,
        PairwiseRecipe.Rise(WarmUpIterations),
        Normalizer == NormalizerForm.Count ? PseudoNormalizers.Count : PseudoNormalizers.Sum);

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Fraction("iouThreshold", IouThreshold),
        RecipeProblems.Fraction("scoreThreshold", ScoreThreshold),
        MaskThreshold is { } threshold ? RecipeProblems.Fraction("maskThreshold", threshold) : null,
        RecipeProblems.NotNegative("averageWeight", AverageWeight),
        RecipeProblems.NotNegative("maskWeight", MaskWeight),
        RecipeProblems.NotNegative("affinityWeight", AffinityWeight),
        AffinityThreshold is { } affinity ? RecipeProblems.PositiveFraction("affinityThreshold", affinity) : null,
        RecipeProblems.NotNegative("warmUpIterations", WarmUpIterations));
}

/// <summary>The EMA teacher.</summary>
/// <param name="MomentumCap">Largest momentum; published: 0.999.</param>
/// <param name="Mode">How it runs on the weak views; published: in training mode.</param>
/// <param name="Buffers">What happens to its running statistics; published: they stay its own.</param>
/// <param name="InputSize">Size that it sees images in; published: 800/1333; null: the batch's.</param>
/// <param name="Evaluate">The network that is evaluated; published: the teacher.</param>
/// <param name="Momentum">How the momentum begins; published: rising.</param>
public sealed record TeacherRecipe(
    double MomentumCap, TeacherMode Mode, TeacherBuffers Buffers, TeacherSize? InputSize, Network Evaluate,
    MomentumForm Momentum = MomentumForm.Rising)
{
    /// <summary>How much of itself the teacher keeps.</summary>
    internal MomentumSchedule Schedule =>
        Momentum == MomentumForm.Rising ? Methods.Momentum.Capped(MomentumCap) : Methods.Momentum.Constant(MomentumCap);

    /// <summary>What is wrong with the values, each with its key.</summary>
    public IEnumerable<string> Problems() => RecipeProblems.Of(
        RecipeProblems.Fraction("momentumCap", MomentumCap),
        InputSize is { } size ? RecipeProblems.Positive("inputSize.shortSide", size.ShortSide) : null,
        InputSize is { } other ? RecipeProblems.Positive("inputSize.longSide", other.LongSide) : null);
}
