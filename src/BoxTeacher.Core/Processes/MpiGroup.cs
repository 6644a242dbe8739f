using System.Collections.Concurrent;
using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace BoxTeacher.Processes;

/// <summary>
/// Processes that mpirun or srun started, over Open MPI. Tensors of a CPU are added where they lie; those of a GPU by NCCL where it is
/// installed, else by way of this machine's memory.
/// </summary>
internal sealed unsafe class MpiGroup : IProcessGroup
{
    private const uint Pause = 100; // Microseconds between two looks at a sum in the making.

    private readonly nint _world, _behind;
    private readonly nint _double, _float, _byte, _add;
    private readonly BlockingCollection<(Tensor Values, TaskCompletionSource<double> Done)> _begun = [];
    private readonly Thread? _thread;
    private NcclGroup? _nccl;

    /// <summary>Begins MPI; once in a process.</summary>
    /// <exception cref="IOException">Its library is missing, or is not of the MPI that started the processes.</exception>
    public MpiGroup(Launch launch)
    {
        _world = Mpi.Handle("ompi_mpi_comm_world");
        (_double, _float, _byte, _add) =
            (Mpi.Handle("ompi_mpi_double"), Mpi.Handle("ompi_mpi_float"), Mpi.Handle("ompi_mpi_byte"), Mpi.Handle("ompi_mpi_op_sum"));
        Mpi.Start(0, 0, Mpi.AnyThread, out var threads);
        Mpi.Rank(_world, out var rank);
        Mpi.Size(_world, out var size);
        (Rank, Size) = (rank, size);
        if ((rank, size) != (launch.Rank, launch.Size))
        {
            throw new IOException(
                $"{launch.Size} processes were started, and {Mpi.Library} sees {size}: it is not of the MPI whose launcher started them");
        }

        Mpi.Duplicate(_world, out _behind);
        if (threads >= Mpi.AnyThread)
        {
            _thread = new Thread(SumBegun) { IsBackground = true, Name = "sums over processes" };
            _thread.Start();
        }
    }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Size { get; }

    /// <inheritdoc/>
    public void Sum(Span<double> values)
    {
        fixed (double* first = values)
        {
            Mpi.AllReduce(Mpi.InPlace, first, values.Length, _double, _add, _world);
        }
    }

    /// <inheritdoc/>
    public void Sum(Tensor values)
    {
        if (values.device_type != DeviceType.CPU)
        {
            if ((_nccl ??= NcclGroup.Join(this)) is { } nccl)
            {
                nccl.Sum(values);
                return;
            }

            using var copy = values.cpu();
            Sum(copy);
            values.copy_(copy);
            return;
        }

        fixed (byte* first = values.bytes)
        {
            Mpi.AllReduce(Mpi.InPlace, first, checked((int)values.numel()), TypeOf(values), _add, _world);
        }
    }

    /// <inheritdoc/>
    public Task<double> BeginSum(Tensor values)
    {
        var done = new TaskCompletionSource<double>();
        if (_thread is not null && values.device_type == DeviceType.CPU)
        {
            _begun.Add((values, done));
        }
        else
        {
            var watch = Stopwatch.StartNew();
            Sum(values);
            done.SetResult(watch.Elapsed.TotalSeconds);
        }

        return done.Task;
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> bytes, int from)
    {
        fixed (byte* first = bytes)
        {
            Mpi.Broadcast(first, bytes.Length, _byte, from, _world);
        }
    }

    /// <inheritdoc/>
    public void Abort(int code) => Mpi.Abort(_world, code);

    /// <inheritdoc/>
    public void Dispose()
    {
        _begun.CompleteAdding();
        _thread?.Join();
        _begun.Dispose();
        _nccl?.Dispose();
        Mpi.End();
    }

    // By polls: a call that waits would take the core from the backward pass that it is to run beside.
    private void SumBegun()
    {
        foreach (var (values, done) in _begun.GetConsumingEnumerable())
        {
            var watch = Stopwatch.StartNew();
            fixed (byte* first = values.bytes)
            {
                Mpi.BeginAllReduce(
                    Mpi.InPlace, first, checked((int)values.numel()), TypeOf(values), _add, _behind, out var request);
                for (var isDone = 0; isDone == 0;)
                {
                    Mpi.Test(ref request, out isDone, 0);
                    Mpi.Sleep(isDone == 0 ? Pause : 0);
                }
            }

            done.SetResult(watch.Elapsed.TotalSeconds);
        }
    }

    private nint TypeOf(Tensor values) => values.dtype switch
    {
        ScalarType.Float32 => _float,
        ScalarType.Float64 => _double,
        _ => throw new ArgumentException($"{values.dtype} is not added over processes.", nameof(values)),
    };
}
