using System.Text;

namespace BoxTeacher.Training;

/// <summary>What came of reading a network's first weights.</summary>
/// <param name="File">The file.</param>
/// <param name="Layout">How it calls weights.</param>
/// <param name="Loaded">The network's tensors that were read.</param>
/// <param name="Missing">The network's tensors that the file lacks; they keep their random values.</param>
/// <param name="Unexpected">Names of the file without a counterpart in the network.</param>
/// <param name="Misshapen">Tensors that the file has in another shape, with both shapes; they keep their random values.</param>
public sealed record WeightsReport(
    string File,
    WeightLayout Layout,
    IReadOnlyList<string> Loaded,
    IReadOnlyList<string> Missing,
    IReadOnlyList<string> Unexpected,
    IReadOnlyList<string> Misshapen)
{
    /// <summary>The counts in one line, then a line for each kind of exception; names are shortened to their parts.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{File}: {Loaded.Count} tensors read ({Layout.GetType().Name} names)");
        Line("missing", Missing);
        Line("unexpected", Unexpected);
        Line("of another shape", Misshapen);
        return text.ToString();

        void Line(string what, IReadOnlyList<string> names)
        {
            if (names.Count > 0)
            {
                text.Append($"\n  {names.Count} {what}: {Summary(names)}");
            }
        }
    }

    /// <summary>Names in a few words: those with a common beginning of two parts as one, with their number.</summary>
    internal static string Summary(IReadOnlyList<string> names)
    {
        const int Shown = 8;
        var groups = names.GroupBy(name => string.Join('.', name.Split('.').Take(2))).ToList();
        var shown = groups.Take(Shown).Select(group => group.Count() == 1 ? group.First() : $"{group.Key}.* ({group.Count()})");
        return string.Join(", ", shown) + (groups.Count > Shown ? $" and {groups.Skip(Shown).Sum(group => group.Count())} more" : "");
    }
}
