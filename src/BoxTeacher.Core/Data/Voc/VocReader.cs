using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>
/// Reads PASCAL VOC's instance segmentation: an object is the set of pixels of one label in SegmentationObject, its
/// category the label that these pixels have in SegmentationClass. The void rim (255) belongs to nothing.
/// </summary>
public static class VocReader
{
    private const int Void = 255;
    private const int MaxNameLength = 64;

    /// <summary>Reads the images of one list.</summary>
    /// <param name="folder">VOCdevkit, or VOC2012 within it.</param>
    /// <param name="split">The list in ImageSets/Segmentation: train, val or trainval.</param>
    /// <returns>
    /// The data set; images are numbered from 1 in the order of the list. An object's box is that of the XML file where
    /// it lists as many objects as the picture shows, otherwise the mask's.
    /// </returns>
    /// <exception cref="DataFormatException">A file is malformed.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    public static InstanceDataset Read(string folder, string split)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var root = Directory.Exists(Path.Combine(folder, "VOC2012")) ? Path.Combine(folder, "VOC2012") : folder;
        var names = ReadNames(Path.Combine(root, "ImageSets", "Segmentation", $"{split}.txt"));
        var images = new ImageRecord[names.Length];
        ParallelWork.For(names.Length, i => images[i] = ReadImage(root, names[i], i + 1));
        return new InstanceDataset($"voc_{split}", VocCategories.All, Renumbered(images));
    }

    /// <summary>
    /// Reads the augmented training set "train_aug": VOC's training images, and those of SBD's two lists that are in
    /// neither VOC's training nor its validation list.
    /// </summary>
    /// <param name="vocFolder">VOCdevkit, or VOC2012 within it.</param>
    /// <param name="sbdFolder">SBD's benchmark_RELEASE, or dataset within it.</param>
    /// <exception cref="DataFormatException">A file is malformed.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    public static InstanceDataset ReadTrainAug(string vocFolder, string sbdFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(vocFolder);
        ArgumentException.ThrowIfNullOrEmpty(sbdFolder);
        var root = Directory.Exists(Path.Combine(vocFolder, "VOC2012")) ? Path.Combine(vocFolder, "VOC2012") : vocFolder;
        var train = Read(vocFolder, "train");
        var taken = train.Images.Select(image => Path.GetFileNameWithoutExtension(image.FileName)).ToHashSet();
        taken.UnionWith(ReadNames(Path.Combine(root, "ImageSets", "Segmentation", "val.txt")));
        var sbd = SbdReader.Root(sbdFolder);
        string[] names = [.. ReadNames(Path.Combine(sbd, "train.txt"))
            .Concat(ReadNames(Path.Combine(sbd, "val.txt"))).Where(name => !taken.Contains(name))];
        var images = SbdReader.ReadImages(sbd, names);
        return new InstanceDataset("voc_train_aug", VocCategories.All, Renumbered([.. train.Images, .. images]));
    }

    /// <summary>The names in a list, one a line.</summary>
    /// <exception cref="DataFormatException">A line cannot be the name of a file.</exception>
    internal static string[] ReadNames(string file)
    {
        var lines = File.ReadAllLines(file);
        for (var i = 0; i < lines.Length; i++)
        {
            lines[i] = lines[i].Trim();
            if (lines[i].Length > MaxNameLength || lines[i].AsSpan().ContainsAny('/', '\\', '\0'))
            {
                throw new DataFormatException(file, $"line {i + 1}", "this is not the name of an image");
            }
        }
        return [.. lines.Where(line => line.Length > 0)];
    }

    /// <summary>Images and annotations numbered from 1.</summary>
    internal static ImageRecord[] Renumbered(IReadOnlyList<ImageRecord> images)
    {
        long id = 0;
        return
        [
            .. images.Select((image, i) => image with
            {
                Id = i + 1,
                Annotations = [.. image.Annotations.Select(annotation => annotation with { Id = ++id })],
            }),
        ];
    }

    private static ImageRecord ReadImage(string root, string name, long id)
    {
        var objectFile = Path.Combine(root, "SegmentationObject", $"{name}.png");
        var classFile = Path.Combine(root, "SegmentationClass", $"{name}.png");
        var objects = ImageFile.ReadIndexed(objectFile);
        var classes = ImageFile.ReadIndexed(classFile);
        if ((objects.Height, objects.Width) != (classes.Height, classes.Width))
        {
            throw new DataFormatException(
                classFile, "", $"{classes.Height}x{classes.Width} pixels, but {objects.Height}x{objects.Width} in SegmentationObject");
        }
        var boxes = ReadBoxes(Path.Combine(root, "Annotations", $"{name}.xml"));
        var labels = objects.Count().Where(entry => entry.Label is > 0 and not Void).ToList();
        var annotations = new List<Annotation>(labels.Count);
        foreach (var (label, pixels) in labels)
        {
            var category = CategoryOf(classFile, objects, classes, label);
            var mask = objects.MaskOf(label);
            var box = boxes.Count == labels.Count && label <= boxes.Count ? boxes[label - 1] : mask.Bounds;
            annotations.Add(new Annotation(annotations.Count + 1, category, box, pixels, IsCrowd: false, new Segmentation.RunLength(mask)));
        }
        var picture = Path.GetFullPath(Path.Combine(root, "JPEGImages", $"{name}.jpg"));
        return new ImageRecord(id, picture, objects.Width, objects.Height, annotations);
    }

    // The smallest class label under the object, as the tools have it.
    private static int CategoryOf(string file, LabelMap objects, LabelMap classes, int label)
    {
        var category = Void;
        for (var i = 0; i < objects.Labels.Length; i++)
        {
            if (objects.Labels[i] == label && classes.Labels[i] is > 0 and var found && found < category)
            {
                category = found;
            }
        }
        return category <= VocCategories.All.Count
            ? category - 1
            : throw new DataFormatException(file, "", $"object {label} has no class of 1 to {VocCategories.All.Count}");
    }

    // Boxes are 1-based and include both ends. A missing XML file leaves the masks' boxes.
    private static List<Box> ReadBoxes(string file)
    {
        var boxes = new List<Box>();
        if (!File.Exists(file))
        {
            return boxes;
        }
        XDocument document;
        try
        {
            using var reader =
                XmlReader.Create(file, new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, MaxCharactersInDocument = 1 << 24 });
            document = XDocument.Load(reader);
        }
        catch (XmlException error)
        {
            throw new DataFormatException(file, "", error.Message, error);
        }
        foreach (var element in document.Root?.Elements("object") ?? [])
        {
            var key = $"object[{boxes.Count}].bndbox";
            var box = element.Element("bndbox") ?? throw new DataFormatException(file, key, "the element is missing");
            double x0 = Number(box, "xmin"), y0 = Number(box, "ymin"), x1 = Number(box, "xmax"), y1 = Number(box, "ymax");
            if (x1 < x0 || y1 < y0)
            {
                throw new DataFormatException(file, key, "the box ends before it begins");
            }
            boxes.Add(Box.FromCorners(x0 - 1, y0 - 1, x1, y1));

            double Number(XElement parent, string name) =>
                double.TryParse(parent.Element(name)?.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
                    && double.IsFinite(value)
                    ? value
                    : throw new DataFormatException(file, $"{key}.{name}", "expected a number");
        }
        return boxes;
    }
}
