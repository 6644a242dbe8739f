using System.Text.Json;

namespace BoxTeacher.Benchmarks.Eval;

/// <summary>One measured figure beside its target, 0: none; the ratio is at most 1 where the target is met.</summary>
internal sealed record Figure(string Name, double Value, double Target, double Ratio)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Figure AtMost(string name, double value, double target) => new(name, value, target, target > 0 ? value / target : 0);

    public static Figure AtLeast(string name, double value, double target) => new(name, value, target, target / value);

    /// <summary>Prints each as it comes, and writes all as JSON.</summary>
    public static void Report(IEnumerable<Figure> figures, string file)
    {
        Console.WriteLine($"{"",-54}{"reached",14}{"target",14}{"ratio",8}");
        List<Figure> all = [];
        foreach (var figure in figures)
        {
            all.Add(figure);
            Console.WriteLine(figure.Target > 0
                ? FormattableString.Invariant($"{figure.Name,-54}{figure.Value,14:#,0.###}{figure.Target,14:#,0.###}{figure.Ratio,8:0.00}")
                : FormattableString.Invariant($"{figure.Name,-54}{figure.Value,14:#,0.###}"));
        }
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        File.WriteAllText(file, JsonSerializer.Serialize(
            all.ToDictionary(figure => figure.Name, figure => new { ratio = figure.Ratio, target = 1.0, value = figure.Value, limit = figure.Target }),
            Indented));
    }
}
