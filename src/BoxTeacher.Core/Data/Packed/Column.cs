namespace BoxTeacher.Data;

/// <summary>A list of values in blocks: it grows without being copied, and a block holds no reference for the garbage collector.</summary>
internal sealed class Column<T>
    where T : struct
{
    private const int BlockBits = 12;
    private const int BlockLength = 1 << BlockBits;
    private readonly List<T[]> _blocks = [];

    /// <summary>Number of values.</summary>
    public int Count { get; private set; }

    /// <summary>A value, to be read or changed in place.</summary>
    public ref T this[int index] => ref _blocks[index >> BlockBits][index & (BlockLength - 1)];

    /// <summary>Adds values at the end.</summary>
    /// <exception cref="OverflowException">More than 2^31 - 1.</exception>
    public void Add(ReadOnlySpan<T> values)
    {
        while (!values.IsEmpty)
        {
            var place = Count & (BlockLength - 1);
            if (place == 0)
            {
                _blocks.Add(new T[BlockLength]);
            }
            var some = Math.Min(values.Length, BlockLength - place);
            values[..some].CopyTo(_blocks[^1].AsSpan(place));
            values = values[some..];
            Count = checked(Count + some);
        }
    }
}
