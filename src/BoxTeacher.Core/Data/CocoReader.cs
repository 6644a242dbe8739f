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
        var file = new JsonDocumentFile(annotationFile);
        List<RawImage>? images = null;
        List<RawAnnotation>? annotations = null;
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
                    images = file.Array(key, ParseImage);
                    break;
                case "annotations" when withLabels:
                    annotations = file.Array(key, ParseAnnotation);
                    break;
                case "categories" when withLabels:
                    categories = file.Array(key, ParseCategory);
                    break;
                default:
                    file.Skip();
                    break;
            }
        });
        return Join(
            annotationFile,
            Path.GetFullPath(imageFolder),
            images ?? throw Missing("images"),
            annotations ?? (withLabels ? throw Missing("annotations") : []),
            categories ?? (withLabels ? throw Missing("categories") : []));

        DataFormatException Missing(string key) => new(annotationFile, key, "the key is missing");
    }

    private readonly record struct RawImage(long Id, string FileName, int Width, int Height);

    private readonly record struct RawAnnotation(
        long Id,
        long Image,
        long Category,
        Box? Box,
        double? Area,
        bool IsCrowd,
        Segmentation? Segmentation,
        JsonFieldException? Malformed);

    private static InstanceDataset Join(
        string file, string folder, List<RawImage> images, List<RawAnnotation> annotations, List<Category> categories)
    {
        var ordered = categories.OrderBy(category => category.Id).ToList();
        var categoryIndex = new Dictionary<long, int>(ordered.Count);
        var names = new HashSet<string>(ordered.Count);
        for (var i = 0; i < ordered.Count; i++)
        {
            if (!categoryIndex.TryAdd(ordered[i].Id, i))
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
        var imageIndex = new Dictionary<long, int>(images.Count);
        for (var i = 0; i < images.Count; i++)
        {
            if (!imageIndex.TryAdd(images[i].Id, i))
            {
                throw new DataFormatException(file, $"images[{i}].id", $"{images[i].Id} appears twice");
            }
        }
        var perImage = new List<Annotation>?[images.Count];
        var ids = new HashSet<long>(annotations.Count);
        for (var i = 0; i < annotations.Count; i++)
        {
            var raw = annotations[i];
            if (!ids.Add(raw.Id))
            {
                throw new DataFormatException(file, $"annotations[{i}].id", $"{raw.Id} appears twice");
            }
            if (!imageIndex.TryGetValue(raw.Image, out var image))
            {
                throw new DataFormatException(file, $"annotations[{i}].image_id", $"{raw.Image} is not the id of an image");
            }
            if (!categoryIndex.TryGetValue(raw.Category, out var category))
            {
                throw new DataFormatException(file, $"annotations[{i}].category_id", $"{raw.Category} is not the id of a category");
            }
            var size = new ImageSize(images[image].Height, images[image].Width);
            var shape = Shape(i, raw, size);
            var box = raw.Box ?? shape?.ToMask(size).Bounds
                ?? throw new DataFormatException(file, $"annotations[{i}].bbox", "there is neither a box nor a segmentation");
            if (box.Width < 0 || box.Height < 0)
            {
                throw new DataFormatException(file, $"annotations[{i}].bbox", $"a box of {box.Width} by {box.Height} pixels");
            }
            var area = raw.Area ?? (shape is null or Segmentation.Malformed ? box.Area : shape.ToMask(size).Area);
            (perImage[image] ??= []).Add(new Annotation(raw.Id, category, box, area, raw.IsCrowd, shape));
        }
        var records = new ImageRecord[images.Count];
        for (var i = 0; i < records.Length; i++)
        {
            var (id, name, width, height) = images[i];
            records[i] = new ImageRecord(id, Path.Combine(folder, name), width, height, perImage[i] is { } own ? own : []);
        }
        return new InstanceDataset(Path.GetFileNameWithoutExtension(file), ordered, records);

        Segmentation? Shape(int i, RawAnnotation raw, ImageSize size) => raw switch
        {
            { Malformed: { } problem } => new Segmentation.Malformed(file, $"annotations[{i}].{problem.Key}", problem.Message),
            { Segmentation: Segmentation.RunLength { Mask: var mask } } when mask.Size != size => new Segmentation.Malformed(
                file, $"annotations[{i}].segmentation", $"a mask of {mask.Size} pixels in an image of {size}"),
            _ => raw.Segmentation,
        };
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
        return new Category(id ?? throw Missing("id"), name ?? throw Missing("name"));
    }

    private static RawImage ParseImage(ref Utf8JsonReader reader)
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
        var size = new ImageSize(height ?? throw Missing("height"), width ?? throw Missing("width"));
        return size.Area <= int.MaxValue
            ? new RawImage(id ?? throw Missing("id"), name ?? throw Missing("file_name"), size.Width, size.Height)
            : throw new JsonFieldException("width", $"a picture of {size} pixels is out of range");
    }

    private static RawAnnotation ParseAnnotation(ref Utf8JsonReader reader)
    {
        JsonFields.ExpectObject(ref reader, "");
        long? id = null, image = null, category = null;
        Box? box = null;
        double? area = null;
        var crowd = false;
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
                box = CocoShapes.ParseBox(ref reader, "bbox");
            }
            else if (reader.ValueTextEquals("area"u8) && reader.Read())
            {
                area = JsonFields.Number(ref reader, "area");
            }
            else if (reader.ValueTextEquals("iscrowd"u8) && reader.Read())
            {
                crowd = JsonFields.Flag(ref reader, "iscrowd");
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
        return new RawAnnotation(
            id ?? throw Missing("id"),
            image ?? throw Missing("image_id"),
            category ?? throw Missing("category_id"),
            box,
            area,
            crowd,
            segmentation,
            malformed);
    }

    private static int? Side(ref Utf8JsonReader reader, string key)
    {
        var value = JsonFields.Integer(ref reader, key);
        return value is null or (> 0 and <= ImageSize.MaxSide)
            ? (int?)value
            : throw new JsonFieldException(key, $"expected 1 to {ImageSize.MaxSide} pixels, found {value}");
    }

    private static JsonFieldException Missing(string key) => new(key, "the key is missing");
}
