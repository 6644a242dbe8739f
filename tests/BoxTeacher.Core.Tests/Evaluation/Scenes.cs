using BoxTeacher.Data;
using BoxTeacher.Evaluation;
using BoxTeacher.Masks;
using BoxTeacher.Structures;

namespace BoxTeacher.Tests.Evaluation;

/// <summary>Small truths and detections: by hand, or drawn from a seed with many equal scores.</summary>
internal static class Scenes
{
    private const int Side = 100, Categories = 3;

    /// <summary>A truth of one image of 100x100 pixels and three categories, a, b and c.</summary>
    public static InstanceDataset Truth(params (int Category, Box Box)[] objects) =>
        Dataset([Image(1, [.. objects.Select((item, i) => Annotate(i + 1, item.Category, item.Box))])]);

    public static InstanceDataset Dataset(IReadOnlyList<ImageRecord> images) =>
        new("scenes", [new Category(1, "a"), new Category(2, "b"), new Category(3, "c")], images);

    public static ImageRecord Image(long id, IReadOnlyList<Annotation> annotations) => new(id, $"/data/{id}.jpg", Side, Side, annotations);

    /// <summary>An object that fills its box.</summary>
    public static Annotation Annotate(long id, int category, Box box, bool isCrowd = false) =>
        new(id, category, box, box.Area, isCrowd, new Segmentation.RunLength(RunLengthMask.FromBox(box, Side, Side)));

    public static DetectionResult Found(int category, double score, Box box, long image = 1) => new(image, category, score, box, null);

    /// <summary>One to six images with up to four truths and eight detections each; one truth in eight is a crowd.</summary>
    public static (InstanceDataset Truth, IReadOnlyList<DetectionResult> Results) Draw(int seed, bool masks = false)
    {
        var random = new RandomStream((ulong)seed);
        var images = new List<ImageRecord>();
        var results = new List<DetectionResult>();
        // File order is not the order of ids.
        long[] ids = [.. Enumerable.Range(1, 1 + random.Below(6)).Select(id => (long)id)];
        random.Shuffle<long>(ids);
        foreach (var id in ids)
        {
            Annotation[] truths =
            [
                .. Enumerable.Range(1, random.Below(5)).Select(i =>
                    Annotate((100 * id) + i, random.Below(Categories), Anywhere(random), isCrowd: random.Below(8) == 0)),
            ];
            images.Add(Image(id, truths));
            results.AddRange(Detect(random, id, truths, masks));
        }
        return (Dataset(images), results);
    }

    /// <summary>Other detections in the same images.</summary>
    public static IReadOnlyList<DetectionResult> Again(InstanceDataset truth, int seed)
    {
        var random = new RandomStream((ulong)seed);
        return [.. truth.Images.SelectMany(image => Detect(random, image.Id, image.Annotations, masks: false))];
    }

    private static List<DetectionResult> Detect(RandomStream random, long image, IReadOnlyList<Annotation> truths, bool masks)
    {
        var found = new List<DetectionResult>();
        for (var count = random.Below(9); count > 0; count--)
        {
            var near = truths.Count > 0 && random.Chance(0.7) ? truths[random.Below(truths.Count)] : null;
            var box = near is null ? Anywhere(random) : Near(near.Box, random);
            var category = near is null || random.Chance(0.2) ? random.Below(Categories) : near.Category;
            found.Add(new DetectionResult(
                image, category, random.Below(5) / 4.0, box, masks ? RunLengthMask.FromBox(box, Side, Side) : null));
        }
        return found;
    }

    private static Box Anywhere(RandomStream random) =>
        Box.FromSize(random.Below(60), random.Below(60), 8 + random.Below(32), 8 + random.Below(32));

    private static Box Near(Box box, RandomStream random) =>
        Box.FromSize(Math.Max(0, box.X0 + random.Below(9) - 4), box.Y0, Math.Max(4, box.Width - random.Below(12)), box.Height);
}
