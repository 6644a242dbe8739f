using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>Images of a part of a COCO file.</summary>
internal sealed class CocoImagePart : IJsonPart
{
    private readonly List<PackedImage> _rows = [];
    private readonly PackedBytes _names = new();

    /// <inheritdoc/>
    public int Count => _rows.Count;

    /// <summary>Puts all into a table, and is empty then.</summary>
    public void MoveTo(PackedImages images)
    {
        images.Add(CollectionsMarshal.AsSpan(_rows), _names.ToArray());
        _rows.Clear();
        _names.CutTo(0);
    }

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> text, out int used)
    {
        var json = new PlainJson(text);
        long? id = null, width = null, height = null;
        ReadOnlySpan<byte> name = default;
        used = 0;
        if (!json.Take((byte)'{'))
        {
            return false;
        }
        do
        {
            long number = 0;
            if (!json.Name(out var key)
                || !(key.SequenceEqual("file_name"u8) ? json.Text(out name)
                    : key is [.., (byte)'h' or (byte)'t' or (byte)'d'] && IsNumber(key) ? json.Integer(out number)
                    : json.Skip()))
            {
                return false;
            }
            id = key.SequenceEqual("id"u8) ? number : id;
            width = key.SequenceEqual("width"u8) ? number : width;
            height = key.SequenceEqual("height"u8) ? number : height;
        }
        while (json.Take((byte)','));
        if (!json.Take((byte)'}') || id is null || name.IsEmpty
            || width is not (> 0 and <= ImageSize.MaxSide) || height is not (> 0 and <= ImageSize.MaxSide) || width * height > int.MaxValue)
        {
            return false;
        }
        used = json.Position;
        Add(id.Value, name, (int)width, (int)height);
        return true;

        static bool IsNumber(ReadOnlySpan<byte> key) =>
            key.SequenceEqual("id"u8) || key.SequenceEqual("width"u8) || key.SequenceEqual("height"u8);
    }

    /// <inheritdoc/>
    public void Read(ref Utf8JsonReader reader)
    {
        JsonFields.ExpectObject(ref reader, "");
        long? id = null;
        string? name = null;
        int? width = null, height = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("id"u8) && reader.Read())
            {
                id = JsonFields.Integer(ref reader, "id");
            }
            else if (reader.ValueTextEquals("file_name"u8) && reader.Read())
            {
                name = JsonFields.Text(ref reader, "file_name");
                if (name?.Contains('\0') is true)
                {
                    throw new JsonFieldException("file_name", "a name with a NUL character is that of no file");
                }
            }
            else if (reader.ValueTextEquals("width"u8) && reader.Read())
            {
                width = Side(ref reader, "width");
            }
            else if (reader.ValueTextEquals("height"u8) && reader.Read())
            {
                height = Side(ref reader, "height");
            }
            else
            {
                reader.Skip();
            }
        }
        var size = new ImageSize(height ?? throw JsonFields.Missing("height"), width ?? throw JsonFields.Missing("width"));
        if (size.Area > int.MaxValue)
        {
            throw new JsonFieldException("width", $"a picture of {size} pixels is out of range");
        }
        Add(
            id ?? throw JsonFields.Missing("id"), Encoding.UTF8.GetBytes(name ?? throw JsonFields.Missing("file_name")), size.Width,
            size.Height);
    }

    private void Add(long id, ReadOnlySpan<byte> name, int width, int height)
    {
        _rows.Add(new PackedImage(id, _names.Length, width, height));
        _names.AddText(name);
    }

    private static int? Side(ref Utf8JsonReader reader, string key)
    {
        var value = JsonFields.Integer(ref reader, key);
        return value is null or (> 0 and <= ImageSize.MaxSide)
            ? (int?)value
            : throw new JsonFieldException(key, $"expected 1 to {ImageSize.MaxSide} pixels, found {value}");
    }
}

/// <summary>Annotations of a part of a COCO file; images and categories by their ids.</summary>
internal sealed class CocoAnnotationPart : IJsonPart
{
    private const int Id = 1, Image = 2, Category = 4, Needed = Id | Image | Category;
    private readonly List<PackedAnnotation> _rows = [];
    private readonly PackedBytes _outlines = new();
    private readonly List<Segmentation> _masks = [];
    private readonly List<(int Row, JsonFieldException Problem)> _malformed = [];
    private long[] _ring = new long[256];

    private static PackedAnnotation Empty =>
        new() { Box = Box.FromSize(double.NaN, 0, 0, 0), Area = double.NaN, Shape = PackedAnnotation.NoShape };

    /// <inheritdoc/>
    public int Count => _rows.Count;

