using BoxTeacher.Methods;
using static TorchSharp.torch;

namespace BoxTeacher.Training;

/// <summary>
/// Takes back what a step changes ahead of the optimizer: the teacher, the student's buffers and, where a stage begins with it, the
/// student's weights. A step that fails leaves the weights of the one before it, to the bit.
/// </summary>
/// <param name="method">The method.</param>
internal sealed class StepUndo(ITrainingMethod method) : IDisposable
{
    private readonly List<Entry> _moving =
    [
        .. method.Student.buffers().Concat(method.Teacher is { } teacher ? teacher.Network.state_dict().Values : []).Select(Entry.Of),
    ];

    private List<Entry> _restarted = [];
    private bool _isKept;
    private bool _isHalf;

    /// <summary>Keeps the state before a step, until <see cref="Commit"/>.</summary>
    /// <param name="iteration">Number of the step, 0-based.</param>
    public void Keep(long iteration)
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        if (method.RestartsStudent(iteration))
        {
            _restarted = [.. method.Student.parameters().Select(Entry.Of)];
        }

        foreach (var (own, copy) in Kept)
        {
            copy.copy_(own);
        }

        _isKept = true;
    }

    /// <summary>Has the weights changed for good.</summary>
    /// <param name="change">The optimizer's step.</param>
    public void Commit(Action change)
    {
        Forget();
        _isHalf = true;
        change();
        _isHalf = false;
    }

    /// <summary>Puts the state of the last good step back.</summary>
    /// <returns>False where there is none: the optimizer failed in the midst of its step.</returns>
    public bool TakeBack()
    {
        using var scope = NewDisposeScope();
        using var gradients = no_grad();
        foreach (var (own, copy) in _isKept ? Kept : [])
        {
            own.copy_(copy);
        }

        Forget();
        return !_isHalf;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        Free(_moving);
    }

    private IEnumerable<Entry> Kept => _moving.Concat(_restarted);

    private void Forget()
    {
        _isKept = false;
        Free(_restarted);
        _restarted = [];
    }

    private static void Free(List<Entry> entries) => entries.ForEach(entry => entry.Copy.Dispose());

    private readonly record struct Entry(Tensor Own, Tensor Copy)
    {
        public static Entry Of(Tensor own) => new(own, empty_like(own, requires_grad: false).DetachFromDisposeScope());
    }
}
