using BoxTeacher.Files;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>
/// Makes the Shapes data set: pictures of discs, squares, triangles, stars and rings with exact masks. It is hard where
/// learning from boxes is hard: backgrounds are textured, objects consist of two parts that look different, some take
/// their colors from the background, and they overlap, at sizes from 16 to 80 pixels and in any rotation.
/// </summary>
public static class ShapesGenerator
{
    /// <summary>Writes the data set in COCO's format.</summary>
    /// <param name="folder">
    /// The folder to make; an earlier one of this name is replaced once the new one is complete. It holds <c>train</c>
    /// and <c>val</c> with JPEG pictures, and <c>annotations/instances_train.json</c> and <c>instances_val.json</c>.
    /// </param>
    /// <param name="options">What the scenes are like.</param>
    /// <param name="seed">The same seed and options give the same files.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static void Write(string folder, ShapesOptions options, long seed)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        AtomicFolder.Write(folder, temporary =>
        {
            WriteSplit(temporary, "train", options.TrainScenes, options, seed, split: 0);
            WriteSplit(temporary, "val", options.ValScenes, options, seed, split: 1);
        });
    }

    private static void WriteSplit(string folder, string name, int count, ShapesOptions options, long seed, int split)
    {
        var pictures = Path.Combine(folder, name);
        Directory.CreateDirectory(pictures);
        var scenes = new ShapesScene[count];
        Parallel.For(0, count, i =>
        {
            var scene = ShapesScene.Compose(options, SceneRandom.Of(seed, split, i));
            File.WriteAllBytes(Path.Combine(pictures, FileName(i)), ImageFile.Encode(".jpg", scene.Picture, options.JpegQuality));
            scenes[i] = scene with { Picture = new Image(1, 1) };
        });
        var images = new List<ImageRecord>(count);
        long id = 0;
        for (var i = 0; i < count; i++)
        {
            var annotations = scenes[i].Objects.Select(item => new Annotation(
                ++id, item.Category, item.Visible.Bounds, item.Visible.Area, IsCrowd: false, MaskOutline.Describe(item.Visible)));
            images.Add(new ImageRecord(i + 1, FileName(i), options.SceneSize, options.SceneSize, [.. annotations]));
        }
        var categories = Shape.All.Select((shape, i) => new Category(i + 1, shape.Name));
        CocoWriter.Write(
            Path.Combine(folder, "annotations", $"instances_{name}.json"), new InstanceDataset($"shapes_{name}", [.. categories], images));
    }

    private static string FileName(int scene) => $"{scene + 1:D6}.jpg";
}
