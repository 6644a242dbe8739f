namespace BoxTeacher.Benchmarks.Train;

/// <summary>What a step took, in milliseconds of processor time by part, and the losses that it found.</summary>
internal sealed record StepReport(IReadOnlyDictionary<string, double> Parts, IReadOnlyDictionary<string, double> Losses);

/// <summary>A training step that can be repeated.</summary>
internal interface IMeasuredStep : IDisposable
{
    StepReport Run();
}

/// <summary>Splits processor time into parts that follow each other; a part may come again.</summary>
internal sealed class PartTimes
{
    private readonly Dictionary<string, double> milliseconds = [];
    private TimeSpan last = Environment.CpuUsage.TotalTime;

    public IReadOnlyDictionary<string, double> Milliseconds => milliseconds;

    public void Done(string part)
    {
        var now = Environment.CpuUsage.TotalTime;
        milliseconds[part] = milliseconds.GetValueOrDefault(part) + (now - last).TotalMilliseconds;
        last = now;
    }
}
