using BoxTeacher.Structures;

namespace BoxTeacher.Detectors;

/// <summary>Detections of one image before their masks, best first, as managed values.</summary>
/// <param name="Boxes">4n numbers, xyxy in pixels of the network input, not clipped.</param>
/// <param name="Scores">n scores in [0, 1], descending.</param>
/// <param name="Classes">n 0-based classes.</param>
/// <param name="Locations">Where the detector made each of the n: its own to use, a location of a grid or a row of proposals.</param>
public sealed record BoxCandidates(float[] Boxes, float[] Scores, long[] Classes, int[] Locations)
{
    /// <summary>n.</summary>
    public int Count => Scores.Length;

    /// <summary>The detections of the given rows, in that order.</summary>
    public BoxCandidates Select(ReadOnlySpan<int> rows)
    {
        var selected = new BoxCandidates(new float[4 * rows.Length], new float[rows.Length], new long[rows.Length], new int[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            Boxes.AsSpan(4 * rows[i], 4).CopyTo(selected.Boxes.AsSpan(4 * i));
            (selected.Scores[i], selected.Classes[i], selected.Locations[i]) = (Scores[rows[i]], Classes[rows[i]], Locations[rows[i]]);
        }

        return selected;
    }

    /// <summary>The boxes in an image of another size, scaled and clipped.</summary>
    /// <param name="network">Size of the input image without padding.</param>
    /// <param name="output">Size to give boxes in.</param>
    /// <returns>Four numbers for each of those whose box keeps an area, and their rows.</returns>
    public (float[] Boxes, int[] Rows) Rescaled(ImageSize network, ImageSize output)
    {
        var scaleX = (float)((double)output.Width / network.Width);
        var scaleY = (float)((double)output.Height / network.Height);
        var boxes = new List<float>();
        var rows = new List<int>();
        for (var i = 0; i < Count; i++)
        {
            var box = Boxes.AsSpan(4 * i, 4);
            var (x1, x2) = (Math.Clamp(box[0] * scaleX, 0, output.Width), Math.Clamp(box[2] * scaleX, 0, output.Width));
            var (y1, y2) = (Math.Clamp(box[1] * scaleY, 0, output.Height), Math.Clamp(box[3] * scaleY, 0, output.Height));
            if (x2 - x1 > 0 && y2 - y1 > 0)
            {
                boxes.AddRange([x1, y1, x2, y2]);
                rows.Add(i);
            }
        }

        return ([.. boxes], [.. rows]);
    }
}
