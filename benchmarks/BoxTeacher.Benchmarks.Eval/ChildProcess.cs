using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace BoxTeacher.Benchmarks.Eval;

/// <summary>What a process used.</summary>
/// <param name="CpuSeconds">Time on all processors, user and system.</param>
/// <param name="WallSeconds">Time on the clock.</param>
/// <param name="PeakGigabytes">The most memory that was resident.</param>
/// <param name="Output">What it printed.</param>
internal sealed record Usage(double CpuSeconds, double WallSeconds, double PeakGigabytes, string Output);

/// <summary>Runs a process from start to end and measures it; Linux only.</summary>
internal static unsafe partial class ChildProcess
{
    private const int Children = -1;

    public static Usage Run(string file, params string[] arguments)
    {
        double before = ChildSeconds();
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEndAsync();
        long peak = 0;
        while (!process.WaitForExit(10))
        {
            peak = Math.Max(peak, PeakKilobytes(process.Id));
        }
        double wall = clock.Elapsed.TotalSeconds;
        return process.ExitCode == 0
            ? new Usage(ChildSeconds() - before, wall, peak / 1e6, output.Result)
            : throw new InvalidOperationException($"{file} ended with {process.ExitCode}");
    }

    private static long PeakKilobytes(int id)
    {
        try
        {
            string? line = File.ReadLines($"/proc/{id}/status").FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(6).Trim().TrimEnd(" kB"), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    // struct rusage begins with user and system time, two longs each, and is 144 bytes long.
    private static double ChildSeconds()
    {
        long* usage = stackalloc long[18];
        _ = GetUsage(Children, usage);
        return usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetUsage(int who, long* usage);
}
