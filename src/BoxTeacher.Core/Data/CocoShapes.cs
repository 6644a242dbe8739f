using System.Buffers;
using System.Text.Json;
using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>Boxes and segmentations as COCO's JSON files write them.</summary>
internal static class CocoShapes
{
    /// <summary>[x, y, width, height]; an empty array counts as no box.</summary>
    public static Box? ParseBox(ref Utf8JsonReader reader, string key)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }
        JsonFields.ExpectArray(ref reader, key);
        Span<double> values = stackalloc double[4];
        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var value = JsonFields.Element(ref reader, key);
            if (count < values.Length)
            {
                values[count] = value;
            }
            count++;
        }
        return count switch
        {
            0 => null,
            4 => Box.FromSize(values[0], values[1], values[2], values[3]),
            _ => throw new JsonFieldException(key, $"expected four numbers, found {count}"),
        };
    }

    /// <summary>[x, y, width, height] in plain form.</summary>
    public static bool TryParseBox(ref PlainJson json, out Box box)
    {
        double y = 0, width = 0, height = 0;
        var isRead = json.Take((byte)'[')
            && json.Number(out var x) && json.Take((byte)',') && json.Number(out y) && json.Take((byte)',')
            && json.Number(out width) && json.Take((byte)',') && json.Number(out height) && json.Take((byte)']')
            ? Box.FromSize(x, y, width, height)
            : default(Box?);
        box = isRead ?? default;
        return isRead is not null;
    }

    /// <summary>
    /// Polygons, {"counts": [...], "size": [h, w]} or {"counts": "...", "size": [h, w]}; null, [] and [[]] are none.
    /// </summary>
    public static Segmentation? ParseSegmentation(ref Utf8JsonReader reader, string key)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.StartObject:
                return new Segmentation.RunLength(ParseMask(ref reader, key));
            case JsonTokenType.StartArray:
                var rings = ParseRings(ref reader, key);
                return rings.Count == 0 ? null : new Segmentation.Polygons(rings);
            default:
                throw new JsonFieldException(key, $"expected polygons or run lengths, found {JsonFields.Describe(ref reader)}");
        }
    }

    /// <summary>A mask as an object of counts and size.</summary>
    public static RunLengthMask ParseMask(ref Utf8JsonReader reader, string key)
    {
        Span<double> size = stackalloc double[2];
        var sized = false;
        byte[]? codes = null;
        List<uint>? counts = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("size"u8) && reader.Read())
            {
                JsonFields.Numbers(ref reader, key, size);
                sized = true;
            }
            else if (reader.ValueTextEquals("counts"u8) && reader.Read())
            {
                codes = reader.TokenType == JsonTokenType.String ? Codes(ref reader) : null;
                counts = codes is null ? ParseCounts(ref reader, key) : null;
            }
            else
            {
                reader.Skip();
            }
        }
        if (!sized)
        {
            throw new JsonFieldException($"{key}.size", "the key is missing");
        }
        if (size[0] != Math.Truncate(size[0]) || size[1] != Math.Truncate(size[1])
            || size[0] is < 1 or > ImageSize.MaxSide || size[1] is < 1 or > ImageSize.MaxSide)
        {
            throw new JsonFieldException($"{key}.size", $"{size[0]} by {size[1]} is not the size of an image");
        }
        try
        {
            var mask = (codes, counts) switch
            {
                (not null, _) => RunLengthMask.FromOwnedCodes(codes, (int)size[0], (int)size[1]),
                (_, not null) =>
                    RunLengthMask.FromCounts(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(counts), (int)size[0], (int)size[1]),
                _ => throw new JsonFieldException($"{key}.counts", "the key is missing"),
            };
            return mask.IsFull
                ? mask
                : throw new JsonFieldException($"{key}.counts", $"the runs end before the last pixel of the {mask.Size} mask");
        }
        catch (FormatException error) when (error is not JsonFieldException)
        {
            throw new JsonFieldException($"{key}.counts", error.Message);
        }
    }

    /// <summary>Writes a box as [x, y, width, height].</summary>
    public static void Write(Utf8JsonWriter json, string key, Box box)
    {
        json.WriteStartArray(key);
        json.WriteNumberValue(box.X0);
        json.WriteNumberValue(box.Y0);
        json.WriteNumberValue(box.Width);
        json.WriteNumberValue(box.Height);
        json.WriteEndArray();
    }

    /// <summary>Writes a segmentation: outlines as they are, masks in the compressed form.</summary>
    public static void Write(Utf8JsonWriter json, string key, Segmentation segmentation)
    {
        switch (segmentation)
        {
            case Segmentation.Polygons(var rings):
                json.WriteStartArray(key);
                foreach (var ring in rings)
                {
                    json.WriteStartArray();
                    foreach (var value in ring)
                    {
                        json.WriteNumberValue(value);
                    }
                    json.WriteEndArray();
                }
                json.WriteEndArray();
                break;
            default:
                Write(json, key, segmentation.ToMask(default));
                break;
        }
    }

    /// <summary>Writes a mask in the compressed form.</summary>
    public static void Write(Utf8JsonWriter json, string key, RunLengthMask mask)
    {
        json.WriteStartObject(key);
        json.WriteStartArray("size");
        json.WriteNumberValue(mask.Height);
        json.WriteNumberValue(mask.Width);
        json.WriteEndArray();
        json.WriteString("counts", mask.Codes);
        json.WriteEndObject();
    }

    private static byte[] Codes(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan.ToArray();
        }
        var buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            var length = reader.CopyString(buffer);
            return buffer.AsSpan(0, length).ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static List<uint> ParseCounts(ref Utf8JsonReader reader, string key)
    {
        JsonFields.ExpectArray(ref reader, key);
        var counts = new List<uint>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var run = JsonFields.Element(ref reader, key);
            counts.Add(
                run is >= 0 and <= uint.MaxValue && double.IsInteger(run)
                    ? (uint)run
                    : throw new JsonFieldException(key, $"a run of {run} pixels"));
        }
        return counts;
    }

    // As the COCO tools have it, the first ring must have more than two points; a later one may be a mere line. Empty rings are left out.
    private static List<double[]> ParseRings(ref Utf8JsonReader reader, string key)
    {
        var rings = new List<double[]>(1);
        var buffer = ArrayPool<double>.Shared.Rent(256);
        try
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                JsonFields.ExpectArray(ref reader, key);
                var count = 0;
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (count == buffer.Length)
                    {
                        var larger = ArrayPool<double>.Shared.Rent(2 * count);
                        buffer.AsSpan().CopyTo(larger);
                        ArrayPool<double>.Shared.Return(buffer);
                        buffer = larger;
                    }
                    buffer[count++] = JsonFields.Element(ref reader, key);
                }
                if (count == 0)
                {
                    continue;
                }
                if (rings.Count == 0 && count < 5)
                {
                    throw new JsonFieldException(key, $"expected the x and y of at least three points, found {count} numbers");
                }
                rings.Add(buffer.AsSpan(0, count & ~1).ToArray());
            }
            return rings;
        }
        finally
        {
            ArrayPool<double>.Shared.Return(buffer);
        }
    }
}
