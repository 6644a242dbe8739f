
namespace BoxTeacher.Data;

/// <summary>
/// Reads the Semantic Boundaries Dataset (Hariharan et al., ICCV 2011), which marks objects of VOC's categories in many
/// more of VOC's pictures: MATLAB files with a label map and the category of each label.
/// </summary>
public static class SbdReader
{
    private const int Void = 255;

    /// <summary>Reads the images of one list.</summary>
    /// <param name="folder">benchmark_RELEASE, or dataset within it.</param>
    /// <param name="split">The list: train or val.</param>
    /// <exception cref="DataFormatException">A file is malformed.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    public static InstanceDataset Read(string folder, string split)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var root = Root(folder);
        var images = ReadImages(root, VocReader.ReadNames(Path.Combine(root, $"{split}.txt")));
        return new InstanceDataset($"sbd_{split}", VocCategories.All, VocReader.Renumbered(images));
    }

    /// <summary>The folder that holds img, inst and the lists.</summary>
    internal static string Root(string folder) =>
        Directory.Exists(Path.Combine(folder, "dataset")) ? Path.Combine(folder, "dataset") : folder;

    /// <summary>Reads images by name.</summary>
    internal static ImageRecord[] ReadImages(string root, string[] names)
    {
        var images = new ImageRecord[names.Length];
        ParallelWork.For(names.Length, i => images[i] = ReadImage(root, names[i], i + 1));
        return images;
    }

    private static ImageRecord ReadImage(string root, string name, long id)
    {
        var file = Path.Combine(root, "inst", $"{name}.mat");
        var truth = MatFile.ReadStruct(file, "GTinst");
        var segmentation = truth.GetValueOrDefault("Segmentation")
            ?? throw new DataFormatException(file, "GTinst.Segmentation", "the field is missing");
        var categories = truth.GetValueOrDefault("Categories")
            ?? throw new DataFormatException(file, "GTinst.Categories", "the field is missing");
        var map = segmentation.ToLabelMap(file, "GTinst.Segmentation");
        var annotations = new List<Annotation>();
        foreach (var (label, pixels) in map.Count())
        {
            if (label is 0 or Void)
            {
                continue;
            }
            var category = label <= categories.Values.Length ? categories.Values[label - 1] : double.NaN;
            if (!(category >= 1 && category <= VocCategories.All.Count && category == Math.Truncate(category)))
            {
                throw new DataFormatException(
                    file, "GTinst.Categories", $"object {label} has no category of 1 to {VocCategories.All.Count}");
            }
            var mask = map.MaskOf(label);
            annotations.Add(new Annotation(
                annotations.Count + 1, (int)category - 1, mask.Bounds, pixels, IsCrowd: false, new Segmentation.RunLength(mask)));
        }
        var picture = Path.GetFullPath(Path.Combine(root, "img", $"{name}.jpg"));
        return new ImageRecord(id, picture, map.Width, map.Height, annotations);
    }
}
