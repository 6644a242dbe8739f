using System.Text.Json;
using BoxTeacher.Data;
using BoxTeacher.Files;
using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>COCO's results JSON: a list of detections with image_id, category_id, score, and bbox, segmentation or both.</summary>
public static class CocoResults
{
    /// <summary>Reads detections.</summary>
    /// <param name="file">The JSON file.</param>
    /// <param name="truth">The data set whose images and categories the detections refer to.</param>
    /// <param name="type">
    /// What will be evaluated; for <see cref="IouType.Box"/> masks are skipped where there are boxes.
    /// </param>
    /// <returns>
    /// The detections in the order of the file; category -1 where the data set lacks the category. Where a detection has
    /// a box its area is the box's, as the COCO tools have it, unless the file says <c>"mask_area"</c>; otherwise it is the mask's.
    /// Masks are ranked by <c>"mask_score"</c> where the file says it, else by the score, as boxes are.
    /// </returns>
    /// <exception cref="DataFormatException">
    /// The file is malformed, names an image that the data set lacks, or has a mask of another size than its image.
    /// </exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static IReadOnlyList<DetectionResult> Read(string file, InstanceDataset truth, IouType type)
    {
        ArgumentNullException.ThrowIfNull(truth);
        var images = truth.Images.Select((image, index) => (image, index)).ToDictionary(one => one.image.Id, one => one.index);
        var categories = new Dictionary<long, int>();
        for (var i = 0; i < truth.Categories.Count; i++)
        {
            categories.Add(truth.Categories[i].Id, i);
        }
        using var json = new JsonDocumentFile(file);
        return json.WholeArray(
            (ref Utf8JsonReader reader) => Parse(ref reader, truth.Images, images, categories, type),
            (ref PlainJson plain) => ParsePlain(ref plain, images, categories));
    }

    /// <summary>Writes detections so that the COCO tools read them.</summary>
    /// <param name="file">The JSON file; it appears under its name only when it is complete.</param>
    /// <param name="results">The detections.</param>
    /// <param name="truth">The data set that their categories belong to.</param>
    /// <param name="type">
    /// <see cref="IouType.Box"/>: boxes are written; <see cref="IouType.Mask"/>: masks with the mask scores, without boxes, so that the
    /// tools take areas from the masks.
    /// </param>
    /// <exception cref="ArgumentException">A mask is missing or a category is unknown.</exception>
    public static void Write(string file, IEnumerable<DetectionResult> results, InstanceDataset truth, IouType type) =>
        Write(file, results, truth, type, (json, result) =>
        {
            if (type == IouType.Box)
            {
                CocoShapes.Write(json, "bbox", result.Box);
            }
            else
            {
                CocoShapes.Write(json, "segmentation", result.Mask
                    ?? throw new ArgumentException("A detection has no mask.", nameof(results)));
            }
        });

    /// <summary>
    /// Writes detections so that <see cref="Read"/> gives them again: boxes, and masks where there are any, with each image's
    /// <c>file_name</c>. The COCO tools read the file, too, but take all areas from the boxes, and rank masks as they do boxes;
    /// <c>mask_area</c> and <c>mask_score</c>, which they skip, keep those of the masks. The latter stands where it is not the score.
    /// </summary>
    /// <param name="file">The JSON file; it appears under its name only when it is complete.</param>
    /// <param name="results">The detections.</param>
    /// <param name="images">The data set that their images and categories belong to.</param>
    /// <exception cref="ArgumentException">An image or a category is unknown.</exception>
    public static void Save(string file, IEnumerable<DetectionResult> results, InstanceDataset images)
    {
        ArgumentNullException.ThrowIfNull(images);
        var names = images.Images.ToDictionary(image => image.Id, image => image.FileName);
        Write(file, results, images, IouType.Box, (json, result) =>
        {
            json.WriteString("file_name", names.GetValueOrDefault(result.ImageId)
                ?? throw new ArgumentException($"Image {result.ImageId} is none of the {names.Count}.", nameof(results)));
            CocoShapes.Write(json, "bbox", result.Box);
            if (result.Mask is { } mask)
            {
                CocoShapes.Write(json, "segmentation", mask);
                json.WriteNumber("mask_area", result.Area);
            }
            if (result.MaskScore != result.Score)
            {
                json.WriteNumber("mask_score", result.MaskScore);
            }
        });
    }

