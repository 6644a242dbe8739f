using System.Text.Json;
using BoxTeacher.Files;

namespace BoxTeacher.Data;

/// <summary>Writes a data set as COCO's instances JSON.</summary>
public static class CocoWriter
{
    /// <summary>Writes the file; it appears under its name only when it is complete.</summary>
    /// <param name="path">The JSON file.</param>
    /// <param name="dataset">The data set.</param>
    /// <param name="wholeNames">Whether absolute paths of pictures are written whole; or else only the file name of them.</param>
    public static void Write(string path, InstanceDataset dataset, bool wholeNames = false)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(
                stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            json.WriteStartObject();
            json.WriteStartObject("info");
            json.WriteString("description", dataset.Name);
            json.WriteEndObject();
            json.WriteStartArray("categories");
            foreach (var category in dataset.Categories)
            {
                json.WriteStartObject();
                json.WriteNumber("id", category.Id);
                json.WriteString("name", category.Name);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("images");
            foreach (var image in dataset.Images)
            {
                json.WriteStartObject();
                json.WriteNumber("id", image.Id);
                json.WriteString("file_name", !wholeNames && Path.IsPathRooted(image.FileName) ? Path.GetFileName(image.FileName) : image.FileName);
                json.WriteNumber("width", image.Width);
                json.WriteNumber("height", image.Height);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("annotations");
            foreach (var image in dataset.Images)
            {
                foreach (var annotation in image.Annotations)
                {
                    WriteAnnotation(json, dataset, image, annotation);
                    // Keeps the writer's buffer small however large the data set is.
                    if (json.BytesPending > 1 << 16)
                    {
                        json.Flush();
                    }
                }
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static void WriteAnnotation(Utf8JsonWriter json, InstanceDataset dataset, ImageRecord image, Annotation annotation)
    {
        json.WriteStartObject();
        json.WriteNumber("id", annotation.Id);
        json.WriteNumber("image_id", image.Id);
        json.WriteNumber("category_id", dataset.Categories[annotation.Category].Id);
        json.WriteNumber("iscrowd", annotation.IsCrowd ? 1 : 0);
        json.WriteNumber("area", annotation.Area);
        CocoShapes.Write(json, "bbox", annotation.Box);
        if (annotation.HasMask)
        {
            CocoShapes.Write(json, "segmentation", annotation.Segmentation!);
        }
        json.WriteEndObject();
    }
}
