using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Runtime.InteropServices;
using BoxTeacher.Methods;
using BoxTeacher.Processes;
using BoxTeacher.Torch;
using BoxTeacher.Training;

namespace BoxTeacher.Cli;

/// <summary>
/// Runs a command line: 0 for success, 1 when a file or a value is refused, 2 when the command line itself is, 3 after a fault of the
/// program, 130 when it was stopped.
/// </summary>
internal static class CommandLine
{
    /// <summary>The exit code of a run that was stopped in good order, as shells have it for Ctrl-C.</summary>
    public const int Stopped = 130;

    /// <summary>The exit code of a command line that means nothing.</summary>
    public const int Refused = 2;

    private const int LongestMessage = 4_000;

    // An error of all processes is told by the first of them. It has so much time before another one ends it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Runs a command line; of processes that were started together the first one speaks.</summary>
    public static int Run(RootCommand root, string[] args, Launch launch)
    {
        if (launch.Rank == 0)
        {
            return Run(root, args);
        }

        Console.SetOut(TextWriter.Null);
        Console.SetError(TextWriter.Null);
        var code = Run(root, args);
        Thread.Sleep(code == 0 ? TimeSpan.Zero : Patience);
        return code;
    }

    /// <summary>Does what processes do together; what ends one of them ends all, and is told once.</summary>
    /// <param name="launch">How they were started.</param>
    /// <param name="work">Gives the exit code.</param>
    public static int Together(Launch launch, Func<IProcessGroup, int> work)
    {
        using var processes = launch.Join();
        try
        {
            return work(processes);
        }
        catch (Exception error) when (processes.AreMany())
        {
            if (!processes.IsFirst())
            {
                WaitForTheFirst();
                Console.SetError(new StreamWriter(Console.OpenStandardError()) { AutoFlush = true });
                Complain($"process {processes.Rank} of {processes.Size} ends the run:");
            }

            processes.Abort(Tell(error));
            throw;
        }
    }

    // Launchers send SIGCONT ahead of SIGTERM when they end what they started: somebody has told what was wrong.
    private static void WaitForTheFirst()
    {
        using var told = new ManualResetEventSlim();
        using var signal = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => told.Set());
        if (told.Wait(Patience))
        {
            Environment.Exit(1);
        }
    }

    private static int Run(RootCommand root, string[] args)
    {
        try
        {
            var parsed = root.Parse(args);
            var empty = parsed.CommandResult.Children.OfType<OptionResult>()
                .Where(given => given.Tokens.Any(token => token.Value.Length == 0)).Select(given => $"{given.Option.Name}: the value is empty");
            var errors = parsed.Errors.Select(Words).Concat(empty).ToList();
            errors.AddRange(errors.Count > 0 ? [] : parsed.CommandResult.Children.OfType<OptionResult>().SelectMany(Misread));
            if (errors.Count > 0)
            {
                errors[^1] = $"{errors[^1].TrimEnd('.')}; '{string.Join(' ', Names(parsed.CommandResult))} --help' shows how";
                errors.ForEach(Complain);
                return Refused;
            }
            return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception error)
        {
            return Tell(error);
        }
    }

    // The exit code of an error.
    private static int Tell(Exception error)
    {
        if (InputError.Is(error))
        {
            Complain(InputError.Text(error));
            return 1;
        }

        Console.Error.WriteLine(error);
        Complain($"a fault of the program; {InputError.Report}");
        return 3;
    }

    private static IEnumerable<string> Names(CommandResult command) =>
        [.. command.Parent is CommandResult parent ? Names(parent) : [], command.Command.Name];

    // The words of System.CommandLine name the type of .NET.
    private static string Words(ParseError error) =>
        error.SymbolResult is OptionResult { Option: var option, Tokens: [var given, ..] }
            && error.Message.Contains("expected type", StringComparison.Ordinal)
            ? $"{option.Name} {given.Value}: must be {Allowed(Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType)}"
            : error.Message;

    // .NET takes numbers for names of an enum, several names at once, and commas within a number.
    private static IEnumerable<string> Misread(OptionResult given)
    {
        var type = Nullable.GetUnderlyingType(given.Option.ValueType) ?? given.Option.ValueType;
        bool IsNumber(string text) => long.TryParse(text, CultureInfo.InvariantCulture, out _);
        bool IsMeant(string text) =>
            !(type.IsEnum || type.IsPrimitive) || (!text.Contains(',', StringComparison.Ordinal) && !(type.IsEnum && IsNumber(text)));
        return given.Tokens.Where(token => !IsMeant(token.Value))
            .Select(token => $"{given.Option.Name} {token.Value}: must be {Allowed(type)}");
    }

    private static string Allowed(Type type) =>
        type.IsEnum ? string.Join(", ", Enum.GetNames(type)).ToLowerInvariant()
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : "a number";

    /// <summary>Says what is wrong on a line of its own.</summary>
    public static void Complain(string message) =>
        // Names of files may hold what a terminal takes for orders, and a file taken for a list of names is one long name.
        Console.Error.WriteLine($"boxteacher: {string.Concat(
            (message.Length > LongestMessage ? message[..LongestMessage] + "..." : message)
            .Select(sign => char.IsControl(sign) && sign != '\n' ? '?' : sign))}");

    /// <summary>Whether a person gave an option; its default value does not count.</summary>
    public static bool Has(this SymbolResult given, Option option) => given.GetResult(option) is { Implicit: false };

    /// <summary>Loads libtorch before a command reads anything, and says which one where the user chose it.</summary>
    /// <param name="threads">Of each tensor operation; null: all cores.</param>
    public static void LoadTorch(int? threads)
    {
        var loaded = TorchRuntime.Load();
        TorchRuntime.UseThreads(threads ?? Environment.ProcessorCount);
        if (Environment.GetEnvironmentVariable(TorchRuntime.FolderVariable) is { Length: > 0 })
        {
            Console.Error.WriteLine($"libtorch: {loaded}");
        }
    }

    /// <summary>Which network of a method's weights file a command looks with.</summary>
    public static Option<Network?> Network() => new("--network")
    {
        Description = "Network of the weights file; by default the one that the recipe evaluates.", HelpName = "student|teacher",
    };

    /// <summary>How many threads a command may use.</summary>
    public static Option<int?> Threads()
    {
        var option = new Option<int?>("--threads") { Description = "Threads of each tensor operation; all cores by default.", HelpName = "N" };
        option.Validators.Add(given =>
        {
            if (int.TryParse(given.Tokens.SingleOrDefault()?.Value, out var count) && count < 1)
            {
                given.AddError($"--threads {count}: must be at least 1");
            }
        });
        return option;
    }
}
