using static TorchSharp.torch;

namespace BoxTeacher.Processes;

/// <summary>
/// Processes that take each step of a run together. All of them call the same members in the same order; each call returns when its result
/// is there, and the result is the same in all of them, to the bit.
/// </summary>
public interface IProcessGroup : IDisposable
{
    /// <summary>Number of this process, from 0; number 0 writes and speaks.</summary>
    int Rank { get; }

    /// <summary>How many there are, at least 1.</summary>
    int Size { get; }

    /// <summary>Adds numbers over the processes, in place.</summary>
    void Sum(Span<double> values);

    /// <summary>Adds a tensor over the processes, in place.</summary>
    /// <param name="values">Contiguous, float32 or float64, of one shape and device kind everywhere.</param>
    void Sum(Tensor values);

    /// <summary>
    /// The same beside what the process does meanwhile. Sums are formed in the order in which they are begun, which is the same everywhere.
    /// </summary>
    /// <param name="values">As in <see cref="Sum(Tensor)"/>; nobody touches them until the task is done.</param>
    /// <returns>Seconds that the sum itself took.</returns>
    Task<double> BeginSum(Tensor values);

    /// <summary>Gives all processes the bytes of one.</summary>
    /// <param name="bytes">Of one length everywhere.</param>
    /// <param name="from">The rank that has them.</param>
    void Broadcast(Span<byte> bytes, int from);

    /// <summary>Ends all processes at once, those that wait for this one included.</summary>
    /// <param name="code">Their exit code.</param>
    void Abort(int code);
}

/// <summary>What processes ask of each other.</summary>
public static class ProcessGroups
{
    /// <summary>This process alone.</summary>
    public static IProcessGroup One { get; } = new OneProcess();

    /// <summary>Whether this process writes and speaks.</summary>
    public static bool IsFirst(this IProcessGroup processes) => processes.Rank == 0;

    /// <summary>Whether there is more than one.</summary>
    public static bool AreMany(this IProcessGroup processes) => processes.Size > 1;

    /// <summary>Whether it is so in any of them.</summary>
    public static bool Any(this IProcessGroup processes, bool own) => processes.SumOf(own ? 1.0 : 0.0) > 0;

    /// <summary>Waits until all are here.</summary>
    public static void Meet(this IProcessGroup processes) => processes.SumOf(0.0);

    /// <summary>The sum of a number.</summary>
    public static double SumOf(this IProcessGroup processes, double own)
    {
        processes.Sum(new Span<double>(ref own));
        return own;
    }

    /// <summary>The sum of a tensor without gradient; the tensor itself stays as it is.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="own">Of one shape and type everywhere.</param>
    public static Tensor SumOf(this IProcessGroup processes, Tensor own)
    {
        var sum = empty(own.shape, own.dtype, own.device).copy_(own.detach());
        processes.Sum(sum);
        return sum;
    }

    /// <summary>The numbers of all processes, by rank.</summary>
    /// <param name="processes">The processes.</param>
    /// <param name="own">As many everywhere.</param>
    public static double[][] Gather(this IProcessGroup processes, params ReadOnlySpan<double> own)
    {
        var all = new double[processes.Size * own.Length];
        own.CopyTo(all.AsSpan(processes.Rank * own.Length));
        processes.Sum(all);
        return own.Length == 0 ? [.. Enumerable.Repeat<double[]>([], processes.Size)] : [.. all.Chunk(own.Length)];
    }

    /// <summary>The bytes of all processes, by rank; their lengths may differ.</summary>
    public static byte[][] Gather(this IProcessGroup processes, byte[] own)
    {
        byte[][] all = [.. processes.Gather([(double)own.Length]).Select(length => new byte[(int)length[0]])];
        all[processes.Rank] = own;
        foreach (var (rank, bytes) in all.Index())
        {
            processes.Broadcast(bytes, rank);
        }

        return all;
    }

    /// <summary>
    /// Which of <paramref name="count"/> things that stand in a row are this process's: a piece of it, as long as the others' or by one
    /// longer or shorter.
    /// </summary>
    public static Range Share(this IProcessGroup processes, int count) =>
        (int)((long)count * processes.Rank / processes.Size)..(int)((long)count * (processes.Rank + 1) / processes.Size);

    private sealed class OneProcess : IProcessGroup
    {
        public int Rank => 0;

        public int Size => 1;

        public void Sum(Span<double> values)
        {
        }

        public void Sum(Tensor values)
        {
        }

        public Task<double> BeginSum(Tensor values) => Task.FromResult(0.0);

        public void Broadcast(Span<byte> bytes, int from)
        {
        }

        public void Abort(int code) => Environment.Exit(code);

        public void Dispose()
        {
        }
    }
}
