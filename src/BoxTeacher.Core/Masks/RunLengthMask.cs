using System.Text;
using BoxTeacher.Structures;

namespace BoxTeacher.Masks;

/// <summary>
/// A binary mask as COCO's run-length code: runs go down the columns, left to right, and alternate between background
/// and foreground, background first. The mask is immutable and kept in the compressed form in which files hold it,
/// about one byte a run; area and box are known from its one checking pass.
/// </summary>
/// <remarks>
/// The compressed form: each run, less the run two places before it from the fourth run on, as signed five-bit groups,
/// least significant first; bit 0x20 says that another group follows; plus 48 as ASCII (maskApi.c of the COCO API).
/// Runs may stop short of the image's end, the rest is then background for <see cref="Area"/> and <see cref="Bounds"/>;
/// runs past the end are refused.
/// </remarks>
public sealed partial class RunLengthMask
{
    private readonly ReadOnlyMemory<byte> _codes;

    private RunLengthMask(ReadOnlyMemory<byte> codes, int height, int width)
    {
        (_codes, Height, Width) = (codes, height, width);
        long position = 0, pixels = (long)height * width;
        var extent = new RunExtent(height);
        var runs = new RunReader(codes.Span);
        for (var foreground = false; runs.Next(out var run); foreground = !foreground)
        {
            if (run < 0 || run > pixels - position)
            {
                throw new FormatException($"the runs leave the {height}x{width} mask");
            }
            if (foreground && run > 0)
            {
                extent.Add((int)position, (int)(position + run));
            }
            position += run;
        }
        (Area, Left, Top, Right, Bottom) = (extent.Area, extent.Left, extent.Top, extent.Right, extent.Bottom);
        IsFull = position == pixels;
    }

    private RunLengthMask(in RunWriter writer, int height, int width, bool isFull = true)
    {
        (_codes, Height, Width, IsFull) = (writer.ToArray(), height, width, isFull);
        var extent = writer.Extent;
        (Area, Left, Top, Right, Bottom) = (extent.Area, extent.Left, extent.Top, extent.Right, extent.Bottom);
    }

    /// <summary>Number of rows.</summary>
    public int Height { get; }

    /// <summary>Number of columns.</summary>
    public int Width { get; }

    /// <summary>Height and width.</summary>
    public ImageSize Size => new(Height, Width);

    /// <summary>Number of foreground pixels.</summary>
    public long Area { get; }

    /// <summary>The smallest box around the foreground; all zero when there is none.</summary>
    public Box Bounds => Box.FromCorners(Left, Top, Right, Bottom);

    /// <summary>First column with foreground.</summary>
    internal int Left { get; }

    /// <summary>First row with foreground.</summary>
    internal int Top { get; }

    /// <summary>One past the last column with foreground.</summary>
    internal int Right { get; }

    /// <summary>One past the last row with foreground.</summary>
    internal int Bottom { get; }

    /// <summary>Whether the runs reach the last pixel, as those of a whole mask do; what they leave out is background.</summary>
    internal bool IsFull { get; }

    /// <summary>An upper bound of the number of runs.</summary>
    internal int RunLimit => _codes.Length;

    /// <summary>A mask from run lengths.</summary>
    /// <param name="counts">Runs down the columns, background first; runs of length zero are kept.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    /// <exception cref="FormatException">The size is out of range or the runs leave the mask.</exception>
    public static RunLengthMask FromCounts(ReadOnlySpan<uint> counts, int height, int width)
    {
        CheckSize(height, width);
        using var writer = new RunWriter(counts.Length, height);
        var left = (long)height * width;
        foreach (var run in counts)
        {
            left -= run;
            if (left < 0)
            {
                throw new FormatException($"the runs leave the {height}x{width} mask");
            }
            writer.Add((int)run);
        }
        return new RunLengthMask(writer, height, width, left == 0);
    }

    /// <summary>A mask from the compressed string of results files.</summary>
    /// <param name="codes">The string's ASCII bytes; copied.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    /// <exception cref="FormatException">The string is malformed or its runs leave the mask.</exception>
    public static RunLengthMask FromCompressed(ReadOnlySpan<byte> codes, int height, int width) =>
        FromOwnedCodes(codes.ToArray(), height, width);

    /// <inheritdoc cref="FromCompressed(ReadOnlySpan{byte}, int, int)"/>
    public static RunLengthMask FromCompressed(string codes, int height, int width)
    {
        ArgumentNullException.ThrowIfNull(codes);
        return Ascii.IsValid(codes)
            ? FromOwnedCodes(Encoding.ASCII.GetBytes(codes), height, width)
            : throw new FormatException("the compressed runs hold a character outside '0'..'o'");
    }

    /// <summary>The mask over bytes that the caller gives up and never changes.</summary>
    internal static RunLengthMask FromOwnedCodes(ReadOnlyMemory<byte> codes, int height, int width)
    {
        CheckSize(height, width);
        return new RunLengthMask(codes, height, width);
    }

    /// <summary>The run lengths, down the columns, background first.</summary>
    public uint[] ToCounts()
    {
        var counts = new List<uint>(_codes.Length);
        var runs = new RunReader(_codes.Span);
        while (runs.Next(out var run))
        {
            counts.Add((uint)run);
        }
        return [.. counts];
    }

    /// <summary>The compressed string, as results files hold it.</summary>
    public string ToCompressed() => Encoding.ASCII.GetString(_codes.Span);

    /// <summary>The compressed string's bytes.</summary>
    internal ReadOnlySpan<byte> Codes => _codes.Span;

    /// <summary>
    /// Writes the foreground as pairs (start, end) of column-major pixel positions, empty runs left out.
    /// </summary>
    /// <param name="intervals">Room for <see cref="RunLimit"/> numbers.</param>
    /// <returns>How many numbers were written, twice the number of intervals.</returns>
    internal int CopyIntervals(Span<int> intervals)
    {
        int count = 0, position = 0;
        var runs = new RunReader(_codes.Span);
        while (runs.Next(out var background))
        {
            position += (int)background;
            if (!runs.Next(out var foreground))
            {
                break;
            }
            if (foreground > 0)
            {
                intervals[count] = position;
                position += (int)foreground;
                intervals[count + 1] = position;
                count += 2;
            }
        }
        return count;
    }

    private static void CheckSize(int height, int width)
    {
        if (height is < 1 or > ImageSize.MaxSide || width is < 1 or > ImageSize.MaxSide || (long)height * width > int.MaxValue)
        {
            throw new FormatException($"a mask of {height}x{width} pixels is out of range");
        }
    }
}
