using System.Runtime.ExceptionServices;

namespace BoxTeacher.Data;

/// <summary>Loops over independent items by several threads.</summary>
internal static class ParallelWork
{
    /// <summary>Runs the body for 0, 1, ..., count - 1; a failure comes out as itself, that of the first item to fail.</summary>
    public static void For(int count, Action<int> body)
    {
        try
        {
            Parallel.For(0, count, body);
        }
        catch (AggregateException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
        }
    }

    /// <summary>The same, for bodies so short that a thread takes a block of items at a time.</summary>
    public static void For(int count, int block, Action<int> body) => For((count + block - 1) / block, at =>
    {
        var end = Math.Min(count, (at + 1) * block);
        for (var i = at * block; i < end; i++)
        {
            body(i);
        }
    });
}
