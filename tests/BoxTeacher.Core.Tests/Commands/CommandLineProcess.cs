using System.Diagnostics;

namespace BoxTeacher.Tests.Commands;

/// <summary>What a command left behind.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>The program <c>boxteacher</c> as a process of its own.</summary>
internal sealed class CommandLineProcess : IDisposable
{
    private readonly Process process;
    private readonly Task<string> output, error;

    // A shell that runs the tests in the background has its children ignore SIGINT.
    public CommandLineProcess(params string[] arguments)
        : this(["env", "--default-signal=INT,HUP", "dotnet"], arguments)
    {
    }

    private CommandLineProcess(string[] launcher, string[] arguments)
    {
        var start = new ProcessStartInfo(launcher[0], [.. launcher[1..], Program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process = Process.Start(start)!;
        (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    /// <summary>What .NET starts.</summary>
    public static string Program => Path.Combine(AppContext.BaseDirectory, "boxteacher.dll");

    public bool HasExited => process.HasExited;

    public static CommandResult Run(params string[] arguments)
    {
        using var command = new CommandLineProcess(arguments);
        return command.Wait();
    }

    /// <summary>Runs the program in an environment of its own.</summary>
    /// <param name="launcher">A command line that ends with .NET and its options.</param>
    /// <param name="arguments">The program's.</param>
    public static CommandResult RunBy(string[] launcher, params string[] arguments)
    {
        using var command = new CommandLineProcess(launcher, arguments);
        return command.Wait();
    }

    /// <summary>Starts the program in an environment of its own; see <see cref="RunBy"/>.</summary>
    public static CommandLineProcess StartBy(string[] launcher, params string[] arguments) => new(launcher, arguments);

    /// <summary>Sends a signal: INT is what Ctrl-C does, HUP what a terminal does that is closed.</summary>
    public void Send(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Ends one of the processes that a launcher started, by SIGKILL.</summary>
    /// <param name="child">0-based, in the order in which they were started.</param>
    public void KillChild(int child)
    {
        var children = Directory.GetDirectories($"/proc/{process.Id}/task")
            .SelectMany(task => File.ReadAllText(Path.Combine(task, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(int.Parse).Order().ToList();
        using var ended = Process.GetProcessById(children[child]);
        ended.Kill();
    }

    public CommandResult Wait()
    {
        process.WaitForExit();
        return new CommandResult(process.ExitCode, output.Result, error.Result);
    }

    public void Dispose()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }
        process.Dispose();
    }
}
