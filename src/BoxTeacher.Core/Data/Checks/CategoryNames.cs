namespace BoxTeacher.Data;

/// <summary>Names of categories in messages.</summary>
internal static class CategoryNames
{
    private const int MostNames = 20;

    /// <summary>Says which names are not known, which are, and which of these are alike but for case, blanks and dashes.</summary>
    /// <param name="unknown">The names that are not known, at least one.</param>
    /// <param name="known">Those that are.</param>
    /// <param name="file">Where they are from.</param>
    public static string Unknown(IReadOnlyList<string> unknown, IReadOnlyList<string> known, string file)
    {
        var meant = unknown
            .Select(name => (Name: name, Known: known.FirstOrDefault(other => Core(other) == Core(name))))
            .Where(pair => pair.Known is not null)
            .Select(pair => $"; is \"{pair.Name}\" the same as \"{pair.Known}\"? Names have to agree letter by letter");
        return $"{List(unknown)} not among the categories of {file}, which are {List(known)}{meant.FirstOrDefault()}";
    }

    /// <summary>Names with commas between, the first ones if there are many.</summary>
    public static string List(IReadOnlyList<string> names) => names.Count == 0
        ? "none"
        : string.Join(", ", names.Take(MostNames)) + (names.Count > MostNames ? $" and {names.Count - MostNames} more" : "");

    private static string Core(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToUpperInvariant();
}
