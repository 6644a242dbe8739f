using System.Globalization;
using BoxTeacher.Data;
using BoxTeacher.Files;

namespace BoxTeacher.Evaluation;

/// <summary>PASCAL VOC's results folder, as its development kit reads it.</summary>
public static class VocResults
{
    /// <summary>
    /// Writes <c>results/VOC2012/Main/comp4_det_SPLIT_CATEGORY.txt</c>, lines "image score left top right bottom" with
    /// 1-based boxes, and, where all detections have masks, the label pictures
    /// <c>results/VOC2012/Segmentation/comp6_SPLIT_cls/IMAGE.png</c>, in which detections of higher mask score lie on top.
    /// </summary>
    /// <param name="folder">The folder to make; an earlier one of this name is replaced once the new one is complete.</param>
    /// <param name="dataset">The images; categories are numbered from 1 in the label pictures.</param>
    /// <param name="results">The detections.</param>
    /// <param name="split">The split's name, such as val.</param>
    public static void Write(string folder, InstanceDataset dataset, IReadOnlyList<DetectionResult> results, string split)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(results);
        var names = dataset.Images.ToDictionary(image => image.Id, image => Path.GetFileNameWithoutExtension(image.FileName));
        var perCategory = results.ToLookup(result => result.Category);
        AtomicFolder.Write(folder, temporary =>
        {
            var main = Path.Combine(temporary, "results", "VOC2012", "Main");
            Directory.CreateDirectory(main);
            for (var category = 0; category < dataset.Categories.Count; category++)
            {
                var lines = perCategory[category].Select(result => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{names[result.ImageId]} {result.Score:R} {result.Box.X0 + 1:R} {result.Box.Y0 + 1:R} {result.Box.X1:R} {result.Box.Y1:R}"));
                File.WriteAllLines(Path.Combine(main, $"comp4_det_{split}_{dataset.Categories[category].Name}.txt"), lines);
            }
            if (results.All(result => result.Mask is not null))
            {
                WritePictures(Path.Combine(temporary, "results", "VOC2012", "Segmentation", $"comp6_{split}_cls"), dataset, results, names);
            }
        });
    }

    private static void WritePictures(
        string folder, InstanceDataset dataset, IReadOnlyList<DetectionResult> results, Dictionary<long, string> names)
    {
        Directory.CreateDirectory(folder);
        var palette = VocCategories.Palette();
        var perImage = results.ToLookup(result => result.ImageId);
        ParallelWork.For(dataset.Images.Count, i =>
        {
            var image = dataset.Images[i];
            var labels = new ushort[image.Width * image.Height];
            foreach (var result in perImage[image.Id].OrderBy(result => result.MaskScore))
            {
                var mask = result.Mask!.Decode();
                for (var p = 0; p < labels.Length; p++)
                {
                    labels[p] = mask[p] != 0 ? (ushort)(result.Category + 1) : labels[p];
                }
            }
            var map = new LabelMap(labels, image.Height, image.Width);
            File.WriteAllBytes(Path.Combine(folder, $"{names[image.Id]}.png"), PngWriter.Indexed(map, palette));
        });
    }
}
