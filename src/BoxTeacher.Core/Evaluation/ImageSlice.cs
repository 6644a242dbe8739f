using System.Text.Json;
using BoxTeacher.Data;

namespace BoxTeacher.Evaluation;

/// <summary>Some of a data set's images under a name.</summary>
/// <param name="Name">The name.</param>
/// <param name="ImageIds">The images' ids.</param>
public sealed record ImageSlice(string Name, IReadOnlySet<long> ImageIds)
{
    /// <summary>The images that have an attribute.</summary>
    /// <param name="name">The attribute's name.</param>
    /// <param name="truth">The data set.</param>
    /// <param name="has">Whether an image has it.</param>
    public static ImageSlice Where(string name, InstanceDataset truth, Func<ImageRecord, bool> has)
    {
        ArgumentNullException.ThrowIfNull(truth);
        return new ImageSlice(name, truth.Images.Where(has).Select(image => image.Id).ToHashSet());
    }

    /// <summary>Reads slices: <c>{"night": [17, "street/0042.jpg"], ...}</c>.</summary>
    /// <param name="file">
    /// A JSON file with a list of images for each name: ids, or file names with as many folders as tell them apart.
    /// </param>
    /// <param name="truth">The data set.</param>
    /// <exception cref="DataFormatException">
    /// The file is malformed, a name comes twice, a list is empty, or an image is not in the data set, ambiguous or listed twice.
    /// </exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static IReadOnlyList<ImageSlice> Read(string file, InstanceDataset truth)
    {
        ArgumentNullException.ThrowIfNull(truth);
        var ids = truth.Images.Select(image => image.Id).ToHashSet();
        var named = truth.Images.ToLookup(image => Path.GetFileName(image.FileName));
        var slices = new List<ImageSlice>();
        using var json = new JsonDocumentFile(file);
        json.VisitObject(name =>
        {
            if (slices.Any(slice => slice.Name == name))
            {
                throw new DataFormatException(file, name, "there is another slice of this name");
            }
            var images = new HashSet<long>();
            var listed = json.Array(name, (ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String
                ? Named(reader.GetString()!, named)
                : Known(JsonFields.Integer(ref reader, "") ?? throw new JsonFieldException("", "expected an image, found null"), ids));
            foreach (var (i, id) in listed.Index())
            {
                if (!images.Add(id))
                {
                    throw new DataFormatException(file, $"{name}[{i}]", $"image {id} is listed twice");
                }
            }
            slices.Add(images.Count > 0 ? new ImageSlice(name, images) : throw new DataFormatException(file, name, "the list is empty"));
        });
        return slices.Count > 0 ? slices : throw new DataFormatException(file, "", "there is no slice");
    }

    private static long Known(long id, HashSet<long> ids) =>
        ids.Contains(id) ? id : throw new JsonFieldException("", $"{id} is not the id of an image of the data set");

    private static long Named(string name, ILookup<string, ImageRecord> named)
    {
        var end = name.Split('/', '\\');
        ImageRecord[] fitting = [.. named[end[^1]].Where(image => image.FileName.Split('/', '\\').AsSpan().EndsWith(end))];
        return fitting.Length == 1
            ? fitting[0].Id
            : throw new JsonFieldException("", fitting.Length == 0
                ? $"the data set has no image named {name}"
                : $"{fitting.Length} images are named {name}; add their folder");
    }
}
