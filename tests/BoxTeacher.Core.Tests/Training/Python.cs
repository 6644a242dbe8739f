using System.Diagnostics;
using Xunit;

namespace BoxTeacher.Tests.Training;

/// <summary>A Python that has PyTorch, if the machine has one.</summary>
internal static class Python
{
    private static readonly Lazy<string?> WithTorch = new(() => new[] { "/usr/bin/python3", "python3" }.FirstOrDefault(HasTorch));

    /// <summary>The interpreter; null if none imports torch.</summary>
    public static string? Interpreter => WithTorch.Value;

    /// <summary>Runs a script; what it prints. A failure carries what it said.</summary>
    public static string Run(string script, params IEnumerable<string> arguments)
    {
        using var process = Start(Interpreter!, ["-c", script, .. arguments]);
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        return output;
    }

    private static bool HasTorch(string interpreter)
    {
        try
        {
            using var process = Start(interpreter, ["-c", "import torch, numpy"]);
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static Process Start(string interpreter, IEnumerable<string> arguments) => Process.Start(
        new ProcessStartInfo(interpreter, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
}

/// <summary>A test that needs Python with PyTorch, skipped where there is none.</summary>
internal sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute() => Skip = Python.Interpreter is null ? "no Python with torch and numpy" : null;
}
