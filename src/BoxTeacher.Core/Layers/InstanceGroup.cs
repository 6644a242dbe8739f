namespace BoxTeacher.Layers;

/// <summary>A rectangle of map pixels: rows [Top, Top + Height), columns [Left, Left + Width).</summary>
public readonly record struct PixelRegion(int Top, int Left, int Height, int Width);

/// <summary>
/// Consecutive mask instances of one box. They share targets and pair weights, and nothing outside
/// <paramref name="Region"/> can weigh in their pairs.
/// </summary>
/// <param name="Box">Index into the boxes of the batch.</param>
/// <param name="Start">First instance.</param>
/// <param name="Count">Number of instances.</param>
/// <param name="Region">First pixels of all pairs whose weight may differ from 0.</param>
public readonly record struct InstanceGroup(int Box, int Start, int Count, PixelRegion Region)
{
    /// <summary>Splits the instances into runs of equal box.</summary>
    /// <param name="boxOfInstance">Box index of each instance; equal ones should stand together.</param>
    /// <param name="regionOfBox">Region of each box.</param>
    public static IReadOnlyList<InstanceGroup> Runs(ReadOnlySpan<int> boxOfInstance, IReadOnlyList<PixelRegion> regionOfBox)
    {
        var groups = new List<InstanceGroup>();
        for (var start = 0; start < boxOfInstance.Length;)
        {
            var box = boxOfInstance[start];
            var rest = boxOfInstance[start..];
            var length = rest.IndexOfAnyExcept(box) is var end and >= 0 ? end : rest.Length;
            groups.Add(new InstanceGroup(box, start, length, regionOfBox[box]));
            start += length;
        }

        return groups;
    }
}