    private static void Write(
        string file, IEnumerable<DetectionResult> results, InstanceDataset truth, IouType scored,
        Action<Utf8JsonWriter, DetectionResult> writeShape)
    {
        ArgumentNullException.ThrowIfNull(results);
        ArgumentNullException.ThrowIfNull(truth);
        AtomicFile.Write(file, stream =>
        {
            using var json = new Utf8JsonWriter(
                stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            json.WriteStartArray();
            foreach (var result in results)
            {
                if (result.Category < 0 || result.Category >= truth.Categories.Count)
                {
                    throw new ArgumentException($"Category {result.Category} is not one of the {truth.Categories.Count}.", nameof(results));
                }
                json.WriteStartObject();
                json.WriteNumber("image_id", result.ImageId);
                json.WriteNumber("category_id", truth.Categories[result.Category].Id);
                writeShape(json, result);
                json.WriteNumber("score", result.ScoreFor(scored));
                json.WriteEndObject();
                if (json.BytesPending > 1 << 16)
                {
                    json.Flush();
                }
            }
            json.WriteEndArray();
        });
    }

    // A box with a score, and nothing else that counts.
    private static DetectionResult? ParsePlain(ref PlainJson json, Dictionary<long, int> images, Dictionary<long, int> categories)
    {
        long? image = null, category = null;
        double? score = null;
        Box? box = null;
        if (!json.Take((byte)'{'))
        {
            return null;
        }
        do
        {
            long number = 0;
            double value = 0;
            if (!json.Name(out var key))
            {
                return null;
            }
            switch (key)
            {
                case [(byte)'b', ..] when key.SequenceEqual("bbox"u8) && CocoShapes.TryParseBox(ref json, out var read):
                    box = read;
                    break;
                case [(byte)'s', ..] when key.SequenceEqual("score"u8) && json.Number(out value):
                    score = value;
                    break;
                case [(byte)'i', ..] when key.SequenceEqual("image_id"u8) && json.Integer(out number):
                    image = number;
                    break;
                case [(byte)'c', ..] when key.SequenceEqual("category_id"u8) && json.Integer(out number):
                    category = number;
                    break;
                default:
                    return null;
            }
        }
        while (json.Take((byte)','));
        return json.Take((byte)'}') && image is { } inside && images.ContainsKey(inside) && category is { } kind
            && box is { Width: >= 0, Height: >= 0 } place && score is { } sure
            ? new DetectionResult(inside, categories.GetValueOrDefault(kind, -1), sure, place, null)
            : null;
    }

    private static DetectionResult Parse(
        ref Utf8JsonReader reader, IReadOnlyList<ImageRecord> records, Dictionary<long, int> images, Dictionary<long, int> categories,
        IouType type)
    {
        JsonFields.ExpectObject(ref reader, "");
        long? imageId = null, categoryId = null;
        string? fileName = null;
        double? score = null, maskScore = null, maskArea = null;
        Box? box = null;
        // Where the segmentation stands, to come back to when it is known whether it is needed.
        Utf8JsonReader segmentation = default;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("image_id"u8) && reader.Read())
            {
                imageId = JsonFields.Integer(ref reader, "image_id");
            }
            else if (reader.ValueTextEquals("file_name"u8) && reader.Read())
            {
                fileName = JsonFields.Text(ref reader, "file_name");
            }
            else if (reader.ValueTextEquals("category_id"u8) && reader.Read())
            {
                categoryId = JsonFields.Integer(ref reader, "category_id");
            }
            else if (reader.ValueTextEquals("score"u8) && reader.Read())
            {
                score = JsonFields.Number(ref reader, "score");
            }
            else if (reader.ValueTextEquals("mask_score"u8) && reader.Read())
            {
                maskScore = JsonFields.Number(ref reader, "mask_score");
            }
            else if (reader.ValueTextEquals("bbox"u8) && reader.Read())
            {
                box = CocoShapes.ParseBox(ref reader, "bbox");
            }
            else if (reader.ValueTextEquals("mask_area"u8) && reader.Read())
            {
                maskArea = JsonFields.Number(ref reader, "mask_area");
            }
            else if (reader.ValueTextEquals("segmentation"u8) && reader.Read())
            {
                segmentation = reader;
                reader.Skip();
            }
            else
            {
                reader.Skip();
            }
        }
        var image = imageId ?? throw Missing("image_id");
        if (!images.TryGetValue(image, out var index))
        {
            throw new JsonFieldException("image_id", $"{image} is not the id of an image of the data set");
        }
        var record = records[index];
        if (fileName is not null && Path.GetFileName(fileName) != Path.GetFileName(record.FileName))
        {
            throw new JsonFieldException(
                "file_name",
                $"{fileName} is not image {image} of the data set, which is {Path.GetFileName(record.FileName)} (predict --gt gives the data set's ids)");
        }
        var category = categories.GetValueOrDefault(categoryId ?? throw Missing("category_id"), -1);
        RunLengthMask? mask = null;
        if (segmentation.TokenType != JsonTokenType.None && (type == IouType.Mask || box is null))
        {
            mask = MaskOf(CocoShapes.ParseSegmentation(ref segmentation, "segmentation"), record.Size);
        }
        var bounds = box ?? mask?.Bounds ?? throw new JsonFieldException("", "there is neither a bbox nor a segmentation");
        if (bounds.Width < 0 || bounds.Height < 0)
        {
            throw new JsonFieldException("bbox", $"a box of {bounds.Width} by {bounds.Height} pixels");
        }
        var boxScore = score ?? throw Missing("score");
        return new DetectionResult(image, category, boxScore, bounds, mask)
        {
            MaskScore = maskScore ?? boxScore,
            Area = mask is null ? bounds.Area : maskArea ?? box?.Area ?? mask.Area,
        };
    }

    private static RunLengthMask? MaskOf(Segmentation? segmentation, ImageSize size) =>
        segmentation is Segmentation.RunLength { Mask: var mask } && mask.Size != size
            ? throw new JsonFieldException("segmentation", $"a mask of {mask.Size} pixels in an image of {size}")
            : segmentation?.ToMask(size);

    private static JsonFieldException Missing(string key) => new(key, "the key is missing");
}
