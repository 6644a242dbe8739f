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
/// <param name="Score">Its confidence; only the order matters.</param>
/// <param name="Box">Its box in pixels.</param>
/// <param name="Mask">Its mask, of the image's size.</param>
public sealed record DetectionResult(long ImageId, int Category, double Score, Box Box, RunLengthMask? Mask)
{
    /// <summary>
    /// The area that decides between small, medium and large: the mask's, or the box's where there is no mask. The COCO
    /// tools take the box's for results files that hold both.
    /// </summary>
    public double Area { get; init; } = Mask?.Area ?? Box.Area;
}
