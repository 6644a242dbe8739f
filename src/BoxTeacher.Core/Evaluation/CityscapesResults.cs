using System.Globalization;
using BoxTeacher.Data;
using BoxTeacher.Files;
using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>
/// Cityscapes' results: for each image a text file with a line "mask-file label-id confidence" for each object, and the
/// masks as pictures.
/// </summary>
public static class CityscapesResults
{
    private const int MaxPathLength = 255;

    /// <summary>Evaluates a folder of results against a folder of truths.</summary>
    /// <param name="truthFolder">A folder with _gtFine_instanceIds.png files, such as gtFine/val.</param>
    /// <param name="resultFolder">A folder with a text file whose name begins like the image's for each of them.</param>
    /// <exception cref="DataFormatException">A file is malformed, or an image has no text file, or more than one.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    public static CityscapesSummary Evaluate(string truthFolder, string resultFolder)
    {
        var texts = Directory.GetFiles(resultFolder, "*.txt", SearchOption.AllDirectories);
        var images = CityscapesReader.InstanceIdFiles(truthFolder).Select(file => (File: file, Result: ResultOf(file, texts))).ToList();
        return CityscapesEvaluator.Evaluate(
        [
            .. images.Select(image => (Func<(LabelMap, IReadOnlyList<CityscapesDetection>)>)(() =>
            {
                var truth = ImageFile.ReadGray(image.File);
                return (truth, Read(image.Result, new ImageSize(truth.Height, truth.Width)));
            })),
        ]);
    }

    /// <summary>Reads the objects of one image.</summary>
    /// <param name="file">The text file.</param>
    /// <param name="size">The image's size, which its masks must have.</param>
    /// <exception cref="DataFormatException">The file or a mask is malformed.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    public static IReadOnlyList<CityscapesDetection> Read(string file, ImageSize size)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        // A mask that is named twice counts once, with the last line's label, as the scripts have it.
        var lines = new Dictionary<string, (int Label, double Confidence, int Line)>();
        foreach (var (index, line) in File.ReadLines(file).Index())
        {
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            if (parts.Length == 0)
            {
                continue;
            }
            var key = $"line {index + 1}";
            if (parts.Length != 3
                || !TryLabel(parts[1], out var label)
                || !double.TryParse(parts[2], NumberStyles.Float, CultureInfo.InvariantCulture, out var confidence)
                || !double.IsFinite(confidence))
            {
                throw new DataFormatException(file, key, "expected a mask's file, a label's id and a confidence");
            }
            if (Path.IsPathRooted(parts[0]) || parts[0].Length > MaxPathLength || parts[0].Contains('\0'))
            {
                throw new DataFormatException(file, key, "the mask's file must be given by a path relative to the text file");
            }
            lines[parts[0]] = (label, confidence, index + 1);
        }
        var detections = new List<CityscapesDetection>(lines.Count);
        foreach (var (mask, (label, confidence, number)) in lines)
        {
            if (CityscapesLabels.ThingOf(label) < 0)
            {
                continue;
            }
            var path = Path.Combine(folder, mask);
            var map = ImageFile.ReadIndexed(path);
            if ((map.Height, map.Width) != (size.Height, size.Width))
            {
                throw new DataFormatException(file, $"line {number}", $"{mask} has {map.Height}x{map.Width} pixels, its image {size}");
            }
            detections.Add(new CityscapesDetection(label, confidence, map));
        }
        return detections;
    }

    /// <summary>
    /// Writes a folder that Cityscapes' scripts read: one text file per image with the mask scores, masks in the folder pred_masks.
    /// </summary>
    /// <param name="folder">The folder to make; an earlier one of this name is replaced once the new one is complete.</param>
    /// <param name="dataset">The images; their categories must be <see cref="CityscapesLabels.Things"/>.</param>
    /// <param name="results">The detections, with masks.</param>
    /// <exception cref="ArgumentException">A detection has no mask or an unknown category.</exception>
    public static void Write(string folder, InstanceDataset dataset, IReadOnlyList<DetectionResult> results)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentNullException.ThrowIfNull(results);
        var perImage = results.ToLookup(result => result.ImageId);
        AtomicFolder.Write(folder, temporary =>
        {
            Directory.CreateDirectory(Path.Combine(temporary, "pred_masks"));
            ParallelWork.For(dataset.Images.Count, i =>
            {
                var image = dataset.Images[i];
                var name = Path.GetFileNameWithoutExtension(image.FileName);
                var lines = new List<string>();
                foreach (var result in perImage[image.Id])
                {
                    var mask = result.Mask ?? throw new ArgumentException($"A detection in image {image.Id} has no mask.", nameof(results));
                    var file = $"pred_masks/{name}_{lines.Count}.png";
                    var pixels = Array.ConvertAll(mask.Decode(), value => (ushort)(255 * value));
                    File.WriteAllBytes(
                        Path.Combine(temporary, file), PngWriter.Gray(new LabelMap(pixels, mask.Height, mask.Width), wide: false));
                    var label = dataset.Categories[result.Category].Id;
                    lines.Add(string.Create(CultureInfo.InvariantCulture, $"{file} {label} {result.MaskScore:R}"));
                }
                File.WriteAllLines(Path.Combine(temporary, $"{name}_pred.txt"), lines);
            });
        });
    }

    // Some tools write the id as a float.
    private static bool TryLabel(string text, out int label)
    {
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
            && value == Math.Truncate(value) && Math.Abs(value) < 1e6;
        label = isNumber ? (int)value : 0;
        return isNumber && CityscapesLabels.All.Any(known => known.Id == (int)value);
    }

    // Names are city_sequence_frame_...; the text file's begins with the same three parts.
    private static string ResultOf(string truthFile, string[] texts)
    {
        var parts = Path.GetFileName(truthFile).Split('_');
        var prefix = string.Join('_', parts.Take(3));
        string[] own = [.. texts.Where(text => Path.GetFileName(text).StartsWith(prefix, StringComparison.Ordinal))];
        return own.Length == 1
            ? own[0]
            : throw new DataFormatException(truthFile, "", own.Length == 0
                ? $"there is no result {prefix}*.txt" : $"there are {own.Length} results {prefix}*.txt");
    }
}
