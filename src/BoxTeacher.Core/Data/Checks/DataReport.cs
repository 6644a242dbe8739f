namespace BoxTeacher.Data;

/// <summary>What a data set is for, which decides what it must have.</summary>
public enum DataUse
{
    /// <summary>Learning from boxes and classes.</summary>
    LearnBoxes,

    /// <summary>Learning from masks too.</summary>
    LearnMasks,

    /// <summary>Evaluation.</summary>
    Evaluate,

    /// <summary>Learning without labels: pictures alone.</summary>
    LearnUnlabelled,
}

/// <summary>One kind of thing that a check found, in some images or objects of a data set.</summary>
/// <param name="IsError">Whether the data set cannot be used like that.</param>
/// <param name="What">What it is, and how often, in one line.</param>
/// <param name="Count">How many images or objects it concerns; 0 where it concerns the whole data set.</param>
/// <param name="Examples">The first ones in the order of the file, at most <see cref="MostExamples"/>.</param>
public sealed record DataFinding(bool IsError, string What, int Count, IReadOnlyList<string> Examples)
{
    /// <summary>The most examples of one kind.</summary>
    public const int MostExamples = 10;

    /// <summary>What it is, with a line per example.</summary>
    public override string ToString() => string.Join(
        "\n  ", [What, .. Examples, .. Count > Examples.Count ? [$"and {Count - Examples.Count} more"] : Array.Empty<string>()]);
}

/// <summary>What a check found in a data set.</summary>
/// <param name="File">The annotation file.</param>
/// <param name="Images">Number of images.</param>
/// <param name="Labels">Number of labels that can be used, for each category by its name.</param>
/// <param name="Findings">What is amiss, errors first; may be empty.</param>
public sealed record DataReport(
    string File, int Images, IReadOnlyList<(string Category, int Count)> Labels, IReadOnlyList<DataFinding> Findings)
{
    internal IReadOnlyList<(string Category, int Count)> Labels { get; } = Labels;

    /// <summary>What does not keep the data set from being used.</summary>
    public IEnumerable<DataFinding> Warnings => Findings.Where(finding => !finding.IsError);

    /// <summary>File, images and labels in one line.</summary>
    public override string ToString()
    {
        if (Labels.Count == 0)
        {
            return $"{File}: {Images} images";
        }

        var names = CategoryNames.List([.. Labels.Select(label => $"{label.Category} {label.Count}")]);
        return $"{File}: {Images} images, {Labels.Sum(label => label.Count)} labels ({names})";
    }
}

/// <summary>A check found what cannot be used. The message has a line per kind, and below it at most ten examples.</summary>
/// <param name="reports">The reports of all data sets that were checked.</param>
public sealed class DataCheckException(IReadOnlyList<DataReport> reports) : FormatException(Words(reports))
{
    /// <summary>Nothing if the data sets of some reports can be used.</summary>
    /// <exception cref="DataCheckException">One of them cannot.</exception>
    public static void ThrowIfRefused(params IReadOnlyList<DataReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        if (reports.Any(report => report.Findings.Any(finding => finding.IsError)))
        {
            throw new DataCheckException(reports);
        }
    }

    private static string Words(IReadOnlyList<DataReport> reports) => string.Join(
        '\n',
        from report in reports
        from finding in report.Findings
        where finding.IsError
        select $"{report.File}: {finding}");
}

/// <summary>What happens while data are checked.</summary>
public abstract record DataEvent;

/// <summary>An annotation file is about to be read, which takes seconds for one of many megabytes.</summary>
/// <param name="File">The file.</param>
public sealed record ReadingAnnotations(string File) : DataEvent;

/// <summary>How far a check is that takes more than a second; told once a second, and at its end.</summary>
/// <param name="File">The annotation file.</param>
/// <param name="Done">Pictures whose headers were read.</param>
/// <param name="Count">All pictures.</param>
public sealed record PicturesChecked(string File, int Done, int Count) : DataEvent;

/// <summary>A data set was checked.</summary>
/// <param name="Report">What was found.</param>
public sealed record DataChecked(DataReport Report) : DataEvent;
