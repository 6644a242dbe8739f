using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace TorchSharp.Modules;

/// <summary>Batches of a data set, made one at a time as they are asked for.</summary>
/// <typeparam name="T">A sample.</typeparam>
/// <typeparam name="S">A batch.</typeparam>
public class DataLoader<T, S> : IEnumerable<S>, IDisposable
{
    /// <param name="dataset">The samples.</param>
    /// <param name="batchSize">Samples per batch.</param>
    /// <param name="collate_fn">Makes a batch on a device from samples; tensors that were made for the samples are disposed after it.</param>
    /// <param name="shuffler">The order of the samples.</param>
    /// <param name="device">Where the batches go; the CPU unless said otherwise.</param>
    /// <param name="num_worker">Threads that fetch the samples of one batch.</param>
    /// <param name="drop_last">Leaves out a last batch that is not full.</param>
    /// <param name="disposeBatch">Disposes each batch when the next one is asked for.</param>
    /// <param name="disposeDataset">Disposes the data set together with the loader.</param>
    public DataLoader(torch.utils.data.Dataset<T> dataset, int batchSize, Func<IEnumerable<T>, torch.Device, S> collate_fn, IEnumerable<long> shuffler, torch.Device? device = null,
        int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        this.dataset = dataset;
        this.collate_fn = collate_fn;
        this.drop_last = drop_last;
        batch_size = batchSize;
        sampler = shuffler;
        Device = device ?? torch.CPU;
        num_workers = Math.Max(1, num_worker);
        DisposeBatch = disposeBatch;
        DisposeDataset = disposeDataset;
    }

    public DataLoader(torch.utils.data.Dataset<T> dataset, int batchSize, Func<IEnumerable<T>, torch.Device, S> collate_fn, bool shuffle = false, torch.Device? device = null,
        int? seed = null, int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
        : this(dataset, batchSize, collate_fn, shuffle ? new Utils.FisherYatesShuffler(dataset.Count, seed) : InOrder(dataset.Count), device, num_worker, drop_last,
            disposeBatch, disposeDataset) { }

    private static IEnumerable<long> InOrder(long count)
    {
        for (long k = 0; k < count; k++) {
            yield return k;
        }
    }

    public torch.utils.data.Dataset<T> dataset { get; }
    public int batch_size { get; }
    public bool drop_last { get; }
    public IEnumerable<long> sampler { get; }
    public int num_workers { get; }
    public torch.Device Device { get; }
    public bool DisposeBatch { get; }
    public bool DisposeDataset { get; }
    public Func<IEnumerable<T>, torch.Device, S> collate_fn { get; }

    /// <summary>Number of batches.</summary>
    public long Count => drop_last ? dataset.Count / batch_size : (dataset.Count + batch_size - 1) / batch_size;

    public IEnumerator<S> GetEnumerator()
    {
        foreach (var indices in sampler.Chunk(batch_size)) {
            if (drop_last && indices.Length < batch_size) {
                yield break;
            }
            var batch = Batch(indices);
            try {
                yield return batch;
            } finally {
                if (DisposeBatch) {
                    foreach (var part in Parts(batch)) {
                        part.Dispose();
                    }
                }
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private S Batch(long[] indices)
    {
        using var scope = torch.NewDisposeScope();
        var fetched = num_workers == 1
            ? Array.ConvertAll(indices, Fetch)
            : indices.AsParallel().AsOrdered().WithDegreeOfParallelism(num_workers).Select(Fetch).ToArray();
        var batch = collate_fn(fetched.Select(f => f.Sample), Device);
        var kept = new HashSet<IDisposable>(Parts(batch), ReferenceEqualityComparer.Instance);
        foreach (var part in kept) {
            (part as torch.Tensor)?.MoveToOuterDisposeScope();
        }
        foreach (var part in fetched.SelectMany(f => f.Fresh).Where(t => !kept.Contains(t))) {
            part.Dispose();
        }
        return batch;
    }

    /// <summary>A sample, and those of its tensors that were made for it; a data set may hand out tensors that it keeps.</summary>
    private (T Sample, List<torch.Tensor> Fresh) Fetch(long index)
    {
        using var scope = torch.NewDisposeScope();
        var sample = dataset.GetTensor(index);
        var fresh = Parts(sample).OfType<torch.Tensor>().Where(scope.Contains).ToList();
        fresh.ForEach(t => t.DetachFromDisposeScope());
        return (sample, fresh);
    }

    /// <summary>The tensors (and other disposables) in a sample or a batch: itself, or those of a list or dictionary.</summary>
    private static IEnumerable<IDisposable> Parts(object? value) => value switch {
        IDisposable d => [d],
        IDictionary<string, torch.Tensor> named => named.Values,
        IEnumerable<torch.Tensor> list => list,
        System.Runtime.CompilerServices.ITuple tuple => Enumerable.Range(0, tuple.Length).SelectMany(k => Parts(tuple[k])),
        _ => [],
    };

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing && DisposeDataset) {
            dataset.Dispose();
        }
    }
}

/// <summary>Batches of named tensors: the samples' tensors stacked name by name.</summary>
public class DataLoader : DataLoader<Dictionary<string, torch.Tensor>, Dictionary<string, torch.Tensor>>
{
    public DataLoader(torch.utils.data.Dataset dataset, int batchSize, IEnumerable<long> shuffler, torch.Device? device = null, int num_worker = 1, bool drop_last = false,
        bool disposeBatch = true, bool disposeDataset = true)
        : base(dataset, batchSize, Collate, shuffler, device, num_worker, drop_last, disposeBatch, disposeDataset) { }

    public DataLoader(torch.utils.data.Dataset dataset, int batchSize, bool shuffle = false, torch.Device? device = null, int? seed = null, int num_worker = 1,
        bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
        : base(dataset, batchSize, Collate, shuffle, device, seed, num_worker, drop_last, disposeBatch, disposeDataset) { }

    private static Dictionary<string, torch.Tensor> Collate(IEnumerable<Dictionary<string, torch.Tensor>> samples, torch.Device device)
    {
        var list = samples.ToList();
        return list[0].Keys.ToDictionary(k => k, k => torch.stack(list.Select(s => s[k])).to(device));
    }
}

/// <summary>Batches of tensors in lists: the samples' tensors stacked position by position.</summary>
public class IterableDataLoader : DataLoader<IList<torch.Tensor>, IList<torch.Tensor>>
{
    public IterableDataLoader(torch.utils.data.IterableDataset dataset, int batchSize, IEnumerable<long> shuffler, torch.Device? device = null, int num_worker = 1,
        bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
        : base(dataset, batchSize, Collate, shuffler, device, num_worker, drop_last, disposeBatch, disposeDataset) { }

    public IterableDataLoader(torch.utils.data.IterableDataset dataset, int batchSize, bool shuffle = false, torch.Device? device = null, int? seed = null, int num_worker = 1,
        bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
        : base(dataset, batchSize, Collate, shuffle, device, seed, num_worker, drop_last, disposeBatch, disposeDataset) { }

    private static IList<torch.Tensor> Collate(IEnumerable<IList<torch.Tensor>> samples, torch.Device device)
    {
        var list = samples.ToList();
        return Enumerable.Range(0, list[0].Count).Select(k => torch.stack(list.Select(s => s[k])).to(device)).ToArray();
    }
}
