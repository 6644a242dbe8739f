using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace BoxTeacher.Masks;

/// <summary>
/// Where a mask, walked down its columns, changes between background and foreground. A bitmap is scanned row by row, a
/// vector of columns against the row above; the few changes are then sorted by column.
/// </summary>
internal ref struct ColumnChanges(int height, int width)
{
    private readonly int[] _perColumn = RentCleared(width + 1);
    private int[] _rows = ArrayPool<int>.Shared.Rent(1024);
    private int[] _columns = ArrayPool<int>.Shared.Rent(1024);
    private int _count;

    /// <summary>Number of changes.</summary>
    public readonly int Count => _count;

    /// <summary>Scans the bitmap.</summary>
    /// <param name="pixels">Height * width bytes, row by row; non-zero is foreground.</param>
    public void Collect(ReadOnlySpan<byte> pixels)
    {
        // The pixel before a column's top is the bottom of the column before it.
        var bottom = pixels[((height - 1) * width)..];
        for (var x = 0; x < width; x++)
        {
            var before = x > 0 && bottom[x - 1] != 0;
            if (before != (pixels[x] != 0))
            {
                Add(0, x);
            }
        }
        var block = 0;
        for (; block <= width - Vector512<byte>.Count; block += Vector512<byte>.Count)
        {
            ref var cell = ref MemoryMarshal.GetReference(pixels[block..]);
            var above = Background(ref cell);
            for (var y = 1; y < height; y++)
            {
                cell = ref System.Runtime.CompilerServices.Unsafe.Add(ref cell, width);
                var here = Background(ref cell);
                var changes = above ^ here;
                if (changes != 0)
                {
                    AddAll(changes, y, block);
                    above = here;
                }
            }
        }
        for (var y = 1; y < height; y++)
        {
            var above = pixels.Slice((y - 1) * width, width);
            var here = pixels.Slice(y * width, width);
            for (var x = block; x < width; x++)
            {
                if ((above[x] != 0) != (here[x] != 0))
                {
                    Add(y, x);
                }
            }
        }
    }

    /// <summary>Adds one change.</summary>
    /// <param name="row">The row at which it is met on the way down, 0 to height.</param>
    /// <param name="column">The column.</param>
    public void Add(int row, int column)
    {
        if (_count == _rows.Length || _count == _columns.Length)
        {
            Grow(ref _rows);
            Grow(ref _columns);
        }
        _rows[_count] = row;
        _columns[_count++] = column;
        _perColumn[column]++;
    }

    /// <summary>Writes the runs between the changes.</summary>
    /// <param name="writer">Takes the runs.</param>
    public readonly void WriteTo(ref RunWriter writer)
    {
        var ordered = ArrayPool<int>.Shared.Rent(_count + 1);
        Order(ordered);
        ordered[_count] = height * width;
        var position = ordered[0];
        var run = position;
        // Two changes at one place cancel: the runs on both sides of the empty one are joined.
        for (var i = 1; i <= _count; i++)
        {
            var here = ordered[i];
            if (here > position)
            {
                writer.Add(run);
                run = here - position;
            }
            else if (++i <= _count)
            {
                here = ordered[i];
                run += here - position;
            }
            position = here;
        }
        writer.Add(run);
        ArrayPool<int>.Shared.Return(ordered);
    }

    // Column-major positions in ascending order: counted by column, then the few of each column put in order.
    private readonly void Order(int[] ordered)
    {
        var start = 0;
        for (var x = 0; x < width; x++)
        {
            (start, _perColumn[x]) = (start + _perColumn[x], start);
        }
        for (var i = 0; i < _count; i++)
        {
            var x = _columns[i];
            ordered[_perColumn[x]++] = (x * height) + _rows[i];
        }
        for (var i = 1; i < _count; i++)
        {
            int position = ordered[i], place = i;
            for (; place > 0 && ordered[place - 1] > position; place--)
            {
                ordered[place] = ordered[place - 1];
            }
            ordered[place] = position;
        }
    }

    /// <summary>Gives the buffers back.</summary>
    public readonly void Dispose()
    {
        ArrayPool<int>.Shared.Return(_perColumn);
        ArrayPool<int>.Shared.Return(_rows);
        ArrayPool<int>.Shared.Return(_columns);
    }

    private static ulong Background(ref byte cell) =>
        Vector512.Equals(Vector512.LoadUnsafe(ref cell), Vector512<byte>.Zero).ExtractMostSignificantBits();

    private static int[] RentCleared(int length)
    {
        var array = ArrayPool<int>.Shared.Rent(length);
        array.AsSpan(0, length).Clear();
        return array;
    }

    private void AddAll(ulong changes, int row, int firstColumn)
    {
        while (changes != 0)
        {
            Add(row, firstColumn + BitOperations.TrailingZeroCount(changes));
            changes &= changes - 1;
        }
    }

    private readonly void Grow(ref int[] array)
    {
        var larger = ArrayPool<int>.Shared.Rent(2 * array.Length);
        array.AsSpan(0, _count).CopyTo(larger);
        ArrayPool<int>.Shared.Return(array);
        array = larger;
    }
}
