using System.Collections.Concurrent;
using System.Globalization;

namespace BoxTeacher.Tests;

/// <summary>
/// The largest deviation that passed in each reference case, as a part of its tolerance. Written to the file that the environment variable
/// GOLDEN_REPORT names when the tests end: case, part, absolute deviation, where; separated by tabs.
/// </summary>
internal static class GoldenDeviations
{
    private static readonly ConcurrentDictionary<string, (double Part, double Deviation, string What)> Largest = new();

    static GoldenDeviations()
    {
        if (Environment.GetEnvironmentVariable("GOLDEN_REPORT") is { Length: > 0 } file)
            AppDomain.CurrentDomain.ProcessExit += (_, _) => File.WriteAllLines(file, Lines());
    }

    /// <summary>The case that was read last; the tests of this assembly run one after another.</summary>
    public static string Case { get; set; } = "";

    public static void Add(double part, double deviation, string what) => Largest.AddOrUpdate(
        Case, (part, deviation, what), (_, known) => part > known.Part ? (part, deviation, what) : known);

    private static IEnumerable<string> Lines() => Largest.OrderBy(entry => entry.Key, StringComparer.Ordinal)
        .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Key}\t{entry.Value.Part:F3}\t{entry.Value.Deviation:E1}\t{entry.Value.What}"));
}
