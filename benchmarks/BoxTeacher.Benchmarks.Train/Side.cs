using System.Diagnostics;
using System.Text.Json;
using BoxTeacher.Torch;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>One side of the comparison: a process that answers a line with a line of JSON.</summary>
internal sealed class Side : IDisposable
{
    private readonly Process process;
    private readonly List<StepReport> steps = [];
    private readonly List<double> walls = [];

    /// <param name="name">In tables.</param>
    /// <param name="threads">Of each tensor operation.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    public Side(string name, int threads, string program, params string[] arguments)
    {
        Name = name;
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = $"{threads}";
        process = Process.Start(start)!;
        Version = Answer<string>();
    }

    public string Name { get; }

    /// <summary>What its networks compute in.</summary>
    public Precision Precision { get; init; }

    /// <summary>Of its libtorch.</summary>
    public string Version { get; }

    /// <summary>Losses of the very first step, from the same weights and images on all sides.</summary>
    public IReadOnlyDictionary<string, double> FirstLosses { get; private set; } = new Dictionary<string, double>();

    /// <summary>Milliseconds of each measured step by the clock.</summary>
    public IReadOnlyList<double> Walls => walls;

    /// <summary>Milliseconds of processor time of each measured step.</summary>
    public IEnumerable<double> Processor => steps.Select(step => step.Parts.Values.Sum());

    public IEnumerable<string> Parts => steps[0].Parts.Keys;

    /// <summary>Median processor time of a part in milliseconds.</summary>
    public double Part(string name) => Median(steps.Select(step => step.Parts[name]));

    /// <summary>One training step.</summary>
    /// <param name="isMeasured">Otherwise it is one for settling: allocators, and compilation.</param>
    public void Step(bool isMeasured)
    {
        var clock = Stopwatch.StartNew();
        var report = Ask<StepReport>("step");
        var wall = clock.Elapsed.TotalMilliseconds;
        if (FirstLosses.Count == 0)
        {
            FirstLosses = report.Losses;
        }
        if (isMeasured)
        {
            steps.Add(report);
            walls.Add(wall);
        }
    }

    public T Ask<T>(string question)
    {
        process.StandardInput.WriteLine(question);
        process.StandardInput.Flush();
        return Answer<T>();
    }

    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private T Answer<T>() => JsonSerializer.Deserialize<T>(
        process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{process.StartInfo.FileName} gave no answer"),
        JsonSerializerOptions.Web)!;
}
