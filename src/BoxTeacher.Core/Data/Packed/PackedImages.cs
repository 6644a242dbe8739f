using System.Collections;

namespace BoxTeacher.Data;

/// <summary>An image in a table: 32 bytes and its name.</summary>
/// <param name="Id">The id that annotations refer to.</param>
/// <param name="Name">Place of its name in the blocks of names, block in the upper half, byte in the lower.</param>
/// <param name="Width">Number of columns.</param>
/// <param name="Height">Number of rows.</param>
internal record struct PackedImage(long Id, long Name, int Width, int Height);

/// <summary>
/// Images of a file in a table, some 60 bytes each; records are made when they are asked for. Their annotations come from another table.
/// </summary>
internal sealed class PackedImages : IReadOnlyList<ImageRecord>
{
    private readonly string _folder;
    private readonly Column<PackedImage> _rows;
    private readonly List<byte[]> _bytes;
    private readonly PackedAnnotations? _annotations;

    /// <summary>An empty table.</summary>
    /// <param name="folder">What names are relative to.</param>
    public PackedImages(string folder) => (_folder, _rows, _bytes) = (folder, new(), []);

    private PackedImages(PackedImages images, PackedAnnotations? annotations) =>
        (_folder, _rows, _bytes, _annotations) = (images._folder, images._rows, images._bytes, annotations);

    /// <inheritdoc/>
    public int Count => _rows.Count;

    /// <inheritdoc/>
    public ImageRecord this[int index]
    {
        get
        {
            var row = _rows[index];
            return new ImageRecord(row.Id, Path.Combine(_folder, NameOf(row)), row.Width, row.Height, _annotations?.Of(index) ?? []);
        }
    }

    /// <summary>A row, to be read or changed in place.</summary>
    public ref PackedImage Row(int index) => ref _rows[index];

    /// <summary>Adds images whose names lie in a block of bytes of their own.</summary>
    public void Add(Span<PackedImage> rows, byte[] names)
    {
        foreach (ref var row in rows)
        {
            row.Name += (long)_bytes.Count << 32;
        }
        _bytes.Add(names);
        _rows.Add(rows);
    }

    /// <summary>The same images with annotations.</summary>
    /// <param name="annotations">Sorted by these images.</param>
    public PackedImages With(PackedAnnotations annotations) => new(this, annotations);

    /// <summary>The same images with annotations of other categories.</summary>
    /// <param name="moved">For each index of a category the new one.</param>
    public PackedImages WithCategories(int[] moved) => new(this, _annotations?.WithCategories(moved));

    /// <inheritdoc/>
    public IEnumerator<ImageRecord> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private string NameOf(PackedImage row) => PackedBytes.Text(_bytes[(int)(row.Name >> 32)], (int)row.Name);
}
