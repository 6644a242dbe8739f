using System.Diagnostics;
using System.Text.Json;

namespace BoxTeacher.Benchmarks.Train;

/// <summary>One of the two sides: a process that answers a line with a line of JSON.</summary>
internal sealed class Side : IDisposable
{
    private readonly Process process;

    public Side(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["OMP_NUM_THREADS"] = "1";
        process = Process.Start(start)!;
        Version = Answer<string>();
    }

    /// <summary>Of its libtorch.</summary>
    public string Version { get; }

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

    private T Answer<T>() => JsonSerializer.Deserialize<T>(
        process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"{process.StartInfo.FileName} gave no answer"),
        JsonSerializerOptions.Web)!;
}
