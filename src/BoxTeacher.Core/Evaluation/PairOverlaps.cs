using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>The overlap of each detection with each truth of an image.</summary>
internal static class PairOverlaps
{
    /// <summary>Measures all pairs.</summary>
    /// <param name="type">What is measured.</param>
    /// <param name="detections">The detections.</param>
    /// <param name="truths">The truths, all of one image.</param>
    /// <param name="crowd">For each truth whether it is a crowd; then the denominator is the detection's area.</param>
    /// <param name="overlaps">Receives intersection over union, [detections, truths].</param>
    public static void Measure(
        IouType type, ReadOnlySpan<DetectionResult> detections, ReadOnlySpan<CocoTruth> truths, ReadOnlySpan<bool> crowd,
        Span<double> overlaps)
    {
        if (truths.IsEmpty || detections.IsEmpty)
        {
            return;
        }
        if (type == IouType.Box)
        {
            MeasureBoxes(detections, truths, crowd, overlaps);
        }
        else
        {
            MeasureMasks(detections, truths, crowd, overlaps);
        }
    }

    private static void MeasureBoxes(
        ReadOnlySpan<DetectionResult> detections, ReadOnlySpan<CocoTruth> truths, ReadOnlySpan<bool> crowd, Span<double> overlaps)
    {
        for (var d = 0; d < detections.Length; d++)
        {
            for (var g = 0; g < truths.Length; g++)
            {
                overlaps[(d * truths.Length) + g] = Box.IoU(detections[d].Box, truths[g].Box, crowd[g]);
            }
        }
    }

    private static void MeasureMasks(
        ReadOnlySpan<DetectionResult> detections, ReadOnlySpan<CocoTruth> truths, ReadOnlySpan<bool> crowd, Span<double> overlaps)
    {
        var size = truths[0].Size;
        var masks = new RunLengthMask[truths.Length];
        for (var g = 0; g < masks.Length; g++)
        {
            masks[g] = truths[g].Shape!.ToMask(size);
        }
        using var overlap = new MaskOverlap(masks);
        for (var d = 0; d < detections.Length; d++)
        {
            overlap.IoU(detections[d].Mask!, crowd, overlaps.Slice(d * truths.Length, truths.Length));
        }
    }
}
