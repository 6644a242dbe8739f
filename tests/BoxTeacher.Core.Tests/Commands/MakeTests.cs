using System.Diagnostics;
using Xunit;

namespace BoxTeacher.Tests.Commands;

/// <summary>The commands that make runs.</summary>
public sealed class MakeTests
{
    [Fact]
    public void A_value_is_one_word_whatever_is_in_it()
    {
        const string Source = "/data/Fußgänger 'von vorn' $HOME \"x\"", Output = "runs/mein Lauf";
        // A dollar is written twice, as everywhere in make.
        var source = Source.Replace("$", "$$", StringComparison.Ordinal);
        var commands = Run("make", "-n", "demo", "DATA=pennfudan", $"SOURCE={source}", $"OUT={Output}");
        var demo = commands.Split('\n').Single(line => line.StartsWith("dotnet fsi ", StringComparison.Ordinal));

        // As the shell takes the line apart.
        var words = Run("sh", "-c", $"dotnet() {{ printf '%s\\n' \"$@\"; }}; {demo}").Split('\n');

        Assert.Equal(Source, words[Array.IndexOf(words, "--source") + 1]);
        Assert.Equal($"{Output}-pennfudan", words[Array.IndexOf(words, "--out") + 1]);
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, WorkingDirectory = Repository.Folder })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
