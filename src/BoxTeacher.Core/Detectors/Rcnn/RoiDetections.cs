using BoxTeacher.Masks;
using BoxTeacher.Structures;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>Detections of detectors whose masks are grids over their boxes, as plain values.</summary>
internal static class RoiDetections
{
    /// <summary>
    /// What one image's detections are in an image of another size: boxes scaled and clipped, masks within the clipped boxes.
    /// </summary>
    /// <param name="found">With scores, boxes in pixels of the network's input.</param>
    /// <param name="masks">[n, s, s] probabilities over the boxes; null: there are none.</param>
    /// <param name="network">Size of the input image without padding.</param>
    /// <param name="output">Size to give them in.</param>
    /// <param name="maskScores">[n] what masks are ranked by; null: the boxes' scores.</param>
    public static Detection[] Of(Instances found, Tensor? masks, ImageSize network, ImageSize output, Tensor? maskScores = null)
    {
        var candidates = new BoxCandidates(
            HostValues.Floats(found.Boxes), HostValues.Floats(found.Scores!), HostValues.Longs(found.Classes), new int[found.Count]);
        var ranks = maskScores is null ? candidates.Scores : HostValues.Floats(maskScores);
        var (boxes, rows) = candidates.Rescaled(network, output);
        IReadOnlyList<RunLengthMask>? encoded = null;
        if (masks is not null)
        {
            var index = tensor(Array.ConvertAll(rows, row => (long)row), [rows.Length], device: masks.device);
            encoded = MaskPaste.Encode(
                masks.index_select(0, index), tensor(boxes, [rows.Length, 4], masks.dtype, masks.device), output);
        }

        return [.. rows.Select((row, i) => new Detection(
            (int)candidates.Classes[row],
            candidates.Scores[row],
            Box.FromCorners(boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]),
            encoded?[i]) { MaskScore = ranks[row] })];
    }
}
