using BoxTeacher.Data;
using BoxTeacher.Structures;

namespace BoxTeacher.Evaluation;

/// <summary>What evaluation asks of a truth.</summary>
/// <param name="Id">Id of the annotation.</param>
/// <param name="Box">Its box.</param>
/// <param name="Area">Its area.</param>
/// <param name="IsCrowd">Whether it is a region of many objects.</param>
/// <param name="Shape">Its shape, where masks are compared.</param>
/// <param name="Size">Of its image.</param>
internal readonly record struct CocoTruth(long Id, Box Box, double Area, bool IsCrowd, Segmentation? Shape, ImageSize Size)
{
    /// <summary>That of an annotation.</summary>
    public static CocoTruth Of(Annotation annotation, ImageSize size, IouType type) => new(
        annotation.Id, annotation.Box, annotation.Area, annotation.IsCrowd, type == IouType.Mask ? annotation.Segmentation : null, size);
}

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
    public static CocoGroups Make(InstanceDataset truth, IReadOnlyList<DetectionResult> results, IouType type, CocoOptions options)
    {
        (long Id, int Index)[] images =
        [
            .. truth.Images.Select((image, index) => (image.Id, index))
                .Where(image => options.ImageIds?.Contains(image.Id) ?? true).OrderBy(image => image.Id),
        ];
        int[] categories = [.. Enumerable.Range(0, truth.Categories.Count).Where(index => options.Categories?.Contains(index) ?? true)];
        var place = new int[truth.Categories.Count];
        Array.Fill(place, -1);
        for (var i = 0; i < categories.Length; i++)
        {
            place[categories[i]] = i;
        }
        Category[] kinds = options.PerCategory ? [.. categories.Select(index => truth.Categories[index])] : [new Category(-1, "")];

        var truths = new Places(images.Sum(image => truth.Images[image.Index].Annotations.Count));
        ForEachTruth((annotation, _, i, at) => truths.Put(at, i, place[annotation.Category]));
        var (order, truthCells) = truths.Sort(images.Length, categories.Length, options.PerCategory);
        // Written to their places straight away: a million truths twice would be a tenth of a gigabyte.
        var target = Inverse(order, truths.Count);
        var sortedTruths = new CocoTruth[order.Length];
        ForEachTruth((annotation, size, _, at) =>
        {
            if (target[at] >= 0)
            {
                sortedTruths[target[at]] = CocoTruth.Of(annotation, size, type);
            }
        });
        var ids = Array.ConvertAll(images, image => image.Id);
        (order, var detectionCells) = Gather(results, ids, truth, place).Sort(images.Length, categories.Length, options.PerCategory);
        var (cells, starts) = Cut(truthCells, detectionCells, images.Length, kinds.Length);
        return new CocoGroups(kinds, ids, sortedTruths, Array.ConvertAll(order, at => results[at]), cells, starts);

        void ForEachTruth(Action<Annotation, ImageSize, int, int> act)
        {
            var next = 0;
            for (var i = 0; i < images.Length; i++)
            {
                var image = truth.Images[images[i].Index];
                foreach (var annotation in image.Annotations)
                {
                    act(annotation, image.Size, i, next++);
                }
            }
        }
    }

    // For each place the index in the order; -1: it is left out.
    private static int[] Inverse(int[] order, int count)
    {
        var inverse = new int[count];
        Array.Fill(inverse, -1);
        for (var i = 0; i < order.Length; i++)
        {
            inverse[order[i]] = i;
        }
        return inverse;
    }

    private static Places Gather(
        IReadOnlyList<DetectionResult> results, long[] images, InstanceDataset truth, int[] place)
    {
        var imageIndex = new Dictionary<long, int>(images.Length);
        for (var i = 0; i < images.Length; i++)
        {
            imageIndex.Add(images[i], i);
        }
        var known = new Lazy<HashSet<long>>(() => [.. truth.Images.Select(record => record.Id)]);
        var detections = new Places(results.Count);
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
                detections.Put(i, image, result.Category < 0 ? -1 : place[result.Category]);
            }
            else if (known.Value.Contains(result.ImageId))
            {
                detections.Put(i, -1, -1);
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
        // As many as there may be at most, cut to size below: a list of a million would be copied over and over.
        var cells = new CocoCell[Distinct(truths) + Distinct(detections)];
        var count = 0;
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
                starts[++started] = count;
            }
            cells[count++] = new CocoCell(truthStart, t, detectionStart, d, image);
        }
        while (started < kinds)
        {
            starts[++started] = count;
        }
        return (count == cells.Length ? cells : cells[..count], starts);

        static int Distinct(int[] ascending)
        {
            var distinct = ascending.Length > 0 ? 1 : 0;
            for (var i = 1; i < ascending.Length; i++)
            {
                distinct += ascending[i] != ascending[i - 1] ? 1 : 0;
            }
            return distinct;
        }
    }

    /// <summary>For each of many things the image and the category that it belongs to.</summary>
    private sealed class Places(int count)
    {
        private readonly int[] _images = new int[count];
        private readonly int[] _categories = new int[count];

        public int Count => _images.Length;

        // A category of -1 leaves the thing out. Different places may be filled by different threads.
        public void Put(int at, int image, int category) => (_images[at], _categories[at]) = (image, category);

        // By category, then image (the other way round where _categories are not kept apart), then place; the cell of
        // each is numbered in the same order.
        public (int[] Order, int[] Cells) Sort(int imageCount, int categoryCount, bool perCategory)
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
            return (order, Array.ConvertAll(order, at => perCategory ? (_categories[at] * imageCount) + _images[at] : _images[at]));
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
