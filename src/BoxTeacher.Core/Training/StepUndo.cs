using BoxTeacher.Methods;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// Takes back what a step changes ahead of the optimizer, <see cref="ITrainingMethod.Moving"/>. A step that fails leaves the weights of
/// the one before it, to the bit.
/// </summary>
/// <param name="method">The method.</param>
internal sealed class StepUndo(ITrainingMethod method) : IDisposable
{
    // From step to step, as long as the same tensors move: memory that is asked for anew takes longer than the copy.
    private List<(Tensor Own, Tensor Copy)> _entries = [];
    private bool _isKept;
    private bool _isHalf;

    /// <summary>Keeps the state before a step, until <see cref="BeginChange"/>.</summary>
    /// <param name="iteration">Number of the step, 0-based.</param>
    public void Keep(long iteration)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        var moving = method.Moving(iteration).ToList();
        if (!moving.SequenceEqual(_entries.Select(entry => entry.Own), ReferenceEqualityComparer.Instance))
        {
            Free();
            _entries = [.. moving.Select(own => (own, empty_like(own, requires_grad: false).DetachFromDisposeScope()))];
        }

        foreach (var (own, copy) in _entries)
        {
            copy.copy_(own);
        }

        _isKept = true;
    }

    /// <summary>The weights are about to be changed for good.</summary>
    public void BeginChange() => (_isKept, _isHalf) = (false, true);

    /// <summary>They are changed.</summary>
    public void EndChange() => _isHalf = false;

    /// <summary>Puts the state of the last good step back.</summary>
    /// <returns>False where there is none: the optimizer failed in the midst of its step.</returns>
    public bool TakeBack()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        foreach (var (own, copy) in _isKept ? _entries : [])
        {
            own.copy_(copy);
        }

        _isKept = false;
        return !_isHalf;
    }

    /// <inheritdoc/>
    public void Dispose() => Free();

    private void Free()
    {
        _entries.ForEach(entry => entry.Copy.Dispose());
        _entries = [];
    }
}
