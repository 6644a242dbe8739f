using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace BoxTeacher.Masks;

/// <content>Masks from and to bitmaps.</content>
public sealed partial class RunLengthMask
{
    /// <summary>Encodes a bitmap.</summary>
    /// <param name="pixels">Height * width bytes, row by row; any non-zero byte is foreground.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    /// <exception cref="ArgumentException">The span's length does not fit the size.</exception>
    public static RunLengthMask Encode(ReadOnlySpan<byte> pixels, int height, int width)
    {
        CheckSize(height, width);
        if (pixels.Length != height * width)
        {
            throw new ArgumentException($"A {height}x{width} mask has {height * width} bytes, not {pixels.Length}.", nameof(pixels));
        }
        using var changes = new ColumnChanges(height, width);
        changes.Collect(pixels);
        var writer = new RunWriter(changes.Count + 1, height);
        changes.WriteTo(ref writer);
        var mask = new RunLengthMask(writer, height, width);
        writer.Dispose();
        return mask;
    }

    /// <summary>Encodes a bitmap.</summary>
    /// <param name="pixels">Height * width truth values, row by row.</param>
    /// <param name="height">Number of rows.</param>
    /// <param name="width">Number of columns.</param>
    public static RunLengthMask Encode(ReadOnlySpan<bool> pixels, int height, int width) =>
        Encode(MemoryMarshal.AsBytes(pixels), height, width);

    /// <summary>Decodes to a bitmap.</summary>
    /// <returns>Height * width bytes, row by row, 1 for foreground.</returns>
    public byte[] Decode()
    {
        var pixels = new byte[Height * Width];
        DecodeOntoZeros(pixels);
        return pixels;
    }

    /// <summary>Decodes into a bitmap of the caller.</summary>
    /// <param name="pixels">Height * width bytes; all of them are written, 1 for foreground and 0 for background.</param>
    /// <exception cref="ArgumentException">The span's length does not fit the size.</exception>
    public void Decode(Span<byte> pixels)
    {
        if (pixels.Length != Height * Width)
        {
            throw new ArgumentException($"A {Height}x{Width} mask has {Height * Width} bytes, not {pixels.Length}.", nameof(pixels));
        }
        pixels.Clear();
        DecodeOntoZeros(pixels);
    }

    // Where the mask changes on the way down a column a 1 is set; the running exclusive-or down the rows, a vector of
    // columns at a time, turns these marks into the mask.
    private void DecodeOntoZeros(Span<byte> pixels)
    {
        if (Area == 0)
        {
            return;
        }
        var intervals = ArrayPool<int>.Shared.Rent(RunLimit);
        var count = CopyIntervals(intervals);
        for (var i = 0; i < count; i += 2)
        {
            int start = intervals[i], end = intervals[i + 1];
            var column = start / Height;
            var row = start - (column * Height);
            pixels[(row * Width) + column] ^= 1;
            var columnEnd = (column + 1) * Height;
            while (end > columnEnd)
            {
                pixels[++column] ^= 1;
                columnEnd += Height;
            }
            if (end < columnEnd)
            {
                pixels[((end - (columnEnd - Height)) * Width) + column] ^= 1;
            }
        }
        ArrayPool<int>.Shared.Return(intervals);
        // One row more than the foreground has, so that the marks that end it are cleared.
        var lastRow = Math.Min(Bottom, Height - 1);
        for (var row = Top + 1; row <= lastRow; row++)
        {
            var above = pixels.Slice(((row - 1) * Width) + Left, Right - Left);
            var here = pixels.Slice((row * Width) + Left, Right - Left);
            var x = 0;
            for (; x <= here.Length - Vector<byte>.Count; x += Vector<byte>.Count)
            {
                (new Vector<byte>(above[x..]) ^ new Vector<byte>(here[x..])).CopyTo(here[x..]);
            }
            for (; x < here.Length; x++)
            {
                here[x] ^= above[x];
            }
        }
    }
}
