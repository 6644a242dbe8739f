using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Teaching.PseudoMasks;

/// <summary>How far a pseudo mask is to be trusted: the weight of its box's instances in the pseudo losses.</summary>
public interface IConfidenceScore
{
    /// <summary>
    /// Confidence of each mask, in [0, 1]; 0 takes the mask out of the losses. [n]. Anything else ends the training with an
    /// <see cref="ArgumentException"/>.
    /// </summary>
    Tensor Confidence(TeacherMasks masks);
}

/// <summary>The confidence scores of the paper and of its code, and a way to bring one's own.</summary>
public static class ConfidenceScore
{
    /// <summary>
    /// The published code: s = sqrt(sqrt(c) * m), with m the mean foreground probability over the whole image. A
    /// square root more than the paper's, and the box is not looked at.
    /// </summary>
    public static IConfidenceScore Published { get; } = From(masks => (masks.Scores.sqrt() * masks.Quality()).sqrt());

    /// <summary>The paper: s = sqrt(c * m), with m the mean foreground probability inside the box.</summary>
    public static IConfidenceScore Paper { get; } = From(masks => (masks.Scores * masks.QualityInBox()).sqrt());

    /// <summary>No confidence scoring: every assigned mask weighs 1.</summary>
    public static IConfidenceScore Off { get; } = From(masks => ones_like(masks.Scores));

    /// <summary>A score from a function of the predictions; temporaries are disposed of.</summary>
    public static IConfidenceScore From(Func<TeacherMasks, Tensor> score) => new Function(score);

    private sealed class Function(Func<TeacherMasks, Tensor> score) : IConfidenceScore
    {
        public Tensor Confidence(TeacherMasks masks)
        {
            using var scope = NewDisposeScope();
            return score(masks).MoveToOuterDisposeScope();
        }
    }
}
