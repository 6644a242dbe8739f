using System.Numerics;
using BoxTeacher.Data;
using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>A truth with the image that it is in.</summary>
internal readonly record struct CocoTruth(Annotation Annotation, ImageSize Size);

/// <summary>The truths and detections of one category in one image, as ranges of the sorted arrays.</summary>
internal readonly record struct CocoCell(int TruthStart, int TruthEnd, int DetectionStart, int DetectionEnd, ImageSize Size);

/// <summary>
/// Truths and detections sorted by category, then image (both by ascending id), then their order in the files. When
/// categories are not kept apart, all are of one kind, but within an image still ordered by category.
/// </summary>
internal sealed class CocoGroups
{
    private CocoGroups(IReadOnlyList<Category> kinds, CocoTruth[] truths, DetectionResult[] detections, CocoCell[] cells, int[] kindStarts) =>
        (Kinds, Truths, Detections, Cells, KindStarts) = (kinds, truths, detections, cells, kindStarts);

    /// <summary>The kinds of objects that are kept apart.</summary>
    public IReadOnlyList<Category> Kinds { get; }

    /// <summary>All truths, sorted.</summary>
    public CocoTruth[] Truths { get; }

    /// <summary>All detections, sorted; the matcher orders each cell by score.</summary>
    public DetectionResult[] Detections { get; }

    /// <summary>The cells with anything in them, in order.</summary>
    public CocoCell[] Cells { get; }

    /// <summary>For each kind its first cell, and the number of cells at the end.</summary>
    public int[] KindStarts { get; }

    /// <summary>Sorts a data set and the detections in it.</summary>
    public static CocoGroups Make(InstanceDataset truth, IReadOnlyList<DetectionResult> results, CocoOptions options)
    {
        ImageRecord[] images = [.. truth.Images.Where(image => options.ImageIds?.Contains(image.Id) ?? true).OrderBy(image => image.Id)];
        int[] categories = [.. Enumerable.Range(0, truth.Categories.Count).Where(index => options.Categories?.Contains(index) ?? true)];
        int[] place = new int[truth.Categories.Count];
        Array.Fill(place, -1);
        for (int i = 0; i < categories.Length; i++)
        {
            place[categories[i]] = i;
        }
        Category[] kinds = options.PerCategory ? [.. categories.Select(index => truth.Categories[index])] : [new Category(-1, "")];

        var truths = new List<(ulong Key, CocoTruth Truth)>();
        for (int i = 0; i < images.Length; i++)
        {
            foreach (var annotation in images[i].Annotations)
            {
                if (place[annotation.Category] >= 0)
                {
                    truths.Add((Key(i, place[annotation.Category]), new CocoTruth(annotation, images[i].Size)));
                }
            }
        }
        CocoTruth[] sortedTruths = Sort(truths, out ulong[] truthKeys);
        var detections = Gather(results, images, truth, place, Key);
        DetectionResult[] sortedDetections = Sort(detections, out ulong[] detectionKeys);

        var (cells, starts) = Cut(truthKeys, detectionKeys, images, kinds.Length, categories.Length, options.PerCategory);
        return new CocoGroups(kinds, sortedTruths, sortedDetections, cells, starts);

        ulong Key(int image, int category) => options.PerCategory
            ? ((ulong)category * (ulong)images.Length) + (ulong)image
            : ((ulong)image * (ulong)categories.Length) + (ulong)category;
    }

    private static List<(ulong, DetectionResult)> Gather(
        IReadOnlyList<DetectionResult> results, ImageRecord[] images, InstanceDataset truth, int[] place, Func<int, int, ulong> key)
    {
        var imageIndex = new Dictionary<long, int>(images.Length);
        for (int i = 0; i < images.Length; i++)
        {
            imageIndex.Add(images[i].Id, i);
        }
        HashSet<long>? known = null;
        var detections = new List<(ulong, DetectionResult)>(results.Count);
        for (int i = 0; i < results.Count; i++)
        {
            var result = results[i];
            if (!double.IsFinite(result.Score))
            {
                throw new ArgumentException($"Detection {i} has the score {result.Score}.", nameof(results));
            }
            if (result.Category >= place.Length)
            {
                throw new ArgumentException($"Detection {i} is of category {result.Category}; there are {place.Length}.", nameof(results));
            }
            if (imageIndex.TryGetValue(result.ImageId, out int image))
            {
                if (result.Category >= 0 && place[result.Category] >= 0)
                {
                    detections.Add((key(image, place[result.Category]), result));
                }
            }
            else if (!(known ??= [.. truth.Images.Select(record => record.Id)]).Contains(result.ImageId))
            {
                throw new ArgumentException($"Detection {i} is in image {result.ImageId}, which the data set lacks.", nameof(results));
            }
        }
        return detections;
    }

    // Sorts by key; equal keys keep their order, because the place in the list is part of what is sorted.
    private static T[] Sort<T>(List<(ulong Key, T Value)> items, out ulong[] keys)
    {
        int placeBits = BitOperations.Log2((uint)items.Count) + 1;
        ulong[] sortable = new ulong[items.Count];
        for (int i = 0; i < sortable.Length; i++)
        {
            sortable[i] = checked(items[i].Key * (1UL << placeBits)) | (uint)i;
        }
        Array.Sort(sortable);
        var values = new T[sortable.Length];
        keys = sortable;
        ulong placeMask = (1UL << placeBits) - 1;
        for (int i = 0; i < sortable.Length; i++)
        {
            values[i] = items[(int)(sortable[i] & placeMask)].Value;
            keys[i] = sortable[i] >> placeBits;
        }
        return values;
    }

    private static (CocoCell[] Cells, int[] KindStarts) Cut(
        ulong[] truths, ulong[] detections, ImageRecord[] images, int kinds, int categories, bool perCategory)
    {
        // A key names category and image; without categories a cell is all of an image's.
        ulong perCell = perCategory ? 1 : (ulong)Math.Max(1, categories);
        var cells = new List<CocoCell>();
        int[] starts = new int[kinds + 1];
        int t = 0, d = 0, started = 0;
        while (t < truths.Length || d < detections.Length)
        {
            ulong cell = Math.Min(t < truths.Length ? truths[t] : ulong.MaxValue, d < detections.Length ? detections[d] : ulong.MaxValue) / perCell;
            int truthStart = t, detectionStart = d;
            while (t < truths.Length && truths[t] / perCell == cell)
            {
                t++;
            }
            while (d < detections.Length && detections[d] / perCell == cell)
            {
                d++;
            }
            int kind = perCategory ? (int)(cell / (ulong)images.Length) : 0;
            while (started < kind)
            {
                starts[++started] = cells.Count;
            }
            cells.Add(new CocoCell(truthStart, t, detectionStart, d, images[(int)(cell % (ulong)images.Length)].Size));
        }
        while (started < kinds)
        {
            starts[++started] = cells.Count;
        }
        return ([.. cells], starts);
    }
}
