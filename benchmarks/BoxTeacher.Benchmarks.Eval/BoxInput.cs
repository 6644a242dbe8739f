using System.Text.Json;
using BoxTeacher.Structures;

namespace BoxTeacher.Benchmarks.Eval;

/// <summary>
/// Data of Objects365's form, written as they are made, image by image from the seed: boxes of 365 categories in images of 640x480.
/// Two fifths of the detections are truths with some error, the others are anywhere.
/// </summary>
/// <param name="Images">Number of images.</param>
/// <param name="Boxes">Number of boxes in all, as many in each image but for rounding.</param>
internal sealed record BoxInput(int Images, int Boxes)
{
    private const int Categories = 365, Height = 480, Width = 640;

    public void WriteTruth(string file)
    {
        using var stream = File.Create(file);
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartObject();
        json.WriteStartArray("images");
        for (int image = 0; image < Images; image++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", image + 1);
            json.WriteString("file_name", $"patch{image / 40_000}/objects365_v1_{image + 1:D8}.jpg");
            json.WriteNumber("height", Height);
            json.WriteNumber("width", Width);
            End(json);
        }
        json.WriteEndArray();
        json.WriteStartArray("annotations");
        for (int image = 0; image < Images; image++)
        {
            int first = First(image);
            foreach (var (i, (category, box)) in Truths(image).Index())
            {
                json.WriteStartObject();
                json.WriteNumber("id", first + i + 1);
                json.WriteNumber("image_id", image + 1);
                json.WriteNumber("category_id", category + 1);
                json.WriteNumber("iscrowd", 0);
                json.WriteNumber("area", Math.Round(box.Area, 4));
                Write(json, box);
                End(json);
            }
        }
        json.WriteEndArray();
        json.WriteStartArray("categories");
        for (int category = 0; category < Categories; category++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", category + 1);
            json.WriteString("name", $"category {category + 1}");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public void WriteResults(string file)
    {
        using var stream = File.Create(file);
        using var json = new Utf8JsonWriter(stream);
        json.WriteStartArray();
        for (int image = 0; image < Images; image++)
        {
            var random = new Random(-1 - image);
            foreach (var (category, box) in Truths(image))
            {
                bool near = random.NextDouble() < 0.4;
                var found = near ? Near(random, box) : Draw(random).Box;
                json.WriteStartObject();
                json.WriteNumber("image_id", image + 1);
                json.WriteNumber("category_id", (near && random.NextDouble() < 0.8 ? category : random.Next(Categories)) + 1);
                Write(json, found);
                json.WriteNumber("score", Math.Round((near ? 0.2 : 0) + (0.6 * random.NextDouble()), 6));
                End(json);
            }
        }
        json.WriteEndArray();
    }

    private int First(int image) => (int)((long)Boxes * image / Images);

    private IEnumerable<(int Category, Box Box)> Truths(int image)
    {
        var random = new Random(image);
        return [.. Enumerable.Range(0, First(image + 1) - First(image)).Select(_ => Draw(random))];
    }

    private static (int Category, Box Box) Draw(Random random)
    {
        double width = 8 * Math.Pow(300 / 8.0, random.NextDouble()), height = 8 * Math.Pow(300 / 8.0, random.NextDouble());
        return (random.Next(Categories), Rounded(random.NextDouble() * (Width - width), random.NextDouble() * (Height - height), width, height));
    }

    private static Box Near(Random random, Box box) => Rounded(
        box.X0 + (0.2 * box.Width * (random.NextDouble() - 0.5)), box.Y0 + (0.2 * box.Height * (random.NextDouble() - 0.5)),
        box.Width * (0.9 + (0.2 * random.NextDouble())), box.Height * (0.9 + (0.2 * random.NextDouble())));

    private static Box Rounded(double x, double y, double width, double height) =>
        Box.FromSize(Math.Round(x, 2), Math.Round(y, 2), Math.Round(width, 2), Math.Round(height, 2));

    private static void Write(Utf8JsonWriter json, Box box)
    {
        json.WriteStartArray("bbox");
        json.WriteNumberValue(box.X0);
        json.WriteNumberValue(box.Y0);
        json.WriteNumberValue(box.Width);
        json.WriteNumberValue(box.Height);
        json.WriteEndArray();
    }

    // Keeps the writer's buffer small.
    private static void End(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        if (json.BytesPending > 1 << 16)
        {
            json.Flush();
        }
    }
}
