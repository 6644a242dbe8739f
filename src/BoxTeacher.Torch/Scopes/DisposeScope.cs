using System;
using System.Collections.Generic;
using System.Linq;

namespace TorchSharp;

/// <summary>
/// Owns what is made on its thread while it is the innermost scope, and disposes it at its end. A tensor knows its
/// place in the scope, so that entering and leaving cost no look-up.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    private readonly DisposeScopeManager _manager;
    private readonly DisposeScope? _outer;
    private IDisposable?[] _slots;
    private int _used;
    private int _count;

    internal DisposeScope(DisposeScopeManager manager, DisposeScope? outer)
    {
        _manager = manager;
        _outer = outer;
        _slots = manager.TakeSlots();
    }

    internal bool IsClosed { get; private set; }

    /// <summary>The nearest enclosing scope that is still open.</summary>
    internal DisposeScope? Outer
    {
        get {
            var outer = _outer;
            while (outer is { IsClosed: true }) {
                outer = outer._outer;
            }
            return outer;
        }
    }

    private LifetimeStatistics Counts => _manager.Counts.TensorStatistics;

    public int DisposablesCount => _count;

    public IReadOnlyList<IDisposable> DisposablesView => Live().ToList();

    private IEnumerable<IDisposable> Live() => _slots.Take(_used).OfType<IDisposable>();

    internal void Add(torch.Tensor tensor)
    {
        tensor.Scope = this;
        tensor.ScopeSlot = Append(tensor);
    }

    private int Append(IDisposable item)
    {
        if (_used == _slots.Length) {
            Grow();
        }
        _slots[_used] = item;
        _count++;
        return _used++;
    }

    /// <summary>Closes the gaps that removed items left; doubles the room when that gives too little.</summary>
    private void Grow()
    {
        var target = _count * 2 >= _slots.Length ? new IDisposable?[Math.Max(16, _slots.Length * 2)] : _slots;
        var n = 0;
        for (var k = 0; k < _used; k++) {
            if (_slots[k] is { } item) {
                if (item is torch.Tensor tensor) {
                    tensor.ScopeSlot = n;
                }
                target[n++] = item;
            }
        }
        if (ReferenceEquals(target, _slots)) {
            Array.Clear(_slots, n, _used - n);
        }
        _slots = target;
        _used = n;
    }

    /// <summary>Lets an item go without disposing it. Returns whether it was here.</summary>
    internal bool Remove(IDisposable item)
    {
        var slot = item is torch.Tensor tensor ? (ReferenceEquals(tensor.Scope, this) ? tensor.ScopeSlot : -1) : Array.IndexOf(_slots, item, 0, _used);
        if (slot < 0) {
            return false;
        }
        if (item is torch.Tensor t) {
            t.Scope = null;
        }
        _slots[slot] = null;
        _count--;
        if (slot == _used - 1) {
            _used--;
        }
        return true;
    }

    public bool Contains(IDisposable disposable) => disposable is torch.Tensor t ? ReferenceEquals(t.Scope, this) : Array.IndexOf(_slots, disposable, 0, _used) >= 0;

    public void Attach(IDisposable disposable)
    {
        switch (disposable) {
            case torch.Tensor tensor when ReferenceEquals(tensor.Scope, this):
                break;
            case torch.Tensor tensor:
                tensor.Scope?.Remove(tensor);
                Add(tensor);
                Counts.AttachedToScopeCount++;
                break;
            default:
                if (!Contains(disposable)) {
                    Append(disposable);
                }
                break;
        }
    }

    public void Attach(params IDisposable[] disposables) => Attach((IEnumerable<IDisposable>)disposables);

    public IReadOnlyList<IDisposable> Attach(IEnumerable<IDisposable> disposables)
    {
        var list = disposables.ToList();
        list.ForEach(Attach);
        return list;
    }

    public T Detach<T>(T disposable) where T : IDisposable
    {
        if (Remove(disposable) && disposable is torch.Tensor) {
            Counts.DetachedFromScopeCount++;
        }
        return disposable;
    }

    public (T1, T2) Detach<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable => (Detach(first), Detach(second));

    public (T1, T2, T3) Detach<T1, T2, T3>(T1 first, T2 second, T3 third) where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
        => (Detach(first), Detach(second), Detach(third));

    public void Detach(params IDisposable[] disposables) => Detach((IEnumerable<IDisposable>)disposables);

    public void Detach(IEnumerable<IDisposable> disposables)
    {
        foreach (var d in disposables) {
            Detach(d);
        }
    }

    public T MoveToOuter<T>(T disposable) where T : IDisposable => MoveToOther(Outer!, disposable);

    public (T1, T2) MoveToOuter<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable => (MoveToOuter(first), MoveToOuter(second));

    public (T1, T2, T3) MoveToOuter<T1, T2, T3>(T1 first, T2 second, T3 third) where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
        => (MoveToOuter(first), MoveToOuter(second), MoveToOuter(third));

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);
    public void MoveToOuter(IEnumerable<IDisposable> disposables) => MoveToOther(Outer!, disposables);

    /// <summary>Hands an item to another scope; without one it is detached.</summary>
    public T MoveToOther<T>(DisposeScope scope, T disposable) where T : IDisposable
    {
        if (scope is null) {
            return Detach(disposable);
        }
        if (Remove(disposable)) {
            if (disposable is torch.Tensor tensor) {
                scope.Add(tensor);
            } else {
                scope.Append(disposable);
            }
        }
        return disposable;
    }

    public (T1, T2) MoveToOther<T1, T2>(DisposeScope scope, T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
        => (MoveToOther(scope, first), MoveToOther(scope, second));

    public (T1, T2, T3) MoveToOther<T1, T2, T3>(DisposeScope scope, T1 first, T2 second, T3 third) where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
        => (MoveToOther(scope, first), MoveToOther(scope, second), MoveToOther(scope, third));

    public void MoveToOther(DisposeScope scope, params IDisposable[] disposables) => MoveToOther(scope, (IEnumerable<IDisposable>)disposables);

    public void MoveToOther(DisposeScope scope, IEnumerable<IDisposable> disposables)
    {
        foreach (var d in disposables) {
            MoveToOther(scope, d);
        }
    }

    public void MarkAsDisposed(IDisposable disposable) => Remove(disposable);

    // Native tensors are released in batches: one crossing of the border for many.
    public void DisposeEverything()
    {
        Span<nint> handles = stackalloc nint[64];
        var taken = 0;
        for (var k = 0; k < _used; k++) {
            var item = _slots[k];
            _slots[k] = null;
            if (item is torch.Tensor tensor) {
                Counts.DisposedInScopeCount++;
                handles[taken] = tensor.TakeForScope();
                taken += handles[taken] != 0 ? 1 : 0;
                if (taken < handles.Length) {
                    continue;
                }
            }
            torch.Tensor.Release(handles[..taken]);
            taken = 0;
            if (item is not torch.Tensor) {
                item?.Dispose();
            }
        }
        torch.Tensor.Release(handles[..taken]);
        _used = 0;
        _count = 0;
    }

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        var keep = inKeep.Where(Contains).ToList();
        keep.ForEach(k => Remove(k));
        DisposeEverything();
        foreach (var k in keep) {
            if (k is torch.Tensor tensor) {
                Add(tensor);
            } else {
                Append(k);
            }
        }
    }

    public void DisposeEverythingBut(params IDisposable[] keep) => DisposeEverythingBut((IEnumerable<IDisposable>)keep);

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    public (T1, T2) DisposeEverythingBut<T1, T2>(T1 first, T2 second) where T1 : IDisposable where T2 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second]);
        return (first, second);
    }

    public (T1, T2, T3) DisposeEverythingBut<T1, T2, T3>(T1 first, T2 second, T3 third) where T1 : IDisposable where T2 : IDisposable where T3 : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[first, second, third]);
        return (first, second, third);
    }

    public void Dispose()
    {
        if (IsClosed) {
            return;
        }
        DisposeEverything();
        IsClosed = true;
        _manager.Closed(_slots);
        _slots = [];
    }
}
