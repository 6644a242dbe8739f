namespace BoxTeacher.Torch.Interop;

/// <summary>Switches the recording of gradients off until it is disposed.</summary>
internal readonly ref struct GradGuard
{
    private readonly int _before;

    private GradGuard(int before) => _before = before;

    internal static GradGuard Off()
    {
        var before = NativeMethods.bt_grad_enabled();
        NativeMethods.bt_set_grad_enabled(0);
        return new(before);
    }

    public void Dispose() => NativeMethods.bt_set_grad_enabled(_before);
}
