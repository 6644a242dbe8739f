using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Detectors;

/// <summary>Detections of one image before their masks, best first, as managed values.</summary>
/// <param name="Boxes">4n numbers, xyxy in pixels of the network input, not clipped.</param>
/// <param name="Scores">n scores sqrt(class probability * centre-ness), descending.</param>
/// <param name="Classes">n zero-based classes.</param>
/// <param name="Locations">n locations in the grid of the head's outputs.</param>
public sealed record FcosCandidates(float[] Boxes, float[] Scores, long[] Classes, int[] Locations)
{
    /// <summary>Number of detections.</summary>
    public int Count => Scores.Length;

    /// <summary>The detections of the given rows, in that order.</summary>
    public FcosCandidates Select(ReadOnlySpan<int> rows)
    {
        var selected = new FcosCandidates(new float[4 * rows.Length], new float[rows.Length], new long[rows.Length], new int[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            Boxes.AsSpan(4 * rows[i], 4).CopyTo(selected.Boxes.AsSpan(4 * i));
            (selected.Scores[i], selected.Classes[i], selected.Locations[i]) = (Scores[rows[i]], Classes[rows[i]], Locations[rows[i]]);
        }
        return selected;
    }

    /// <summary>The boxes as a tensor [n,4], float32.</summary>
    public Tensor BoxTensor(Device? device = null) => tensor(Boxes, [Count, 4], device: device);
}
