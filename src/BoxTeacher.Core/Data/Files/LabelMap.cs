using BoxTeacher.Masks;

namespace BoxTeacher.Data;

/// <summary>A number for each pixel: which object or class it belongs to.</summary>
public sealed class LabelMap
{
    /// <summary>Wraps labels; the array is not copied.</summary>
    /// <param name="labels">Height * width numbers, row by row.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    /// <exception cref="ArgumentException">The array's length does not fit the size.</exception>
    public LabelMap(ushort[] labels, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (height < 1 || width < 1 || labels.LongLength != (long)height * width)
        {
            throw new ArgumentException($"{labels.Length} labels are not a map of {height}x{width}.", nameof(labels));
        }
        (Labels, Height, Width) = (labels, height, width);
    }

    /// <summary>Height * width numbers, row by row.</summary>
    public ushort[] Labels { get; }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>Number of columns.</summary>
    public int Width { get; }

    /// <summary>The mask of the pixels that bear a label.</summary>
    /// <param name="label">The label.</param>
    public RunLengthMask MaskOf(int label)
    {
        var pixels = new byte[Labels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            pixels[i] = Labels[i] == label ? (byte)1 : (byte)0;
        }
        return RunLengthMask.Encode(pixels, Height, Width);
    }

    /// <summary>The labels that occur, in ascending order, each with its number of pixels.</summary>
    public IReadOnlyList<(int Label, int Pixels)> Count()
    {
        var counts = new int[ushort.MaxValue + 1];
        foreach (var label in Labels)
        {
            counts[label]++;
        }
        var present = new List<(int, int)>();
        for (var label = 0; label < counts.Length; label++)
        {
            if (counts[label] > 0)
            {
                present.Add((label, counts[label]));
            }
        }
        return present;
    }
}
