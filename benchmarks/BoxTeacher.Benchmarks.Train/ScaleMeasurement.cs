using System.Text.Encodings.Web;
using System.Text.Json;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>Two processes of one thread beside one process of two threads, the same batch, a step here and a step there.</summary>
internal static class ScaleMeasurement
{
    private const double LeastEfficiency = 0.9, LeastOverlap = 0.5;

    private static readonly JsonSerializerOptions Options =
        new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="rounds">Measured steps; 0: as many as the case needs.</param>
    /// <param name="golden">The reference set.</param>
    /// <param name="target">Where the figures go.</param>
    public static void Run(int rounds, string golden, string target)
    {
        var figures = new SortedDictionary<string, object>();
        foreach (var (step, usual) in new[] { (StepCase.Tiny, 20), (StepCase.ResNet50, 7) })
        {
            var folder = Directory.CreateTempSubdirectory("boxteacher-scale-").FullName;
            try
            {
                CaseMaker.Write(step, golden, folder);
                Measure(step, folder, rounds > 0 ? rounds : usual, figures);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        File.WriteAllText(target + ".tmp", JsonSerializer.Serialize(figures, Options) + "\n");
        File.Move(target + ".tmp", target, true);
    }

    private static void Measure(StepCase step, string folder, int rounds, SortedDictionary<string, object> figures)
    {
        var program = Environment.ProcessPath!;
        using var one = new Side("one process", 2, program, "scale-worker", folder);
        // mpirun gives processes a terminal, to which .NET would send its settings.
        using var two = new Side(
            "two processes", 1, "mpirun", "--allow-run-as-root", "--bind-to", "none", "-np", "2", "env", "-u", "TERM", program,
            "scale-worker", folder);
        var pairs = new List<(ScaleReport One, ScaleReport Two)>();
        for (var round = -3; round < rounds; round++)
        {
            var pair = (one.Ask<ScaleReport>("step"), two.Ask<ScaleReport>("step"));
            if (round >= 0)
            {
                pairs.Add(pair);
            }
        }

        double Median(Func<(ScaleReport One, ScaleReport Two), double> value) => Side.Median(pairs.Select(value));
        var (alone, together) = (Median(pair => pair.One.Wall) * 1000, Median(pair => pair.Two.Wall) * 1000);
        Console.WriteLine($"{step.Name}: {step.Batch} images; one process of two threads {alone:F0} ms, two of one thread {together:F0} ms per step");
        Figure("efficiency (one / two, by the clock)", Median(pair => pair.One.Wall / pair.Two.Wall), LeastEfficiency);
        Figure("efficiency (processor time)", Median(pair => pair.One.Processor / (2 * pair.Two.Processor)), LeastEfficiency);
        Figure("all-reduce / step", Median(pair => pair.Two.Exchange / pair.Two.Wall), null);
        Figure("all-reduce waited for / step", Median(pair => pair.Two.Waited / pair.Two.Wall), null);
        Figure(
            "all-reduce beside the backward pass", Median(pair => 1 - Math.Min(1, pair.Two.Waited / pair.Two.Exchange)), LeastOverlap);

        void Figure(string name, double value, double? least)
        {
            Console.WriteLine($"  {name,-40}{value,8:F2}{(least is { } target ? $"   target at least {target:F1}" : "")}");
            figures[$"{step.Name}: {name}"] = new { value = Math.Round(value, 3), atLeast = least };
        }
    }
}
