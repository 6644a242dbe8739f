using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>What overlap is measured on.</summary>
public enum IouType
{
    /// <summary>Boxes.</summary>
    Box,

    /// <summary>Masks, which all truths and detections must have.</summary>
    Mask,
}

/// <summary>One detected object.</summary>
/// <param name="ImageId">The id of the image it is in.</param>
/// <param name="Category">0-based index into the data set's categories; -1 for a category that the data set lacks.</param>
/// <param name="Score">Its confidence, which boxes are ranked by; only the order matters.</param>
/// <param name="Box">Its box in pixels.</param>
/// <param name="Mask">Its mask, of the image's size.</param>
public sealed record DetectionResult(long ImageId, int Category, double Score, Box Box, RunLengthMask? Mask)
{
    /// <summary>
    /// The area that decides between small, medium and large: the mask's, or the box's where there is no mask. The COCO
    /// tools take the box's for results files that hold both.
    /// </summary>
    public double Area { get; init; } = Mask?.Area ?? Box.Area;

    /// <summary>
    /// What masks are ranked by: the score that the detection was made with, unless it is set. A copy by <c>with</c> keeps it.
    /// </summary>
    public double MaskScore { get; init; } = Score;

    /// <summary>What boxes or masks are ranked by.</summary>
    public double ScoreFor(IouType type) => type == IouType.Mask ? MaskScore : Score;

    /// <summary>
    /// Detections whose <see cref="Score"/> is what they are ranked by, where an evaluation begins; behind it nothing asks which score
    /// counts.
    /// </summary>
    /// <returns>In the same order; the list itself where no score differs.</returns>
    internal static IReadOnlyList<DetectionResult> Ranked(IReadOnlyList<DetectionResult> results, IouType type) =>
        results.All(result => result.ScoreFor(type) == result.Score)
            ? results
            : [.. results.Select(result => result with { Score = result.ScoreFor(type) })];
}
