using System.Buffers;

namespace BoxTeacher.Masks;

/// <summary>Reads the runs of a compressed mask one by one.</summary>
internal ref struct RunReader(ReadOnlySpan<byte> codes)
{
    private readonly ReadOnlySpan<byte> _codes = codes;
    private int _next;
    private int _index;
    private long _last;
    private long _beforeLast;

    /// <summary>Reads one run.</summary>
    /// <exception cref="FormatException">A character outside the code, or a run that is cut off or too long.</exception>
    public bool Next(out long run)
    {
        if (_next >= _codes.Length)
        {
            run = 0;
            return false;
        }
        long value = 0;
        var shift = 0;
        uint group;
        do
        {
            if (_next >= _codes.Length || shift > 35)
            {
                throw new FormatException("the compressed runs are cut off");
            }
            group = (uint)(_codes[_next++] - 48);
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
        run = _index++ > 2 ? value + _beforeLast : value;
        (_beforeLast, _last) = (_last, run);
        return true;
    }
}

/// <summary>Area and box of the foreground, from its runs in order.</summary>
internal struct RunExtent
{
    private readonly int _height;
    private readonly double _perHeight;
    private int _top;

    public RunExtent(int height) => (_height, _perHeight, _top) = (height, 1.0 / height, height);

    public long Area { get; private set; }

    public int Left { get; private set; }

    public readonly int Top => Area == 0 ? 0 : _top;

    public int Right { get; private set; }

    public int Bottom { get; private set; }

    /// <summary>Adds the run of the column-major positions from start up to, but without, end.</summary>
    public void Add(int start, int end)
    {
        int firstColumn = Column(start), lastColumn = Column(end - 1);
        Left = Area == 0 ? firstColumn : Left;
        Right = lastColumn + 1;
        var onward = firstColumn < lastColumn;
        _top = Math.Min(_top, onward ? 0 : start - (firstColumn * _height));
        Bottom = Math.Max(Bottom, onward ? _height : end - (lastColumn * _height));
        Area += end - start;
    }

    // Division by multiplication: the product is less than a column off.
    private readonly int Column(int position)
    {
        var column = (int)(position * _perHeight);
        var row = position - (column * _height);
        return row < 0 ? column - 1 : row >= _height ? column + 1 : column;
    }
}

/// <summary>Writes runs in the compressed form into a pooled buffer; what the runs cover is noted on the way.</summary>
internal ref struct RunWriter(int expectedRuns, int height)
{
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(64, 2 * expectedRuns));
    private RunExtent _extent = new(height);
    private int _length;
    private int _index;
    private int _position;
    private int _last;
    private int _beforeLast;

    /// <summary>Area and box of the runs so far.</summary>
    public readonly RunExtent Extent => _extent;

    /// <summary>Appends one run.</summary>
    public void Add(int run)
    {
        if (_buffer.Length - _length < 8)
        {
            Grow();
        }
        if ((_index & 1) != 0 && run > 0)
        {
            _extent.Add(_position, _position + run);
        }
        _position += run;
        var value = _index++ > 2 ? (long)run - _beforeLast : run;
        (_beforeLast, _last) = (_last, run);
        bool more;
        do
        {
            var group = value & 31;
            value >>= 5;
            more = (group & 16) != 0 ? value != -1 : value != 0;
            _buffer[_length++] = (byte)(48 + group + (more ? 32 : 0));
        }
        while (more);
    }

    /// <summary>The code so far.</summary>
    public readonly byte[] ToArray() => _buffer.AsSpan(0, _length).ToArray();

    /// <summary>Gives the buffer back.</summary>
    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(2 * _buffer.Length);
        _buffer.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
