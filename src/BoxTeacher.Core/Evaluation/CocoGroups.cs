using BoxTeacher.Data;
using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>A truth with the image that it is in.</summary>
internal readonly record struct CocoTruth(Annotation Annotation, ImageSize Size);

/// <summary>
/// The truths and detections of one category in one image, as ranges of the sorted arrays; the image by its place in
/// <see cref="CocoGroups.ImageIds"/>.
/// </summary>
internal readonly record struct CocoCell(int TruthStart, int TruthEnd, int DetectionStart, int DetectionEnd, int Image);

/// <summary>
/// Truths and detections sorted by category, then image (both by ascending id), then their order in the files. When
/// categories are not kept apart, all are of one kind, but within an image still ordered by category.
/// </summary>
internal sealed class CocoGroups
{
    private const int DetectionsPerTask = 8192;

    private CocoGroups(
        IReadOnlyList<Category> kinds, long[] imageIds, CocoTruth[] truths, DetectionResult[] detections, CocoCell[] cells,
        int[] kindStarts) =>
        (Kinds, ImageIds, Truths, Detections, Cells, KindStarts) = (kinds, imageIds, truths, detections, cells, kindStarts);

    /// <summary>The kinds of objects that are kept apart.</summary>
    public IReadOnlyList<Category> Kinds { get; }

    /// <summary>The images, ascending.</summary>
    public long[] ImageIds { get; }

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
        ImageRecord[] _images = [.. truth.Images.Where(image => options.ImageIds?.Contains(image.Id) ?? true).OrderBy(image => image.Id)];
        int[] _categories = [.. Enumerable.Range(0, truth.Categories.Count).Where(index => options.Categories?.Contains(index) ?? true)];
        var place = new int[truth.Categories.Count];
        Array.Fill(place, -1);
        for (var i = 0; i < _categories.Length; i++)
        {
            place[_categories[i]] = i;
        }
        Category[] kinds = options.PerCategory ? [.. _categories.Select(index => truth.Categories[index])] : [new Category(-1, "")];

        var truths = new Placed<CocoTruth>(_images.Sum(image => image.Annotations.Count));
        var next = 0;
        for (var i = 0; i < _images.Length; i++)
        {
            foreach (var annotation in _images[i].Annotations)
            {
                truths.Put(next++, new CocoTruth(annotation, _images[i].Size), i, place[annotation.Category]);
            }
        }
        var detections = Gather(results, _images, truth, place);
        var sortedTruths = truths.Sort(_images.Length, _categories.Length, options.PerCategory, out var truthCells);
        var sortedDetections = detections.Sort(_images.Length, _categories.Length, options.PerCategory, out var detectionCells);
        var (cells, starts) = Cut(truthCells, detectionCells, _images.Length, kinds.Length);
        return new CocoGroups(kinds, [.. _images.Select(image => image.Id)], sortedTruths, sortedDetections, cells, starts);
    }

    private static Placed<DetectionResult> Gather(
        IReadOnlyList<DetectionResult> results, ImageRecord[] images, InstanceDataset truth, int[] place)
    {
        var imageIndex = new Dictionary<long, int>(images.Length);
        for (var i = 0; i < images.Length; i++)
        {
            imageIndex.Add(images[i].Id, i);
        }
        var known = new Lazy<HashSet<long>>(() => [.. truth.Images.Select(record => record.Id)]);
        var detections = new Placed<DetectionResult>(results.Count);
        ParallelWork.For(results.Count, DetectionsPerTask, i =>
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
            if (imageIndex.TryGetValue(result.ImageId, out var image))
            {
                detections.Put(i, result, image, result.Category < 0 ? -1 : place[result.Category]);
            }
            else if (known.Value.Contains(result.ImageId))
            {
                detections.Put(i, result, -1, -1);
            }
            else
            {
                throw new ArgumentException($"Detection {i} is in image {result.ImageId}, which the data set lacks.", nameof(results));
            }
        });
        return detections;
    }

    private static (CocoCell[] Cells, int[] KindStarts) Cut(int[] truths, int[] detections, int images, int kinds)
    {
        var cells = new List<CocoCell>();
        var starts = new int[kinds + 1];
        int t = 0, d = 0, started = 0;
        while (t < truths.Length || d < detections.Length)
        {
            var cell = Math.Min(t < truths.Length ? truths[t] : int.MaxValue, d < detections.Length ? detections[d] : int.MaxValue);
            int truthStart = t, detectionStart = d;
            while (t < truths.Length && truths[t] == cell)
            {
                t++;
            }
            while (d < detections.Length && detections[d] == cell)
            {
                d++;
            }
            var (kind, image) = Math.DivRem(cell, images);
            while (started < kind)
            {
                starts[++started] = cells.Count;
            }
            cells.Add(new CocoCell(truthStart, t, detectionStart, d, image));
        }
        while (started < kinds)
        {
            starts[++started] = cells.Count;
        }
        return ([.. cells], starts);
    }

    /// <summary>Values with the image and the category that they belong to.</summary>
    private sealed class Placed<T>(int count)
    {
        private readonly T[] _values = new T[count];
        private readonly int[] _images = new int[count];
        private readonly int[] _categories = new int[count];

        // A category of -1 leaves the value out. Different places may be filled by different threads.
        public void Put(int at, T value, int image, int category) =>
            (_values[at], _images[at], _categories[at]) = (value, image, category);

        // By category, then image (the other way round where _categories are not kept apart), then place; the cell of
        // each is numbered in the same order.
        public T[] Sort(int imageCount, int categoryCount, bool perCategory, out int[] cells)
        {
            if ((long)imageCount * categoryCount > int.MaxValue)
            {
                throw new ArgumentException($"{imageCount} images of {categoryCount} categories are more than can be evaluated at once.");
            }
            var order = new int[_categories.Length - _categories.Count(category => category < 0)];
            var next = 0;
            for (var i = 0; i < _categories.Length; i++)
            {
                if (_categories[i] >= 0)
                {
                    order[next++] = i;
                }
            }
            order = perCategory
                ? CountingSort(CountingSort(order, _images, imageCount), _categories, categoryCount)
                : CountingSort(CountingSort(order, _categories, categoryCount), _images, imageCount);
            var sorted = new T[order.Length];
            var sortedCells = new int[order.Length];
            ParallelWork.For(order.Length, DetectionsPerTask, i =>
            {
                var at = order[i];
                sorted[i] = _values[at];
                sortedCells[i] = perCategory ? (_categories[at] * imageCount) + _images[at] : _images[at];
            });
            cells = sortedCells;
            return sorted;
        }

        // Stable: equal keys keep their order.
        private static int[] CountingSort(int[] order, int[] keys, int keyCount)
        {
            var next = new int[keyCount + 1];
            foreach (var i in order)
            {
                next[keys[i] + 1]++;
            }
            for (var key = 0; key < keyCount; key++)
            {
                next[key + 1] += next[key];
            }
            var sorted = new int[order.Length];
            foreach (var i in order)
            {
                sorted[next[keys[i]]++] = i;
            }
            return sorted;
        }
    }
}
