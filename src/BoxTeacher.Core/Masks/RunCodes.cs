using System.Buffers;

namespace BoxTeacher.Masks;

/// <summary>Reads the runs of a compressed mask one by one.</summary>
internal ref struct RunReader(ReadOnlySpan<byte> codes)
{
    private readonly ReadOnlySpan<byte> codes = codes;
    private int next;
    private int index;
    private long last;
    private long beforeLast;

    /// <summary>Reads one run.</summary>
    /// <exception cref="FormatException">A character outside the code, or a run that is cut off or too long.</exception>
    public bool Next(out long run)
    {
        if (next >= codes.Length)
        {
            run = 0;
            return false;
        }
        long value = 0;
        int shift = 0;
        uint group;
        do
        {
            if (next >= codes.Length || shift > 35)
            {
                throw new FormatException("the compressed runs are cut off");
            }
            group = (uint)(codes[next++] - 48);
            if (group > 63)
            {
                throw new FormatException("the compressed runs hold a character outside '0'..'o'");
            }
            value |= (long)(group & 31) << shift;
            shift += 5;
        }
        while ((group & 32) != 0);
        if ((group & 16) != 0)
        {
            value |= -1L << shift;
        }
        run = index++ > 2 ? value + beforeLast : value;
        (beforeLast, last) = (last, run);
        return true;
    }
}

/// <summary>Area and box of the foreground, from its runs in order.</summary>
internal struct RunExtent
{
    private readonly int height;
    private readonly double perHeight;
    private int top;

    public RunExtent(int height) => (this.height, perHeight, top) = (height, 1.0 / height, height);

    public long Area { get; private set; }

    public int Left { get; private set; }

    public readonly int Top => Area == 0 ? 0 : top;

    public int Right { get; private set; }

    public int Bottom { get; private set; }

    /// <summary>Adds the run of the column-major positions from start up to, but without, end.</summary>
    public void Add(int start, int end)
    {
        int firstColumn = Column(start), lastColumn = Column(end - 1);
        Left = Area == 0 ? firstColumn : Left;
        Right = lastColumn + 1;
        bool onward = firstColumn < lastColumn;
        top = Math.Min(top, onward ? 0 : start - (firstColumn * height));
        Bottom = Math.Max(Bottom, onward ? height : end - (lastColumn * height));
        Area += end - start;
    }

    // Division by multiplication: the product is less than a column off.
    private readonly int Column(int position)
    {
        int column = (int)(position * perHeight);
        int row = position - (column * height);
        return row < 0 ? column - 1 : row >= height ? column + 1 : column;
    }
}

/// <summary>Writes runs in the compressed form into a pooled buffer; what the runs cover is noted on the way.</summary>
internal ref struct RunWriter(int expectedRuns, int height)
{
    private byte[] buffer = ArrayPool<byte>.Shared.Rent(Math.Max(64, 2 * expectedRuns));
    private RunExtent extent = new(height);
    private int length;
    private int index;
    private int position;
    private int last;
    private int beforeLast;

    /// <summary>Area and box of the runs so far.</summary>
    public readonly RunExtent Extent => extent;

    /// <summary>Appends one run.</summary>
    public void Add(int run)
    {
        if (buffer.Length - length < 8)
        {
            Grow();
        }
        if ((index & 1) != 0 && run > 0)
        {
            extent.Add(position, position + run);
        }
        position += run;
        long value = index++ > 2 ? (long)run - beforeLast : run;
        (beforeLast, last) = (last, run);
        bool more;
        do
        {
            long group = value & 31;
            value >>= 5;
            more = (group & 16) != 0 ? value != -1 : value != 0;
            buffer[length++] = (byte)(48 + group + (more ? 32 : 0));
        }
        while (more);
    }

    /// <summary>The code so far.</summary>
    public readonly byte[] ToArray() => buffer.AsSpan(0, length).ToArray();

    /// <summary>Gives the buffer back.</summary>
    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(buffer);

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        buffer = larger;
    }
}
