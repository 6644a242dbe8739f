using System.Text.Json.Serialization;
using BoxTeacher.Data;

namespace BoxTeacher.Training;

/// <summary>One of the two networks of a method.</summary>
public enum Network
{
    /// <summary>The network that takes the gradient steps.</summary>
    Student,

    /// <summary>Its moving average.</summary>
    Teacher,
}

/// <summary>How a detection's confidence s is formed from its FCOS score f = sqrt(cls * ctr) and its mask quality m.</summary>
public enum ConfidenceForm
{
    /// <summary>The published code's: s = sqrt(sqrt(f) * m).</summary>
    Published,

    /// <summary>The paper's: s = sqrt(f * m).</summary>
    Paper,

    /// <summary>Off: every assigned pseudo mask counts fully.</summary>
    Off,
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
/// <param name="WarmUpIterations">The term's factor rises to 1 over so many iterations; published: 10,000.</param>
public sealed record PairwiseRecipe(int Dilation, double ColorThreshold, int WarmUpIterations);

/// <summary>BoxTeacher's pseudo masks and the two losses on them.</summary>
/// <param name="Confidence">The form of the confidence that weights a pseudo mask.</param>
/// <param name="IouThreshold">Smallest box IoU of a prediction and the box that it is assigned to; published: 0.5.</param>
/// <param name="ScoreThreshold">Smallest confidence of an assigned prediction; published: 0.</param>
/// <param name="MaskWeight">Weight of the noise-aware dice loss; published: 0.5.</param>
/// <param name="AffinityWeight">Weight of the noise-reduced affinity loss; published: 0.1.</param>
/// <param name="AffinityThreshold">Smallest mask affinity of a pair that counts; published: 0.5.</param>
/// <param name="WarmUpIterations">Both factors rise to 1 over so many iterations; published: 10,000.</param>
public sealed record PseudoMaskRecipe(
    ConfidenceForm Confidence,
    double IouThreshold,
    double ScoreThreshold,
    double MaskWeight,
    double AffinityWeight,
    double AffinityThreshold,
    int WarmUpIterations);

/// <summary>The EMA teacher: momentum min(cap, 1 - 1 / (t + 1)) in iteration t.</summary>
/// <param name="MomentumCap">Largest momentum; published: 0.999.</param>
/// <param name="Evaluate">The network that is evaluated; published: the teacher.</param>
public sealed record TeacherRecipe(double MomentumCap, Network Evaluate);
