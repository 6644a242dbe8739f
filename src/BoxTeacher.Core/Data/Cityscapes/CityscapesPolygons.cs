using System.Text.Json;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>
/// Cityscapes' polygon files and the label pictures that its scripts draw from them: outlines are painted in the order
/// of the file, later over earlier.
/// </summary>
public static class CityscapesPolygons
{
    // Objects of a kind are numbered from its id times this.
    private const int PerLabel = 1000;
    private const string GroupEnding = "group";

    /// <summary>The picture of instance ids: id * 1000 + number for objects, the id alone for groups and the rest.</summary>
    /// <param name="file">A _polygons.json file.</param>
    /// <exception cref="DataFormatException">The file is malformed.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static LabelMap DrawInstanceIds(string file) => Draw(file, instances: true);

    /// <summary>The picture of label ids.</summary>
    /// <param name="file">A _polygons.json file.</param>
    /// <exception cref="DataFormatException">The file is malformed.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static LabelMap DrawLabelIds(string file) => Draw(file, instances: false);

    private sealed record Outline(string Label, (int X, int Y)[] Corners, bool IsDeleted);

    private static LabelMap Draw(string file, bool instances)
    {
        var (height, width, outlines) = Read(file);
        var map = new LabelMap(new ushort[height * width], height, width);
        var numbers = new int[CityscapesLabels.All.Count];
        for (var i = 0; i < outlines.Count; i++)
        {
            var outline = outlines[i];
            if (outline.IsDeleted)
            {
                continue;
            }
            var label = Find(outline.Label);
            var isGroup = label < 0 && outline.Label.EndsWith(GroupEnding, StringComparison.Ordinal);
            label = isGroup ? Find(outline.Label[..^GroupEnding.Length]) : label;
            if (label < 0)
            {
                throw new DataFormatException(file, $"objects[{i}].label", $"'{outline.Label}' is not a label of Cityscapes");
            }
            var id = CityscapesLabels.All[label].Id;
            if (id < 0)
            {
                continue;
            }
            if (instances && CityscapesLabels.All[label].HasInstances && !isGroup)
            {
                id = (id * PerLabel) + numbers[label]++;
            }
            if (id > ushort.MaxValue)
            {
                throw new DataFormatException(file, $"objects[{i}]", "more objects than 16 bits can tell apart");
            }
            PolygonFill.Fill(map, outline.Corners, (ushort)id);
        }
        return map;
    }

    private static int Find(string name)
    {
        for (var i = 0; i < CityscapesLabels.All.Count; i++)
        {
            if (CityscapesLabels.All[i].Name == name)
            {
                return i;
            }
        }
        return -1;
    }

    private static (int Height, int Width, List<Outline> Outlines) Read(string file)
    {
        using var json = new JsonDocumentFile(file);
        long height = 0, width = 0;
        List<Outline>? outlines = null;
        json.VisitObject(key =>
        {
            switch (key)
            {
                case "imgHeight":
                    height = json.Value(key, (ref Utf8JsonReader reader) => JsonFields.Integer(ref reader, "") ?? 0);
                    break;
                case "imgWidth":
                    width = json.Value(key, (ref Utf8JsonReader reader) => JsonFields.Integer(ref reader, "") ?? 0);
                    break;
                case "objects":
                    outlines = json.Array(key, ParseOutline);
                    break;
                default:
                    json.Skip();
                    break;
            }
        });
        if (height is < 1 or > ImageSize.MaxSide || width is < 1 or > ImageSize.MaxSide || height * width > ImageFile.MaxPixels)
        {
            throw new DataFormatException(file, "imgHeight, imgWidth", $"a picture of {height}x{width} pixels is out of range");
        }
        return ((int)height, (int)width, outlines ?? throw new DataFormatException(file, "objects", "the key is missing"));
    }

    private static Outline ParseOutline(ref Utf8JsonReader reader)
    {
        JsonFields.ExpectObject(ref reader, "");
        string? label = null;
        (int, int)[]? corners = null;
        var deleted = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("label"u8) && reader.Read())
            {
                label = JsonFields.Text(ref reader, "label");
            }
            else if (reader.ValueTextEquals("polygon"u8) && reader.Read())
            {
                corners = ParseCorners(ref reader);
            }
            else if (reader.ValueTextEquals("deleted"u8) && reader.Read())
            {
                deleted = JsonFields.Flag(ref reader, "deleted");
            }
            else
            {
                reader.Skip();
            }
        }
        return new Outline(
            label ?? throw new JsonFieldException("label", "the key is missing"),
            corners ?? throw new JsonFieldException("polygon", "the key is missing"),
            deleted);
    }

    private static (int, int)[] ParseCorners(ref Utf8JsonReader reader)
    {
        JsonFields.ExpectArray(ref reader, "polygon");
        var corners = new List<(int, int)>();
        Span<double> point = stackalloc double[2];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            JsonFields.Numbers(ref reader, "polygon", point);
            if (Math.Abs(point[0]) > PolygonFill.MaxCoordinate || Math.Abs(point[1]) > PolygonFill.MaxCoordinate)
            {
                throw new JsonFieldException("polygon", $"the point {point[0]}, {point[1]} is out of range");
            }
            corners.Add(((int)point[0], (int)point[1]));
        }
        return [.. corners];
    }
}
