using System.Text.Json;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>
/// Reads the instances JSON of COCO. Segmentations may be polygons, run lengths or compressed run lengths; a malformed one is kept as
/// <see cref="Segmentation.Malformed"/>, since boxes can be used without it. Elements of the long arrays are parsed by several threads;
/// the order of images and annotations is the file's.
/// </summary>
public static class CocoReader
{
    /// <summary>Reads a data set.</summary>
    /// <param name="annotationFile">Path of the JSON file.</param>
    /// <param name="imageFolder">The folder that the file's <c>file_name</c>s are relative to; need not exist.</param>
    /// <param name="listener">Is told before the file is read.</param>
    /// <returns>The data set, named after the file; categories ordered by id.</returns>
    /// <exception cref="DataFormatException">The file is malformed; the message names file and key.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static InstanceDataset Read(string annotationFile, string imageFolder, Action<DataEvent>? listener = null)
    {
        return Read(annotationFile, imageFolder, listener, withLabels: true);
    }

    /// <summary>
    /// Reads the images of a file alone. It needs neither categories nor annotations; what it has of both is not looked at.
    /// </summary>
    /// <param name="annotationFile">Path of the JSON file.</param>
    /// <param name="imageFolder">The folder that the file's <c>file_name</c>s are relative to; need not exist.</param>
    /// <param name="listener">Is told before the file is read.</param>
    /// <returns>The data set, named after the file, without categories and annotations.</returns>
    /// <exception cref="DataFormatException">The file is malformed; the message names file and key.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static InstanceDataset ReadImages(string annotationFile, string imageFolder, Action<DataEvent>? listener = null) =>
        Read(annotationFile, imageFolder, listener, withLabels: false);

    private static InstanceDataset Read(string annotationFile, string imageFolder, Action<DataEvent>? listener, bool withLabels)
    {
        ArgumentException.ThrowIfNullOrEmpty(annotationFile);
        ArgumentException.ThrowIfNullOrEmpty(imageFolder);
        listener?.Invoke(new ReadingAnnotations(annotationFile));
        using var file = new JsonDocumentFile(annotationFile);
        PackedAnnotations? annotations = null;
        PackedImages? images = null;
        List<Category>? categories = null;
        file.VisitObject(key =>
        {
            if (file.TakeNull())
            {
                return;
            }
            switch (key)
            {
                case "images":
                    images = new PackedImages(Path.GetFullPath(imageFolder));
                    file.Array<CocoImagePart>(key, part => part.MoveTo(images));
                    break;
                case "annotations" when withLabels:
                    annotations = new PackedAnnotations();
                    file.Array<CocoAnnotationPart>(key, part => part.MoveTo(annotations, annotationFile));
                    break;
                case "categories" when withLabels:
                    categories = file.Array(key, ParseCategory);
                    break;
                default:
                    file.Skip();
                    break;
            }
        });
        images = images ?? throw Missing("images");
        annotations ??= withLabels ? throw Missing("annotations") : new PackedAnnotations();
        categories ??= withLabels ? throw Missing("categories") : [];
        var (ordered, categoryIndex) = Order(annotationFile, categories);
        Join(annotationFile, images, annotations, categoryIndex);
        return new InstanceDataset(Path.GetFileNameWithoutExtension(annotationFile), ordered, images.With(annotations));

        DataFormatException Missing(string key) => new(annotationFile, key, "the key is missing");
    }

    // Categories by their id, and the index of each id.
    private static (List<Category> Ordered, Dictionary<long, int> Index) Order(string file, List<Category> categories)
    {
        var ordered = categories.OrderBy(category => category.Id).ToList();
        var index = new Dictionary<long, int>(ordered.Count);
        var names = new HashSet<string>(ordered.Count);
        for (var i = 0; i < ordered.Count; i++)
        {
            if (!index.TryAdd(ordered[i].Id, i))
            {
                throw new DataFormatException(
                    file, $"categories[{categories.LastIndexOf(ordered[i])}].id", $"{ordered[i].Id} appears twice");
            }
            if (!names.Add(ordered[i].Name))
            {
                throw new DataFormatException(
                    file, $"categories[{categories.LastIndexOf(ordered[i])}].name", $"\"{ordered[i].Name}\" appears twice");
            }
        }
        return (ordered, index);
    }

