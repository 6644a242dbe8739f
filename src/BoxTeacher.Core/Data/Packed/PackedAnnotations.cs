using System.Collections;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>An annotation in a table: 80 bytes and its outline.</summary>
internal record struct PackedAnnotation
{
    /// <summary>The <see cref="Shape"/> of an annotation without one.</summary>
    public const long NoShape = -1;

    /// <summary>The annotation's id.</summary>
    public long Id;

    /// <summary>Id of the image; its index once the table is joined.</summary>
    public long Image;

    /// <summary>Id of the category; its index once the table is joined.</summary>
    public long Category;

    /// <summary>The box; NaN while there is none.</summary>
    public Box Box;

    /// <summary>The area; NaN while there is none.</summary>
    public double Area;

    /// <summary>
    /// At least 0: place of the outlines, block in the upper half, byte in the lower. Below <see cref="NoShape"/>: -2 - the place among
    /// the shapes that are no outlines.
    /// </summary>
    public long Shape;

    /// <summary>Whether this is a region of many objects.</summary>
    public bool IsCrowd;
}

/// <summary>
/// Annotations of a file in a table, in its order; <see cref="Annotation"/>s are made when they are asked for, and outlines are decoded
/// when somebody looks at them.
/// </summary>
internal sealed class PackedAnnotations
{
    private readonly Column<PackedAnnotation> _rows;
    private readonly List<byte[]> _outlines;
    private readonly List<Segmentation> _others;
    private readonly int[]? _moved;
    private int[] _starts = [0];
    private int[] _order = [];

    public PackedAnnotations() => (_rows, _outlines, _others) = (new(), [], []);

    private PackedAnnotations(PackedAnnotations rows, int[] moved) =>
        (_rows, _outlines, _others, _starts, _order, _moved) =
        (rows._rows, rows._outlines, rows._others, rows._starts, rows._order,
            rows._moved is { } first ? Array.ConvertAll(first, category => moved[category]) : moved);

    /// <summary>Number of annotations.</summary>
    public int Count => _rows.Count;

    /// <summary>A row, to be read or changed in place.</summary>
    public ref PackedAnnotation Row(int index) => ref _rows[index];

    /// <summary>Adds annotations.</summary>
    /// <param name="rows">Their shapes' places are those of the next two arguments.</param>
    /// <param name="outlines">The outlines, in a block of their own.</param>
    /// <param name="others">Shapes that are no outlines.</param>
    public void Add(Span<PackedAnnotation> rows, byte[] outlines, IReadOnlyList<Segmentation> others)
    {
        foreach (ref var row in rows)
        {
            row.Shape += row.Shape >= 0 ? (long)_outlines.Count << 32 : row.Shape < PackedAnnotation.NoShape ? -_others.Count : 0;
        }
        _outlines.Add(outlines);
        _others.AddRange(others);
        _rows.Add(rows);
    }

    /// <summary>Replaces a shape that is no outline.</summary>
    public void Replace(int index, Segmentation shape) => _others[Place(_rows[index].Shape)] = shape;

    /// <summary>The shape of an annotation; null: it has none.</summary>
    public Segmentation? Shape(int index) => _rows[index].Shape switch
    {
        >= 0 and var place => new Segmentation.Polygons(new PackedRings(_outlines[(int)(place >> 32)], (int)place)),
        PackedAnnotation.NoShape => null,
        var place => _others[Place(place)],
    };

    /// <summary>The shape of an annotation where it is no outline; null: it is one, or there is none.</summary>
    public Segmentation? Other(int index) =>
        _rows[index].Shape is < PackedAnnotation.NoShape and var place ? _others[Place(place)] : null;

    /// <summary>Sorts by image, once the rows hold the indices of images; inside an image the order stays the file's.</summary>
    public void Join(int images)
    {
        _starts = new int[images + 1];
        for (var i = 0; i < Count; i++)
        {
            _starts[_rows[i].Image + 1]++;
        }
        for (var image = 0; image < images; image++)
        {
            _starts[image + 1] += _starts[image];
        }
        _order = new int[Count];
        for (var i = Count - 1; i >= 0; i--)
        {
            // Afterwards each entry is the start of its image, the last stays the count.
            _order[--_starts[_rows[i].Image + 1]] = i;
        }
        Array.Copy(_starts, 1, _starts, 0, images);
        _starts[images] = Count;
    }

    /// <summary>The annotations of an image, by its index.</summary>
    public IReadOnlyList<Annotation> Of(int image) => _starts[image] == _starts[image + 1]
        ? []
        : new Slice(this, _starts[image], _starts[image + 1] - _starts[image]);

    /// <summary>The same annotations with other indices of categories.</summary>
    public PackedAnnotations WithCategories(int[] moved) => new(this, moved);

    private static int Place(long shape) => (int)(-2 - shape);

    private Annotation Make(int index)
    {
        var row = _rows[index];
        var category = (int)row.Category;
        return new Annotation(row.Id, _moved is null ? category : _moved[category], row.Box, row.Area, row.IsCrowd, Shape(index));
    }

    // A record: two slices of one image are equal, and so are two records of it.
    private sealed record Slice(PackedAnnotations Table, int Start, int Count) : IReadOnlyList<Annotation>
    {
        public Annotation this[int index]
        {
            get
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
                return Table.Make(Table._order[Start + index]);
            }
        }

        public IEnumerator<Annotation> GetEnumerator()
        {
            for (var i = 0; i < Count; i++)
            {
                yield return this[i];
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

/// <summary>Outlines that are decoded when they are asked for.</summary>
/// <param name="bytes">Hold them from <paramref name="start"/> on: their number, then each.</param>
/// <param name="start">Place of the first byte.</param>
internal sealed class PackedRings(byte[] bytes, int start) : IReadOnlyList<double[]>
{
    /// <inheritdoc/>
    public int Count
    {
        get
        {
            var at = start;
            return (int)PackedBytes.Count(bytes, ref at);
        }
    }

    /// <inheritdoc/>
    public double[] this[int index]
    {
        get
        {
            var at = start;
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)index, (ulong)PackedBytes.Count(bytes, ref at), nameof(index));
            while (index-- > 0)
            {
                PackedBytes.SkipRing(bytes, ref at);
            }
            return PackedBytes.Ring(bytes, ref at);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<double[]> GetEnumerator()
    {
        var at = start;
        for (var left = PackedBytes.Count(bytes, ref at); left > 0; left--)
        {
            yield return PackedBytes.Ring(bytes, ref at);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
