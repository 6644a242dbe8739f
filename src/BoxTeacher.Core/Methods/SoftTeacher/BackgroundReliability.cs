using static TorchSharp.torch;

namespace BoxTeacher.Methods;

/// <summary>What is known of n boxes that the student is to take for background, over all unlabelled images of a batch.</summary>
/// <param name="Teacher">[n, C + 1] the teacher's class probabilities of the very box, in its own view; background is the last.</param>
/// <param name="Student">[n, C + 1] the student's, without gradient.</param>
/// <param name="Boxes">[n, 4] xyxy in pixels of the student's view.</param>
/// <param name="TeacherBoxes">[n, 4] the same boxes in pixels of the teacher's view, clipped to it.</param>
/// <param name="Overlap">[n] largest IoU with a pseudo box, below what would make them foreground; 0 without pseudo boxes.</param>
public sealed record BackgroundScores(Tensor Teacher, Tensor Student, Tensor Boxes, Tensor TeacherBoxes, Tensor Overlap)
{
    /// <summary>[n] the teacher's probability of background.</summary>
    public Tensor TeacherBackground => Teacher.select(1, -1);

    /// <summary>[n] the student's probability of background.</summary>
    public Tensor StudentBackground => Student.select(1, -1);
}

/// <summary>
/// How far n boxes are to be trusted that they are background: their weights in the class loss, [n] in [0, 1]. Soft Teacher, table 7.
/// </summary>
public delegate Tensor BackgroundReliability(BackgroundScores scores);

/// <summary>
/// The six indicators of table 7. Only the first was released; the paper gives a formula for the difference of predictions alone, the
/// others are its words read plainly.
/// </summary>
public static class Reliability
{
    /// <summary>BG-T, what the method uses: the teacher's probability of background.</summary>
    public static BackgroundReliability BackgroundOfTeacher { get; } = scores => scores.TeacherBackground;

    /// <summary>BG-S: the student's probability of background.</summary>
    public static BackgroundReliability BackgroundOfStudent { get; } = scores => scores.StudentBackground;

    /// <summary>Pred-Diff, eq. 6: 1 - |background of the student - background of the teacher|.</summary>
    public static BackgroundReliability PredictionDifference { get; } = scores =>
        1 - (scores.StudentBackground - scores.TeacherBackground).abs();

    /// <summary>IoU: the largest overlap with a pseudo box.</summary>
    public static BackgroundReliability Iou { get; } = scores => scores.Overlap;

    /// <summary>Reverse-IoU: 1 - the largest overlap with a pseudo box.</summary>
    public static BackgroundReliability ReverseIou { get; } = scores => 1 - scores.Overlap;

    /// <summary>All background counts fully; the teacher is not asked.</summary>
    public static BackgroundReliability None { get; } = scores => ones_like(scores.Overlap);
}
