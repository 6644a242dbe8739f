using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace BoxTeacher.Data;

/// <summary>A data set divided into labelled and unlabelled images; both parts keep the order of the whole.</summary>
/// <param name="Labelled">The images whose annotations may be learned from.</param>
/// <param name="Unlabelled">The other images; their annotations are kept, but no method looks at them.</param>
public sealed partial record SemiSupervisedSplit(InstanceDataset Labelled, InstanceDataset Unlabelled)
{
    /// <summary>
    /// Soft Teacher's split (Xu et al., ICCV 2021): a share of all images, images without annotations included, drawn
    /// with numpy's legacy generator, which is seeded with the number of the fold.
    /// </summary>
    /// <param name="dataset">The whole, in the order of its file.</param>
    /// <param name="percent">The labelled share, above 0 and at most 100.</param>
    /// <param name="fold">The fold, 1 to 5 in the paper.</param>
    public static SemiSupervisedSplit SoftTeacher(InstanceDataset dataset, double percent, int fold)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfNegative(fold);
        var drawn = Draw(dataset.Images.Count, percent, fold);
        return Divide(dataset, [.. drawn.Select(index => dataset.Images[index].Id)], dataset.Images, Named(fold, percent));
    }

    /// <summary>The indices that Soft Teacher draws, in the order of drawing.</summary>
    /// <param name="count">Number of images.</param>
    /// <param name="percent">The labelled share, above 0 and at most 100.</param>
    /// <param name="seed">The generator's seed.</param>
    public static int[] Draw(int count, double percent, int seed)
    {
        return new NumpyRandom((uint)seed).Permutation(count)[..Drawn(count, percent)];
    }

    private static int Drawn(int count, double percent) => percent is > 0 and <= 100
        ? (int)(percent / 100 * count)
        : throw new ArgumentOutOfRangeException(nameof(percent), percent, "The share is above 0 and at most 100.");

    /// <summary>
    /// STAC's split (Sohn et al. 2020), which mmdetection 3 uses too: as <see cref="SoftTeacher"/>, but drawn with replacement, so that
    /// there are fewer labelled images than the share says: 9.5 % of COCO for 10 %.
    /// </summary>
    /// <param name="dataset">The whole, in the order of its file.</param>
    /// <param name="percent">The share, above 0 and at most 100.</param>
    /// <param name="fold">The fold, 1 to 5 in the paper.</param>
    public static SemiSupervisedSplit Stac(InstanceDataset dataset, double percent, int fold)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ArgumentOutOfRangeException.ThrowIfNegative(fold);
        var drawn = DrawWithReplacement(dataset.Images.Count, percent, fold);
        return Divide(dataset, [.. drawn.Select(index => dataset.Images[index].Id)], dataset.Images, Named(fold, percent));
    }

    /// <summary>The indices that STAC draws, in the order of drawing; some appear more than once.</summary>
    /// <param name="count">Number of images.</param>
    /// <param name="percent">The share, above 0 and at most 100.</param>
    /// <param name="seed">The generator's seed.</param>
    public static int[] DrawWithReplacement(int count, double percent, int seed)
    {
        var random = new NumpyRandom((uint)seed);
        var drawn = new int[Drawn(count, percent)];
        foreach (ref var index in drawn.AsSpan())
        {
            index = random.Below(count);
        }
        return drawn;
    }

    /// <summary>
    /// The split of Unbiased Teacher and Polite Teacher, listed in the file COCO_supervision.txt: indices into the
    /// images that have an object, ordered by id.
    /// </summary>
    /// <param name="dataset">The whole.</param>
    /// <param name="file">The list: JSON, {percent: {seed: [index, ...]}}.</param>
    /// <param name="percent">The labelled share as the file writes it, such as "10.0".</param>
    /// <param name="seed">Which of its lists, 0 to 9.</param>
    /// <exception cref="DataFormatException">The file is malformed, lacks the list, or was made for another data set.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static SemiSupervisedSplit FromSupervisionFile(InstanceDataset dataset, string file, string percent, int seed)
    {
        ArgumentNullException.ThrowIfNull(dataset);
        ImageRecord[] usable =
            [.. dataset.Images.Where(image => image.Annotations.Any(annotation => !annotation.IsCrowd)).OrderBy(image => image.Id)];
        var indices = ReadIndices(file, percent, seed);
        var key = $"{percent}.{seed}";
        var expected = (long)(double.Parse(percent, CultureInfo.InvariantCulture) / 100 * usable.Length);
        if (indices.Length != expected)
        {
            throw new DataFormatException(
                file, key, $"{indices.Length} images are listed, but {percent} % of this data set's {usable.Length} are {expected}");
        }
        var labelled = new HashSet<long>();
        for (var i = 0; i < indices.Length; i++)
        {
            if (indices[i] < 0 || indices[i] >= usable.Length || !labelled.Add(usable[indices[i]].Id))
            {
                throw new DataFormatException(file, $"{key}[{i}]", $"{indices[i]} is twice in the list or not below {usable.Length}");
            }
        }
        return Divide(dataset, labelled, usable, $"{seed}@{percent}");
    }

    // No two shares have one name.
    private static string Named(int fold, double percent) =>
        string.Create(CultureInfo.InvariantCulture, $"{fold}@{(decimal)percent:0.############################}");

    private static SemiSupervisedSplit Divide(
        InstanceDataset dataset, HashSet<long> labelled, IReadOnlyList<ImageRecord> images, string name) => new(
        dataset with { Name = $"{dataset.Name}.{name}", Images = [.. images.Where(image => labelled.Contains(image.Id))] },
        dataset with { Name = $"{dataset.Name}.{name}-unlabelled", Images = [.. images.Where(image => !labelled.Contains(image.Id))] });

    /// <summary>
    /// Writes both parts as COCO files, <c>NAME.json</c> after their names. Of the unlabelled part the annotations are left out.
    /// </summary>
    /// <param name="folder">Is made where it is not there.</param>
    /// <returns>The two files.</returns>
    /// <exception cref="IOException">A file cannot be written.</exception>
    public (string Labelled, string Unlabelled) Write(string folder)
    {
        var (labelled, unlabelled) = (Path.Combine(folder, $"{Labelled.Name}.json"), Path.Combine(folder, $"{Unlabelled.Name}.json"));
        InstanceDataset[] parts =
        [
            Labelled, Unlabelled with { Images = [.. Unlabelled.Images.Select(image => image with { Annotations = [] })] },
        ];
        // Where the labelled part is there, both are.
        CocoWriter.Write(unlabelled, parts[1], wholeNames: true);
        CocoWriter.Write(labelled, parts[0], wholeNames: true);
        return (labelled, unlabelled);
    }

    /// <summary>
    /// Reads a file that is to be split. The names of pictures stay as the file has them, folders included.
    /// </summary>
    /// <param name="file">Instances file in COCO's format.</param>
    /// <param name="listener">Is told how it goes.</param>
    /// <exception cref="DataFormatException">The file is malformed.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static InstanceDataset ReadWhole(string file, Action<DataEvent>? listener = null)
    {
        var nowhere = Path.GetFullPath("names-as-they-are");
        var dataset = CocoReader.Read(file, nowhere, listener);
        return dataset with
        {
            Images = [.. dataset.Images.Select(image => image with { FileName = AsListed(image.FileName) })],
        };

        string AsListed(string path) => path.StartsWith(nowhere, StringComparison.Ordinal) ? path[(nowhere.Length + 1)..] : path;
    }

    /// <summary>What a file that <see cref="Write"/> has named was split from; null: it is named otherwise.</summary>
    /// <param name="file">Path of the labelled or of the unlabelled part.</param>
    public static SplitOrigin? Origin(string file) =>
        PartName().Match(Path.GetFileName(file)) is { Success: true } match
        && int.TryParse(match.Groups["fold"].ValueSpan, CultureInfo.InvariantCulture, out var fold)
        && double.TryParse(match.Groups["percent"].ValueSpan, CultureInfo.InvariantCulture, out var percent)
            ? new SplitOrigin(match.Groups["whole"].Value + ".json", fold, percent)
            : null;

    [GeneratedRegex(@"^(?<whole>.+)\.(?<fold>\d+)@(?<percent>\d+(\.\d+)?)(-unlabelled)?\.json$")]
    private static partial Regex PartName();

    private static long[] ReadIndices(string file, string percent, int seed)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllText(file));
            return json.RootElement.ValueKind == JsonValueKind.Object
                && json.RootElement.TryGetProperty(percent, out var lists) && lists.ValueKind == JsonValueKind.Object
                && lists.TryGetProperty(seed.ToString(CultureInfo.InvariantCulture), out var list)
                    && list.ValueKind == JsonValueKind.Array
                ? [.. list.EnumerateArray().Select(Index)]
                : throw new DataFormatException(file, $"{percent}.{seed}", "the list is missing");
        }
        catch (JsonException error)
        {
            throw new DataFormatException(file, "", $"not valid JSON: {error.Message}", error);
        }

        long Index(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var index)
            ? index
            : throw new DataFormatException(file, $"{percent}.{seed}", "expected integers");
    }
}

/// <summary>What a part was split from.</summary>
/// <param name="Whole">Name of the whole's file, without a folder.</param>
/// <param name="Fold">Fold.</param>
/// <param name="Percent">Labelled share of the images.</param>
public sealed record SplitOrigin(string Whole, int Fold, double Percent)
{
    private static readonly string[] Conventions = ["softteacher", "stac", "unbiased"];

    /// <summary>The command that makes the part.</summary>
    /// <param name="file">Path of the part. A folder that is called as a convention holds what was split by it.</param>
    public string Command(string file)
    {
        var folder = Path.GetDirectoryName(file)!;
        var convention = Array.Find(Conventions, name => name == Path.GetFileName(folder));
        var whole = Path.Combine(convention is null ? folder : Path.GetDirectoryName(folder)!, Whole);
        var how = convention is null or "softteacher" ? "" : $" --convention {convention}";
        var list = convention == "unbiased" ? " --list COCO_supervision.txt" : "";
        return FormattableString.Invariant(
            $"boxteacher data split --annotations {whole} --percent {Percent} --fold {Fold}{how}{list} --out {folder}");
    }
}
