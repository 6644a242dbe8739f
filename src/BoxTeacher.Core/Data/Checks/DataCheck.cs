using BoxTeacher.Structures;

namespace BoxTeacher.Data;

/// <summary>
/// Finds before the first step what would stop or spoil a run: pictures that are missing, damaged or of another size, masks that are
/// missing, labels that nobody can learn from. Of pictures only the headers are read.
/// </summary>
public static class DataCheck
{
    // Rounded corners are no mistake.
    private const double Rounding = 1;

    /// <summary>
    /// Checks a data set. That all pictures are as the file says is noted beside it, in FILE.checked; as long as all of them have the same
    /// path, length and time of change as then, none is opened again.
    /// </summary>
    /// <param name="dataset">What was read from the file.</param>
    /// <param name="file">The annotation file.</param>
    /// <param name="use">What it is for.</param>
    /// <param name="listener">Is told how it goes, and at last the report, on the calling thread.</param>
    /// <returns>The report; also when it has errors.</returns>
    public static DataReport Run(InstanceDataset dataset, string file, DataUse use, Action<DataEvent>? listener = null) =>
        Run(dataset, file, use, null, listener);

    /// <summary>The same, where it may be known what is wrong with each picture.</summary>
    /// <param name="dataset">What was read.</param>
    /// <param name="file">What lists the images.</param>
    /// <param name="use">What it is for.</param>
    /// <param name="faults">The fault of each picture, or null; null: the pictures are looked at.</param>
    /// <param name="listener">Is told how it goes, and at last the report.</param>
    internal static DataReport Run(
        InstanceDataset dataset, string file, DataUse use, PictureFault?[]? faults, Action<DataEvent>? listener)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        var labels = new int[dataset.Categories.Count];
        List<DataFinding?> findings =
        [
            dataset.Images.Count == 0 ? Whole(true, "there are no images") : null,
            .. Pictures(dataset.Images, faults ?? PictureCheck.Run(dataset.Images, file, listener)),
            .. Labels(dataset.Images, use, labels),
            (use, labels.Sum()) switch
            {
                (_, > 0) when dataset.Images.SelectMany(image => image.Annotations).All(IsWithinAPixel) =>
                    Whole(true, "all boxes lie within the first pixel: they look as if divided by the picture's size, COCO's are in pixels"),
                (_, > 0) => null,
                (DataUse.LearnUnlabelled, _) => null,
                (DataUse.Evaluate, _) => Whole(false, "there is no object to find, so no AP can be measured"),
                _ => Whole(true, "there is no usable label to learn from"),
            },
        ];
        var report = new DataReport(
            file, dataset.Images.Count, [.. dataset.Categories.Zip(labels, (category, count) => (category.Name, count))],
            [.. findings.OfType<DataFinding>().OrderByDescending(finding => finding.IsError)]);
        listener?.Invoke(new DataChecked(report));
        return report;
    }

    private static IEnumerable<DataFinding?> Pictures(IReadOnlyList<ImageRecord> images, PictureFault?[] faults)
    {
        var missing = new Tally(true, "pictures that are not there");
        var unreadable = new Tally(true, "pictures that cannot be read");
        var resized = new Tally(true, "pictures of another size than the JSON says (height x width)");
        var shared = new Tally(false, "images of a picture that another image has too");
        var ambiguous = new Tally(
            false, "pictures that their EXIF data turns by 180 degrees or mirrors, or square ones: labels must be those of the upright picture");
        var hints = new PictureHints();
        // By index: a million names would take a tenth of a gigabyte.
        var names = new HashSet<int>(images.Count, new SameName(images));
        for (var i = 0; i < faults.Length; i++)
        {
            var (image, fault) = (images[i], faults[i]);
            switch (fault)
            {
                case PictureFault.Missing:
                    missing.Add(() => image.FileName + (hints.Find(image.FileName) switch
                    {
                        null => "",
                        var meant when meant == image.FileName => ", a link to nothing",
                        var meant => $"; did you mean {meant}?",
                    }));
                    break;
                case PictureFault.Unreadable(var problem):
                    unreadable.Add(() => problem);
                    break;
                case PictureFault.OtherSize(var header):
                    resized.Add(() => $"{image.FileName}: {Sizes(image.Size, header)}");
                    break;
                case PictureFault.Ambiguous:
                    ambiguous.Add(() => image.FileName);
                    break;
            }
            if (!names.Add(i))
            {
                shared.Add(() => image.FileName);
            }
        }
        return new[] { missing, unreadable, resized, ambiguous, shared }.Select(tally => tally.Finding(images.Count));
    }

    private static string Sizes(ImageSize told, PictureHeader header) => (told == header.Stored, told == header.Turned) switch
    {
        (true, _) => $"the JSON has {told} as stored; upright by its EXIF data the picture is {header.Upright}",
        (_, true) => $"the JSON has {told}, the picture is {header.Upright}: height and width are exchanged",
        _ => $"the JSON has {told}, the picture is {header.Upright}",
    };

    private static IEnumerable<DataFinding?> Labels(IReadOnlyList<ImageRecord> images, DataUse use, int[] usable)
    {
        var learns = use != DataUse.Evaluate;
        var crowd = new Tally(false, learns ? "labels left out as crowd regions" : "crowd regions, which are neither asked for nor punished");
        var empty = new Tally(false, learns ? "labels left out as their box is empty" : "objects of an empty box");
        var outside = new Tally(false, learns ? "labels left out as their box lies outside of the picture" : "objects outside of the picture");
        var beyond = new Tally(false, "boxes that reach beyond the picture by more than a pixel");
        var unmasked = new Tally(
            use == DataUse.LearnMasks,
            learns ? "labels without a mask, which this method needs" : "objects without a mask, so no mask AP can be measured");
        var malformed = new Tally(
            use == DataUse.LearnMasks,
            learns ? "masks that cannot be read, which this method needs" : "masks that cannot be read, so no mask AP can be measured");
        var count = 0;
        foreach (var image in images)
        {
            foreach (var annotation in image.Annotations)
            {
                count++;
                // Evaluation compares the masks of all, crowds too.
                if (use == DataUse.Evaluate)
                {
                    Masked();
                }
                if (annotation.IsCrowd)
                {
                    crowd.Add(Where);
                }
                else if (!IsSolid(annotation.Box))
                {
                    empty.Add(Where);
                }
                else if (!IsSolid(annotation.Box.ClippedTo(image.Size)))
                {
                    outside.Add(Where);
                }
                else
                {
                    Usable();
                }

                void Usable()
                {
                    usable[annotation.Category]++;
                    if (Excess(annotation.Box, image.Size) > Rounding)
                    {
                        beyond.Add(Where);
                    }
                    if (use == DataUse.LearnMasks)
                    {
                        Masked();
                    }
                }

                void Masked()
                {
                    if (annotation.Segmentation is null)
                    {
                        unmasked.Add(Where);
                    }
                    if (annotation.Segmentation is Segmentation.Malformed bad)
                    {
                        malformed.Add(() => $"{Where()}: {bad.Key}: {bad.Problem}");
                    }
                }

                string Where() => $"{image.FileName}: annotation {annotation.Id}";
            }
        }
        return new[] { unmasked, malformed, crowd, empty, outside, beyond }.Select(tally => tally.Finding(count));
    }

    // What is left of a box in a view decides in training; here the view is the picture itself.
    private static bool IsSolid(Box box) => box.Width > Instances.ThinnestBox && box.Height > Instances.ThinnestBox;

    private static bool IsWithinAPixel(Annotation annotation) => annotation.Box is { X1: <= 1, Y1: <= 1 };

    private static double Excess(Box box, ImageSize size) =>
        new[] { -box.X0, -box.Y0, box.X1 - size.Width, box.Y1 - size.Height }.Max();

    private static DataFinding Whole(bool isError, string what) => new(isError, what, 0, []);

    /// <summary>Indices of images are equal where their names are.</summary>
    private sealed class SameName(IReadOnlyList<ImageRecord> images) : IEqualityComparer<int>
    {
        public bool Equals(int x, int y) => images[x].FileName == images[y].FileName;

        public int GetHashCode(int index) => images[index].FileName.GetHashCode(StringComparison.Ordinal);
    }

    /// <summary>Counts one kind and keeps the first examples.</summary>
    private sealed class Tally(bool isError, string what)
    {
        private readonly List<string> _examples = [];
        private int _count;

        public void Add(Func<string> example)
        {
            if (_count++ < DataFinding.MostExamples)
            {
                _examples.Add(example());
            }
        }

        public DataFinding? Finding(int all) =>
            _count == 0 ? null : new DataFinding(isError, $"{what}: {_count} of {all}", _count, _examples);
    }
}
