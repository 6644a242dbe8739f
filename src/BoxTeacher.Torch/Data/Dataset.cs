using System;
using System.Collections.Generic;

namespace TorchSharp;

public static partial class torch
{
    public static partial class utils
    {
        /// <summary>Data sets and loaders, as PyTorch's torch.utils.data.</summary>
        public static partial class data
        {
            /// <summary>Samples by their number. A sample belongs to whoever asked for it.</summary>
            public abstract class Dataset<T> : IDisposable
            {
                protected Dataset() { }

                public abstract long Count { get; }

                public abstract T GetTensor(long index);

                public void Dispose()
                {
                    Dispose(true);
                    GC.SuppressFinalize(this);
                }

                protected virtual void Dispose(bool disposing) { }
            }

            /// <summary>Samples of named tensors.</summary>
            public abstract class Dataset : Dataset<Dictionary<string, Tensor>>
            {
                protected Dataset() { }
            }

            /// <summary>Samples of tensors in a list.</summary>
            public abstract class IterableDataset : Dataset<IList<Tensor>>
            {
                protected IterableDataset() { }
            }

            /// <summary>The rows of tensors that have the same number of them.</summary>
            public static Modules.TensorDataset TensorDataset(params Tensor[] tensors) => new(tensors);

            public static Modules.DataLoader DataLoader(Dataset dataset, int batchSize, IEnumerable<long> shuffler, Device? device = null, int num_worker = 1, bool drop_last = false,
                bool disposeBatch = true, bool disposeDataset = true)
                => new(dataset, batchSize, shuffler, device, num_worker, drop_last, disposeBatch, disposeDataset);

            public static Modules.DataLoader DataLoader(Dataset dataset, int batchSize, bool shuffle = false, Device? device = null, int? seed = null, int num_worker = 1,
                bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
                => new(dataset, batchSize, shuffle, device, seed, num_worker, drop_last, disposeBatch, disposeDataset);

            public static Modules.IterableDataLoader DataLoader(IterableDataset dataset, int batchSize, IEnumerable<long> shuffler, Device? device = null, int num_worker = 1,
                bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
                => new(dataset, batchSize, shuffler, device, num_worker, drop_last, disposeBatch, disposeDataset);

            public static Modules.IterableDataLoader DataLoader(IterableDataset dataset, int batchSize, bool shuffle = false, Device? device = null, int? seed = null,
                int num_worker = 1, bool drop_last = false, bool disposeBatch = true, bool disposeDataset = true)
                => new(dataset, batchSize, shuffle, device, seed, num_worker, drop_last, disposeBatch, disposeDataset);
        }
    }
}
