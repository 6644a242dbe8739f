using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace TorchSharp;

/// <summary>The dispose scopes of a thread, and what became of the tensors that it made.</summary>
public class DisposeScopeManager
{
    [ThreadStatic] private static DisposeScopeManager? s_forThread;

    internal DisposeScope? Current;

    /// <summary>Counts of the calling thread.</summary>
    public static ThreadDisposeScopeStatistics Statistics => ForThread.Counts;

    internal readonly ThreadDisposeScopeStatistics Counts = new();

    internal static DisposeScopeManager ForThread
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => s_forThread ??= new DisposeScopeManager();
    }

    internal DisposeScope NewScope() => Current = new DisposeScope(this, Current);

    internal void Register(torch.Tensor tensor)
    {
        var tensors = Counts.TensorStatistics;
        if (Current is { } scope) {
            scope.Add(tensor);
            tensors.CreatedInScopeCount++;
        } else {
            tensors.CreatedOutsideScopeCount++;
        }
    }

    /// <summary>A tensor was disposed by itself.</summary>
    internal void Forget(torch.Tensor tensor)
    {
        if (tensor.Scope is { } scope) {
            scope.Remove(tensor);
            Counts.TensorStatistics.DisposedInScopeCount++;
        } else {
            Counts.TensorStatistics.DisposedOutsideScopeCount++;
        }
    }

    private const int LargestSpare = 1 << 14;
    private IDisposable?[]? _spare;

    /// <summary>Empty slots for a new scope: those of the scope that was closed last, if nobody has them.</summary>
    internal IDisposable?[] TakeSlots()
    {
        var slots = _spare ?? new IDisposable?[16];
        _spare = null;
        return slots;
    }

    /// <summary>Scopes may be disposed out of order: the current scope is the innermost one that is open.</summary>
    internal void Closed(IDisposable?[] slots)
    {
        if (slots.Length <= LargestSpare) {
            _spare = slots;
        }
        while (Current is { IsClosed: true }) {
            Current = Current.Outer;
        }
    }
}