    // Puts indices into the place of ids, and boxes and areas where there are none.
    private static void Join(string file, PackedImages images, PackedAnnotations annotations, Dictionary<long, int> categoryIndex)
    {
        var imageIndex = new Dictionary<long, int>(images.Count);
        for (var i = 0; i < images.Count; i++)
        {
            if (!imageIndex.TryAdd(images.Row(i).Id, i))
            {
                throw new DataFormatException(file, $"images[{i}].id", $"{images.Row(i).Id} appears twice");
            }
        }
        HashSet<long>? seen = null;
        for (var i = 0; i < annotations.Count; i++)
        {
            ref var row = ref annotations.Row(i);
            if (!IsNew(annotations, i, ref seen))
            {
                throw new DataFormatException(file, $"annotations[{i}].id", $"{row.Id} appears twice");
            }
            if (!imageIndex.TryGetValue(row.Image, out var image))
            {
                throw new DataFormatException(file, $"annotations[{i}].image_id", $"{row.Image} is not the id of an image");
            }
            if (!categoryIndex.TryGetValue(row.Category, out var category))
            {
                throw new DataFormatException(file, $"annotations[{i}].category_id", $"{row.Category} is not the id of a category");
            }
            (row.Image, row.Category) = (image, category);
            var size = new ImageSize(images.Row(image).Height, images.Row(image).Width);
            if (annotations.Other(i) is Segmentation.RunLength { Mask: var mask } && mask.Size != size)
            {
                annotations.Replace(i, new Segmentation.Malformed(
                    file, $"annotations[{i}].segmentation", $"a mask of {mask.Size} pixels in an image of {size}"));
            }
            if (double.IsNaN(row.Box.X0))
            {
                row.Box = annotations.Shape(i)?.ToMask(size).Bounds
                    ?? throw new DataFormatException(file, $"annotations[{i}].bbox", "there is neither a box nor a segmentation");
            }
            if (row.Box.Width < 0 || row.Box.Height < 0)
            {
                throw new DataFormatException(
                    file, $"annotations[{i}].bbox", $"a box of {row.Box.Width} by {row.Box.Height} pixels");
            }
            if (double.IsNaN(row.Area))
            {
                row.Area = annotations.Shape(i) is { } shape and not Segmentation.Malformed ? shape.ToMask(size).Area : row.Box.Area;
            }
        }
        annotations.Join(images.Count);
    }

    // Ids that ascend, as most files have them, need no memory.
    private static bool IsNew(PackedAnnotations annotations, int index, ref HashSet<long>? seen)
    {
        var id = annotations.Row(index).Id;
        if (seen is null && (index == 0 || id > annotations.Row(index - 1).Id))
        {
            return true;
        }
        if (seen is null)
        {
            seen = new HashSet<long>(annotations.Count);
            for (var i = 0; i < index; i++)
            {
                seen.Add(annotations.Row(i).Id);
            }
        }
        return seen.Add(id);
    }

    private static Category ParseCategory(ref Utf8JsonReader reader)
    {
        JsonFields.ExpectObject(ref reader, "");
        long? id = null;
        string? name = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("id"u8) && reader.Read())
            {
                id = JsonFields.Integer(ref reader, "id");
            }
            else if (reader.ValueTextEquals("name"u8) && reader.Read())
            {
                name = JsonFields.Text(ref reader, "name");
            }
            else
            {
                reader.Skip();
            }
        }
        return new Category(id ?? throw JsonFields.Missing("id"), name ?? throw JsonFields.Missing("name"));
    }
}
