using System.Diagnostics;
using BoxTeacher.Processes;
using static TorchSharp.torch;

namespace BoxTeacher.Tests.Processes;

/// <summary>Threads in the place of processes: what they ask of each other goes through common memory.</summary>
internal sealed class ThreadGroup : IProcessGroup
{
    private readonly Common _common;
    private Task _last = Task.CompletedTask;

    private ThreadGroup(Common common, int rank) => (_common, Rank) = (common, rank);

    public int Rank { get; }

    public int Size => _common.Own.Length;

    /// <summary>Lets threads do the same together; an error of one is thrown, that of the first before others.</summary>
    public static T[] Run<T>(int size, Func<IProcessGroup, T> work)
    {
        var (common, results, errors) = (new Common(size), new T[size], new Exception?[size]);
        var threads = Enumerable.Range(0, size).Select(rank => new Thread(() =>
        {
            try
            {
                results[rank] = work(new ThreadGroup(common, rank));
            }
            catch (Exception error)
            {
                errors[rank] = error;
                common.Failed.Cancel();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (errors.OrderBy(error => error is OperationCanceledException).FirstOrDefault(error => error is not null) is { } first)
        {
            throw new AggregateException(first);
        }

        return results;
    }

    public void Sum(Span<double> values)
    {
        _common.Own[Rank] = values.ToArray();
        _common.Meet(_common.Now);
        var all = _common.Own.Cast<double[]>().ToList();
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = all.Sum(own => own[i]);
        }

        _common.Meet(_common.Now);
    }

    public void Sum(Tensor values) => Sum(values, _common.Own, _common.Now);

    public Task<double> BeginSum(Tensor values)
    {
        var before = _last;
        var sum = Task.Factory.StartNew(
            () =>
            {
                before.Wait();
                var watch = Stopwatch.StartNew();
                Sum(values, _common.OwnBehind, _common.Behind);
                return watch.Elapsed.TotalSeconds;
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        _last = sum;
        return sum;
    }

    public void Broadcast(Span<byte> bytes, int from)
    {
        _common.Own[Rank] = bytes.ToArray();
        _common.Meet(_common.Now);
        ((byte[])_common.Own[from]!).CopyTo(bytes);
        _common.Meet(_common.Now);
    }

    public void Abort(int code) => throw new NotSupportedException();

    public void Dispose()
    {
    }

    private void Sum(Tensor values, object?[] slots, Barrier barrier)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        slots[Rank] = values;
        _common.Meet(barrier);
        var sum = slots.Cast<Tensor>().Aggregate(zeros_like(values), (total, own) => total + own);
        _common.Meet(barrier);
        values.copy_(sum);
        _common.Meet(barrier);
    }

    private sealed class Common(int size)
    {
        public object?[] Own { get; } = new object?[size];

        public object?[] OwnBehind { get; } = new object?[size];

        public Barrier Now { get; } = new(size);

        public Barrier Behind { get; } = new(size);

        public CancellationTokenSource Failed { get; } = new();

        public void Meet(Barrier barrier) => barrier.SignalAndWait(Failed.Token);
    }
}
