using System;
using System.Collections.Generic;
using System.Linq;

namespace TorchSharp.Modules;

/// <summary>The rows of tensors that have the same number of them. It keeps aliases; the tensors stay the caller's.</summary>
public class TensorDataset : torch.utils.data.IterableDataset
{
    private readonly torch.Tensor[] _tensors;

    internal TensorDataset(torch.Tensor[] tensors)
    {
        if (tensors.Length == 0 || tensors.Any(t => t.shape[0] != tensors[0].shape[0])) {
            throw new ArgumentException("All tensors must have the same first dimension size.", nameof(tensors));
        }
        _tensors = Array.ConvertAll(tensors, t => t.alias().DetachFromDisposeScope());
    }

    public override long Count => _tensors[0].shape[0];

    public IList<torch.Tensor> this[long index] => Array.ConvertAll(_tensors, t => t[index]);

    public override IList<torch.Tensor> GetTensor(long index) => this[index];

    protected override void Dispose(bool disposing)
    {
        if (disposing) {
            foreach (var t in _tensors) {
                t.Dispose();
            }
        }
        base.Dispose(disposing);
    }
}
