using System.Diagnostics;
using System.Text;

namespace BoxTeacher.Tests.Fuzz;

/// <summary>What became of a run of mutated files.</summary>
/// <param name="Accepted">Files that were read although they were mutated.</param>
/// <param name="Refused">Files that ended in one clear error.</param>
/// <param name="Failures">Everything else.</param>
/// <param name="SlowestSeconds">The longest that one file took.</param>
/// <param name="MostBytes">The most managed memory that one file made the reader allocate.</param>
internal sealed record FuzzReport(int Accepted, int Refused, IReadOnlyList<string> Failures, double SlowestSeconds, long MostBytes);

/// <summary>Feeds mutated files to the readers and evaluators.</summary>
internal static class FuzzRun
{
    /// <summary>Runs so many mutations, spread over all targets; the seed decides which.</summary>
    public static FuzzReport Run(int mutations, int seed, double secondsAllowed)
    {
        string root = Directory.CreateTempSubdirectory("boxteacher-fuzz-").FullName;
        var failures = new List<string>();
        int accepted = 0, refused = 0;
        double slowest = 0;
        long most = 0;
        try
        {
            Parallel.ForEach(FuzzTargets.All.Index(), new ParallelOptions { MaxDegreeOfParallelism = 2 }, entry =>
            {
                var (number, target) = entry;
                string folder = Directory.CreateDirectory(Path.Combine(root, target.Name)).FullName;
                var (file, run) = target.Prepare(folder);
                byte[] sample = File.ReadAllBytes(file);
                run();
                for (int i = number; i < mutations; i += FuzzTargets.All.Count)
                {
                    byte[] mutated = target.Damage(sample, new Random(HashCode.Combine(seed, i)));
                    File.WriteAllBytes(file, mutated);
                    long before = GC.GetAllocatedBytesForCurrentThread();
                    var clock = Stopwatch.StartNew();
                    string? failure = null;
                    bool clear = false;
                    try
                    {
                        run();
                    }
                    catch (Exception error)
                    {
                        clear = FuzzTarget.IsClear(error, folder);
                        failure = clear ? null : $"{target.Name}, mutation {i} of seed {seed}: {error.GetType().Name} {error.Message[..Math.Min(300, error.Message.Length)]}\n{error.StackTrace}";
                    }
                    double seconds = clock.Elapsed.TotalSeconds;
                    failure ??= seconds > secondsAllowed ? $"{target.Name}, mutation {i} of seed {seed}: took {seconds:0.0} s" : null;
                    lock (failures)
                    {
                        (accepted, refused) = (accepted + (clear || failure is not null ? 0 : 1), refused + (clear ? 1 : 0));
                        slowest = Math.Max(slowest, seconds);
                        most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
                        if (failure is not null)
                        {
                            failures.Add(failure);
                        }
                    }
                }
            });
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
        return new FuzzReport(accepted, refused, failures, slowest, most);
    }

    /// <summary>Runs and prints; the exit code of a program.</summary>
    public static int Print(int mutations)
    {
        var report = Run(mutations, seed: 1, secondsAllowed: 1);
        foreach (string failure in report.Failures.Take(10))
        {
            Console.WriteLine(failure);
        }
        Console.WriteLine($"{mutations} mutations of {FuzzTargets.All.Count} kinds of files: {report.Accepted} read, {report.Refused} refused, {report.Failures.Count} failures");
        Console.WriteLine($"slowest {report.SlowestSeconds:0.000} s, most memory for one file {report.MostBytes / 1e6:0} MB, process peak {Process.GetCurrentProcess().PeakWorkingSet64 / 1e6:0} MB");
        return report.Failures.Count == 0 ? 0 : 1;
    }
}

/// <summary>Damages files in the ways that files get damaged, and in some that only an enemy thinks of.</summary>
internal static class Fuzzer
{
    private static readonly string[] Tokens =
    [
        "-1", "0", "1e999", "-1e308", "NaN", "99999999999999999999", "2147483647", "2147483648", "-2147483649", "4294967295", "65536", "0.5",
        "null", "true", "\"x\"", "\"\\ud800\"", "[]", "{}", "[[]]", "[4294967295,4294967295]", "\"oooooooooooooooo\"", "\"0000001\"",
    ];

    public static byte[] Mutate(byte[] sample, Random random)
    {
        var bytes = new List<byte>(sample);
        int rounds = 1 + (int)(3 * random.NextDouble() * random.NextDouble());
        for (int i = 0; i < rounds; i++)
        {
            MutateOnce(bytes, random);
        }
        byte[] mutated = [.. bytes];
        if (mutated is [0x89, (byte)'P', ..] && random.NextDouble() < 0.7)
        {
            PngDamage.RepairCheckSums(mutated);
        }
        return mutated;
    }

    private static void MutateOnce(List<byte> bytes, Random random)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)random.Next(256));
            return;
        }
        int at = random.Next(bytes.Count);
        switch (random.Next(9))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 3:
                bytes.RemoveRange(at, Math.Min(bytes.Count - at, 1 + random.Next(40)));
                break;
            case 4:
                bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, 1 + random.Next(200))));
                break;
            case 5:
                bytes.InsertRange(at, Encoding.ASCII.GetBytes(new string(random.Next(2) == 0 ? '[' : '{', 1 + random.Next(5000))));
                break;
            case 6:
                // The head is where sizes and kinds stand.
                bytes[random.Next(Math.Min(64, bytes.Count))] = (byte)random.Next(256);
                break;
            default:
                ReplaceNumber(bytes, at, Tokens[random.Next(Tokens.Length)]);
                break;
        }
    }

    private static void ReplaceNumber(List<byte> bytes, int from, string token)
    {
        int start = bytes.FindIndex(from, value => value is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
        {
            return;
        }
        int end = start;
        while (end < bytes.Count && bytes[end] is (>= (byte)'0' and <= (byte)'9') or (byte)'.')
        {
            end++;
        }
        bytes.RemoveRange(start, end - start);
        bytes.InsertRange(start, Encoding.ASCII.GetBytes(token));
    }
}
