using System.Diagnostics;
using System.Globalization;

namespace BoxTeacher.Benchmarks;

/// <summary>Python's PyTorch in a process of its own, which measures when it is asked to.</summary>
internal sealed class Peer : IDisposable
{
    private readonly Process _process;

    internal Peer(string python, string script)
    {
        var start = new ProcessStartInfo(python, [script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        _process = Process.Start(start)!;
        Version = Answer();
    }

    internal string Version { get; }

    /// <summary>Seconds that an operation takes for so many repetitions.</summary>
    internal double Seconds(string name, int count)
    {
        _process.StandardInput.WriteLine($"{name} {count}");
        _process.StandardInput.Flush();
        return double.Parse(Answer(), CultureInfo.InvariantCulture);
    }

    private string Answer() => _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("Python's PyTorch gave no answer; is python3-torch installed?");

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
