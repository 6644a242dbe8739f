using System.Text.Json.Serialization;
using BoxTeacher.Data;
using BoxTeacher.Teaching.Ema;
using BoxTeacher.Teaching.Methods;
using BoxTeacher.Teaching.PseudoMasks;

namespace BoxTeacher.Training;

/// <summary>One of the two networks of a method.</summary>
public enum Network
{
    /// <summary>The network that takes the gradient steps.</summary>
    Student,

    /// <summary>Its moving average.</summary>
    Teacher,
}

/// <summary>How a detection's confidence s is formed from its FCOS score c = sqrt(class probability * centre-ness) and its mask quality m.</summary>
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
public enum NormaliserForm
{
    /// <summary>The number of instances with a pseudo mask (published).</summary>
    Count,

    /// <summary>The sum of their confidences (the published code's option).</summary>
    Confidence,
}

/// <summary>How masks are taught.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(CondInstTeaching), "condInst")]
[JsonDerivedType(typeof(BoxInstTeaching), "boxInst")]
[JsonDerivedType(typeof(BoxTeacherTeaching), "boxTeacher")]
public abstract record TeachingRecipe
{
    /// <summary>The labels that the method may see.</summary>
    [JsonIgnore]
    public virtual Supervision Supervision => Supervision.Boxes;

    /// <summary>The network that is evaluated.</summary>
    [JsonIgnore]
    public virtual Network Inference => Network.Student;

    /// <summary>
    /// At most so many positive locations of a batch get a mask, drawn at random; published CondInst: 500. Null: the best of each box,
    /// as published for BoxInst and BoxTeacher.
    /// </summary>
    public int? MaxProposals { get; init; }
}

/// <summary>CondInst with full masks (Tian et al. 2020): the upper bound.</summary>
public sealed record CondInstTeaching : TeachingRecipe
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override Supervision Supervision => Supervision.Masks;
}

/// <summary>BoxInst (Tian et al. 2021): projection and colour affinity, no teacher.</summary>
/// <param name="Pairwise">The colour affinity term.</param>
public sealed record BoxInstTeaching(PairwiseRecipe Pairwise) : TeachingRecipe;

/// <summary>BoxTeacher (Cheng et al. 2023): BoxInst's terms and pseudo masks of an EMA teacher.</summary>
/// <param name="Pairwise">The colour affinity term.</param>
/// <param name="PseudoMasks">Where pseudo masks come from and how much they count.</param>
/// <param name="Teacher">The moving average.</param>
public sealed record BoxTeacherTeaching(PairwiseRecipe Pairwise, PseudoMaskRecipe PseudoMasks, TeacherRecipe Teacher) : TeachingRecipe
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override Network Inference => Teacher.Evaluate;
}

/// <summary>BoxInst's pairwise term.</summary>
/// <param name="Dilation">Distance of the eight neighbours on the mask grid; published: 2.</param>
/// <param name="ColorThreshold">Smallest colour similarity of a pair that counts; published: 0.3.</param>
/// <param name="WarmUpIterations">The term's factor rises to 1 over so many iterations; published: 10,000; 0: at once.</param>
/// <param name="BottomRows">Rows at the end of a file's image that take no part; published: 10.</param>
public sealed record PairwiseRecipe(int Dilation, double ColorThreshold, int WarmUpIterations, int BottomRows);

/// <summary>BoxTeacher's pseudo masks and the losses on them.</summary>
/// <param name="Confidence">The form of the confidence that weights a pseudo mask.</param>
/// <param name="Assignment">Which prediction a box gets.</param>
/// <param name="IouThreshold">Smallest box IoU of a prediction and the box that it is assigned to; published: 0.5.</param>
/// <param name="ScoreThreshold">Smallest score of an assigned prediction; published: 0.</param>
/// <param name="MaskThreshold">Foreground probability of a binary pseudo mask; published: 0.5; null: soft masks.</param>
/// <param name="MaskWeight">Weight of the noise-aware dice loss; published: 0.5.</param>
/// <param name="AffinityWeight">Weight of the noise-reduced affinity loss; published: 0.1.</param>
/// <param name="AffinityThreshold">Smallest mask affinity of a pair that counts; published: 0.5; null: the affinity itself is the pair's weight.</param>
/// <param name="AverageWeight">Weight of the average-projection loss; published: 0.</param>
/// <param name="Normaliser">What the losses are divided by.</param>
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
    NormaliserForm Normaliser,
    int WarmUpIterations);

/// <summary>How a teacher's momentum begins.</summary>
public enum MomentumForm
{
    /// <summary>min(cap, 1 - 1 / (t + 1)) before iteration t, as published: the plain mean of all students at first.</summary>
    Rising,

    /// <summary>The cap from the second iteration on; the first copies the student.</summary>
    Constant,
}

/// <summary>The EMA teacher.</summary>
/// <param name="MomentumCap">Largest momentum; published: 0.999.</param>
/// <param name="Mode">How it runs on the weak views; published: in training mode.</param>
/// <param name="Buffers">What happens to its running statistics; published: they stay its own.</param>
/// <param name="InputSize">Size that it sees images in; published: 800/1333; null: the batch's.</param>
/// <param name="Evaluate">The network that is evaluated; published: the teacher.</param>
/// <param name="Momentum">How the momentum begins; published: rising.</param>
public sealed record TeacherRecipe(double MomentumCap, TeacherMode Mode, TeacherBuffers Buffers, TestSize? InputSize, Network Evaluate, MomentumForm Momentum = MomentumForm.Rising);
