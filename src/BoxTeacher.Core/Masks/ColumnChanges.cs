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
    private readonly int[] perColumn = RentCleared(width + 1);
    private int[] rows = ArrayPool<int>.Shared.Rent(1024);
    private int[] columns = ArrayPool<int>.Shared.Rent(1024);
    private int count;

    /// <summary>Number of changes.</summary>
    public readonly int Count => count;

    /// <summary>Scans the bitmap.</summary>
    /// <param name="pixels">Height * width bytes, row by row; non-zero is foreground.</param>
    public void Collect(ReadOnlySpan<byte> pixels)
    {
        // The pixel before a column's top is the bottom of the column before it.
        var bottom = pixels[((height - 1) * width)..];
        for (int x = 0; x < width; x++)
        {
            bool before = x > 0 && bottom[x - 1] != 0;
            if (before != (pixels[x] != 0))
            {
                Add(0, x);
            }
        }
        int block = 0;
        for (; block <= width - Vector512<byte>.Count; block += Vector512<byte>.Count)
        {
            ref byte cell = ref MemoryMarshal.GetReference(pixels[block..]);
            ulong above = Background(ref cell);
            for (int y = 1; y < height; y++)
            {
                cell = ref System.Runtime.CompilerServices.Unsafe.Add(ref cell, width);
                ulong here = Background(ref cell);
                ulong changes = above ^ here;
                if (changes != 0)
                {
                    AddAll(changes, y, block);
                    above = here;
                }
            }
        }
        for (int y = 1; y < height; y++)
        {
            var above = pixels.Slice((y - 1) * width, width);
            var here = pixels.Slice(y * width, width);
            for (int x = block; x < width; x++)
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
        if (count == rows.Length || count == columns.Length)
        {
            Grow(ref rows);
            Grow(ref columns);
        }
        rows[count] = row;
        columns[count++] = column;
        perColumn[column]++;
    }

    /// <summary>Writes the runs between the changes.</summary>
    /// <param name="writer">Takes the runs.</param>
    public readonly void WriteTo(ref RunWriter writer)
    {
        int[] ordered = ArrayPool<int>.Shared.Rent(count + 1);
        Order(ordered);
        ordered[count] = height * width;
        int position = ordered[0];
        int run = position;
        // Two changes at one place cancel: the runs on both sides of the empty one are joined.
        for (int i = 1; i <= count; i++)
        {
            int here = ordered[i];
            if (here > position)
            {
                writer.Add(run);
                run = here - position;
            }
            else if (++i <= count)
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
        int start = 0;
        for (int x = 0; x < width; x++)
        {
            (start, perColumn[x]) = (start + perColumn[x], start);
        }
        for (int i = 0; i < count; i++)
        {
            int x = columns[i];
            ordered[perColumn[x]++] = (x * height) + rows[i];
        }
        for (int i = 1; i < count; i++)
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
        ArrayPool<int>.Shared.Return(perColumn);
        ArrayPool<int>.Shared.Return(rows);
        ArrayPool<int>.Shared.Return(columns);
    }

    private static ulong Background(ref byte cell) =>
        Vector512.Equals(Vector512.LoadUnsafe(ref cell), Vector512<byte>.Zero).ExtractMostSignificantBits();

    private static int[] RentCleared(int length)
    {
        int[] array = ArrayPool<int>.Shared.Rent(length);
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
        int[] larger = ArrayPool<int>.Shared.Rent(2 * array.Length);
        array.AsSpan(0, count).CopyTo(larger);
        ArrayPool<int>.Shared.Return(array);
        array = larger;
    }
}
