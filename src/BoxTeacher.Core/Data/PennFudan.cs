using BoxTeacher.Files;

namespace BoxTeacher.Data;

/// <summary>
/// The Penn-Fudan pedestrian photos (Wang, Shi, Song and Shen, ACCV 2007): 170 pictures, one gray level a person in
/// the mask pictures.
/// </summary>
public static class PennFudan
{
    // Every fifth photo, in the order of the names, is for validation: 34 of the 170.
    private const int ValEvery = 5;

    /// <summary>Writes the photos as a data set in COCO's format, with one category, person, and masks as runs.</summary>
    /// <param name="source">The unpacked archive, which holds <c>JPEGImages</c> or <c>PNGImages</c>, and <c>PedMasks</c>.</param>
    /// <param name="folder">
    /// The folder to make; an earlier one of this name is replaced once the new one is complete. It holds <c>train</c>,
    /// <c>val</c>, <c>annotations/instances_train.json</c> and <c>annotations/instances_val.json</c>.
    /// </param>
    /// <exception cref="DataFormatException">A photo or mask is damaged, or they do not fit each other.</exception>
    /// <exception cref="IOException">The source is missing or incomplete.</exception>
    public static void Import(string source, string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var photos = Path.Combine(source, "JPEGImages");
        if (!Directory.Exists(photos))
        {
            photos = Path.Combine(source, "PNGImages");
        }
        if (!Directory.Exists(photos))
        {
            throw new DirectoryNotFoundException($"{source}: neither JPEGImages nor PNGImages is there");
        }
        string[] names = [.. Directory.GetFiles(photos).Where(IsPhoto).Order(StringComparer.Ordinal)];
        if (names.Length == 0)
        {
            throw new FileNotFoundException($"{photos}: there are no photos");
        }
        AtomicFolder.Write(folder, temporary =>
        {
            WriteSplit(temporary, "train", source, names.Where((_, i) => i % ValEvery != ValEvery - 1));
            WriteSplit(temporary, "val", source, names.Where((_, i) => i % ValEvery == ValEvery - 1));
        });
    }

    private static bool IsPhoto(string path) => Path.GetExtension(path) is ".jpg" or ".jpeg" or ".png";

    private static void WriteSplit(string folder, string split, string source, IEnumerable<string> photos)
    {
        var pictures = Path.Combine(folder, split);
        Directory.CreateDirectory(pictures);
        var images = new List<ImageRecord>();
        long id = 0;
        foreach (var photo in photos)
        {
            var image = ImageFile.Read(photo);
            var maskFile = Path.Combine(source, "PedMasks", $"{Path.GetFileNameWithoutExtension(photo)}_mask.png");
            var map = ImageFile.ReadIndexed(maskFile);
            if ((map.Height, map.Width) != (image.Height, image.Width))
            {
                throw new DataFormatException(maskFile, "", $"a mask of {map.Height}x{map.Width} pixels for a photo of {image.Size}");
            }
            var annotations = new List<Annotation>();
            foreach (var (label, pixels) in map.Count())
            {
                if (label > 0)
                {
                    var mask = map.MaskOf(label);
                    annotations.Add(new Annotation(++id, 0, mask.Bounds, pixels, IsCrowd: false, new Segmentation.RunLength(mask)));
                }
            }
            File.Copy(photo, Path.Combine(pictures, Path.GetFileName(photo)));
            images.Add(new ImageRecord(images.Count + 1, Path.GetFileName(photo), image.Width, image.Height, annotations));
        }
        CocoWriter.Write(Path.Combine(folder, "annotations", $"instances_{split}.json"),
            new InstanceDataset($"pennfudan_{split}", [new Category(1, "person")], images));
    }
}