    /// <summary>Puts all into a table, and is empty then.</summary>
    /// <param name="annotations">The table.</param>
    /// <param name="file">The file, for the errors of malformed shapes.</param>
    public void MoveTo(PackedAnnotations annotations, string file)
    {
        var first = annotations.Count;
        var rows = CollectionsMarshal.AsSpan(_rows);
        foreach (var (row, problem) in _malformed)
        {
            rows[row].Shape = Place(new Segmentation.Malformed(file, $"annotations[{first + row}].{problem.Key}", problem.Message));
        }
        annotations.Add(rows, _outlines.ToArray(), _masks);
        _rows.Clear();
        _outlines.CutTo(0);
        _masks.Clear();
        _malformed.Clear();
    }

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> text, out int used)
    {
        var start = _outlines.Length;
        var json = new PlainJson(text);
        var row = Empty;
        if (TryRead(ref json, ref row))
        {
            used = json.Position;
            _rows.Add(row);
            return true;
        }
        used = 0;
        _outlines.CutTo(start);
        return false;
    }

    private bool TryRead(ref PlainJson json, ref PackedAnnotation row)
    {
        if (!json.Take((byte)'{'))
        {
            return false;
        }
        var found = 0;
        do
        {
            if (!json.Name(out var key))
            {
                return false;
            }
            var isRead = key.Length switch
            {
                2 when key.SequenceEqual("id"u8) => json.Integer(out row.Id) && (found |= Id) != 0,
                4 when key.SequenceEqual("bbox"u8) => CocoShapes.TryParseBox(ref json, out row.Box),
                4 when key.SequenceEqual("area"u8) => json.Number(out row.Area),
                7 when key.SequenceEqual("iscrowd"u8) => TryReadFlag(ref json, out row.IsCrowd),
                8 when key.SequenceEqual("image_id"u8) => json.Integer(out row.Image) && (found |= Image) != 0,
                11 when key.SequenceEqual("category_id"u8) => json.Integer(out row.Category) && (found |= Category) != 0,
                12 when key.SequenceEqual("segmentation"u8) => TryReadRings(ref json, out row.Shape),
                _ => json.Skip(),
            };
            if (!isRead)
            {
                return false;
            }
        }
        while (json.Take((byte)','));
        return json.Take((byte)'}') && found == Needed;
    }

    private static bool TryReadFlag(ref PlainJson json, out bool isSet)
    {
        var isRead = json.Integer(out var value);
        isSet = value == 1;
        return isRead && value is 0 or 1;
    }

    // Outlines of at least three points each; the rest is the general reader's.
    private bool TryReadRings(ref PlainJson json, out long shape)
    {
        shape = PackedAnnotation.NoShape;
        if (!json.Take((byte)'['))
        {
            return false;
        }
        if (json.Take((byte)']'))
        {
            return true;
        }
        var rings = 0;
        shape = _outlines.Length;
        // The number of rings comes first: one byte, which is known at the end.
        _outlines.AddCount(1);
        do
        {
            if (!json.Hundredths(ref _ring, out var count) || count < 6 || ++rings > 127)
            {
                return false;
            }
            _outlines.AddRing(_ring.AsSpan(0, count & ~1));
        }
        while (json.Take((byte)','));
        _outlines.Set((int)shape, (byte)rings);
        return json.Take((byte)']');
    }

    /// <inheritdoc/>
    public void Read(ref Utf8JsonReader reader)
    {
        JsonFields.ExpectObject(ref reader, "");
        long? id = null, image = null, category = null;
        var row = Empty;
        Segmentation? segmentation = null;
        JsonFieldException? malformed = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("id"u8) && reader.Read())
            {
                id = JsonFields.Integer(ref reader, "id");
            }
            else if (reader.ValueTextEquals("image_id"u8) && reader.Read())
            {
                image = JsonFields.Integer(ref reader, "image_id");
            }
            else if (reader.ValueTextEquals("category_id"u8) && reader.Read())
            {
                category = JsonFields.Integer(ref reader, "category_id");
            }
            else if (reader.ValueTextEquals("bbox"u8) && reader.Read())
            {
                row.Box = CocoShapes.ParseBox(ref reader, "bbox") ?? Empty.Box;
            }
            else if (reader.ValueTextEquals("area"u8) && reader.Read())
            {
                row.Area = JsonFields.Number(ref reader, "area") ?? double.NaN;
            }
            else if (reader.ValueTextEquals("iscrowd"u8) && reader.Read())
            {
                row.IsCrowd = JsonFields.Flag(ref reader, "iscrowd");
            }
            else if (reader.ValueTextEquals("segmentation"u8) && reader.Read())
            {
                var start = reader;
                try
                {
                    segmentation = CocoShapes.ParseSegmentation(ref reader, "segmentation");
                }
                catch (JsonFieldException problem)
                {
                    malformed = problem;
                    reader = start;
                    reader.Skip();
                }
            }
            else
            {
                reader.Skip();
            }
        }
        (row.Id, row.Image, row.Category) = (
            id ?? throw JsonFields.Missing("id"), image ?? throw JsonFields.Missing("image_id"),
            category ?? throw JsonFields.Missing("category_id"));
        if (malformed is not null)
        {
            _malformed.Add((_rows.Count, malformed));
        }
        else
        {
            row.Shape = Place(segmentation);
        }
        _rows.Add(row);
    }

    private long Place(Segmentation? shape)
    {
        switch (shape)
        {
            case null:
                return PackedAnnotation.NoShape;
            case Segmentation.Polygons(var rings):
                long place = _outlines.Length;
                _outlines.AddCount(rings.Count);
                foreach (var ring in rings)
                {
                    _outlines.AddRing(ring);
                }
                return place;
            default:
                _masks.Add(shape);
                return PackedAnnotation.NoShape - _masks.Count;
        }
    }
}
